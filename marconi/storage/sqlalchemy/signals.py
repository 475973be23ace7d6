"""What those who wait must know of their queues, in one statement for all."""

import sqlalchemy as sa

from marconi import objects
from marconi.storage.sqlalchemy import engine
from marconi.storage.sqlalchemy import tables

_messages, _streams = tables.messages.c, tables.streams.c


def statement(database):
    """Return the statement that tells of many queues what waiters must know."""
    tail = database.paths.through(sa.select(_messages.seq), tables.messages.primary_key).where(
        _messages.queue_id == _streams.id).order_by(_messages.seq.desc()).limit(1)
    return sa.select(
        _streams.id, engine.NOW.label('now'), tail.scalar_subquery().label('tail'),
        _free(database, tables.FRESH).label('fresh'),
        _free(database, tables.RETURNED).label('returned'),
        _first(tables.claims.c.expires_at).label('claim_ends_at'),
        _first(tables.delays.c.due_at).label('delay_ends_at'),
    ).where(database.among(_streams.id, 'ids'), _streams.closed_at.is_(None))


def to_signal(row):
    """Return the ``Signal`` that a row of ``statement`` stands for."""
    ends = [when for when in (row.claim_ends_at, row.delay_ends_at) if when is not None]
    ends_in = min(ends) - row.now if ends else None
    due = ends_in is not None and ends_in <= 0
    return objects.Signal(
        tail=row.tail or 0, due=due, ends_in=ends_in,
        ready=due or row.fresh is not None or row.returned is not None)


def _first(column):
    """The least value of a column in one queue: the first entry of an index.

    Not MIN, which MariaDB and MySQL find by reading all of the queue.
    """
    return sa.select(column).where(column.table.c.queue_id == _streams.id).order_by(
        column).limit(1).scalar_subquery()


def _free(database, place):
    """The position of the first free message that is filed in one place."""
    living = sa.select(_messages.seq).where(_messages.expires_at + 0 > engine.NOW)
    return database.paths.along(living, tables.AVAILABLE, _streams.id, place,
                                after=_streams.floor).limit(1).scalar_subquery()


def written(dialect):
    """Return a statement that tells how far the log of changes has got; None if none does."""
    return _WRITTEN.get(dialect)


_WRITTEN = {
    'postgresql': sa.select(sa.literal_column('pg_current_wal_insert_lsn()::text')),
    'mysql': sa.text("SHOW GLOBAL STATUS WHERE variable_name IN "
                     "('Innodb_lsn_current', 'Innodb_redo_log_current_lsn')"),
}
