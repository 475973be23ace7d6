"""Very many messages whose time is over, put straight into the tables."""

import time

import sqlalchemy as sa

from marconi.storage.sqlalchemy import tables

HOUR = 3_600_000
#: Rows per statement, so that no transaction gets too large.
AT_ONCE = 100_000


def fill(engine, queues, number, body):
    """Put so many expired messages into queues, in turn, and let the database settle.

    :param queues: ids of queues that have nothing in them.
    :param body: bytes of each message's body.
    """
    now = int(time.time() * 1000)
    with engine.connect() as connection:
        _numbers(connection, number)
        first = connection.scalar(sa.select(sa.func.coalesce(sa.func.max(
            tables.streams.c.last_seq), 0)))
        for start in range(0, number, AT_ONCE):
            connection.execute(sa.text(
                'INSERT INTO messages (queue_id, seq, available_at, created_at, expires_at, '
                'claim_count, client_id, encoding, body) '
                f'SELECT {min(queues)} + n % {len(queues)}, {first} + n, 0, {now - 2 * HOUR}, '
                f"{now - HOUR} + n, 0, 'client', 0, {_body(connection, body)} FROM numbers "
                f'WHERE n > {start} AND n <= {start + AT_ONCE}'))
        _skip(connection, first + number)
        connection.execute(sa.text('DROP TABLE numbers'))
        settle(connection)


def count(engine, queues):
    """Return how many messages the queues have left in the tables."""
    with engine.connect() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(tables.messages).where(
            tables.messages.c.queue_id.in_(queues)))


def settle(connection):
    """Let the database do now what it would do soon, in the middle of a measurement."""
    for statement in {
            'postgresql': ['VACUUM ANALYZE messages', 'CHECKPOINT'],
            'sqlite': ['PRAGMA wal_checkpoint(TRUNCATE)'],
    }.get(connection.dialect.name, ['ANALYZE TABLE messages']):
        connection.exec_driver_sql(statement)


def _numbers(connection, count):
    series = {
        'postgresql': f'SELECT n FROM generate_series(1, {count}) AS n',
        'sqlite': 'WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL '
                  f'SELECT n + 1 FROM series WHERE n < {count}) SELECT n FROM series',
    }.get(connection.dialect.name, f'SELECT seq AS n FROM seq_1_to_{count}')
    connection.execute(sa.text(f'CREATE TABLE numbers AS {series}'))


def _body(connection, size):
    return {'postgresql': f"convert_to(repeat('7', {size}), 'UTF8')",
            'sqlite': f'zeroblob({size})'}.get(
                connection.dialect.name, f"repeat('7', {size})")


def _skip(connection, seq):
    """Let posts go on above these positions."""
    if connection.dialect.name == 'postgresql':
        connection.execute(sa.text(f"SELECT setval('message_seq', {seq})"))
    else:
        connection.execute(sa.text(f'UPDATE streams SET last_seq = {seq}'))
