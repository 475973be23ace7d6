"""How each database is connected to, and what is said to it first."""

from psycopg.types import array
import sqlalchemy as sa
from sqlalchemy import exc

from marconi.storage.sqlalchemy import urls

#: Seconds.
CONNECT_TIMEOUT = 2
#: Seconds that a statement waits for a lock before it is given up and retried.
LOCK_TIMEOUT = 5


def make_engine(url, silence=None, relaxed_durability=False, **pool):
    """Return an SQLAlchemy engine, set up for Marconi.

    :param silence: seconds to wait for an answer, with PyMySQL; None for ever,
        as changes of the schema need.
    :raises ValueError: the URL is malformed or of an unknown kind.
    """
    url = urls.parse(url)
    if url.get_driver_name() == 'mysqldb' and '+' not in url.drivername:
        url = url.set(drivername='mysql+pymysql')
    if url.get_backend_name() == 'postgresql' and url.get_driver_name() != 'psycopg':
        raise ValueError('The database cannot be used: its URL has to begin with postgresql:// '
                         'or postgresql+psycopg://.')
    arguments, on_connect = _CONNECT[url.get_backend_name()]
    if relaxed_durability:
        on_connect += _relaxed(url)
    if url.get_driver_name() == 'pymysql':
        arguments = arguments | {'read_timeout': CONNECT_TIMEOUT}
    try:
        engine = sa.create_engine(
            url, isolation_level='AUTOCOMMIT', pool_reset_on_return=None,
            connect_args=arguments, **pool)
    except (exc.ArgumentError, ImportError) as error:
        raise ValueError(f'The database cannot be used: {error}.') from error

    @sa.event.listens_for(engine, 'connect')
    def prepare(connection, record):
        if url.get_driver_name() == 'pymysql':
            # Its time to connect does not include what the server says first,
            # and there is no public way to change the time to read afterwards.
            connection._read_timeout = silence
        cursor = connection.cursor()
        for statement in on_connect:
            cursor.execute(statement)
        cursor.close()
        if url.get_driver_name() == 'psycopg':
            connection.adapters.register_dumper(list, array.ListBinaryDumper)

    return engine


def _relaxed(url):
    """Return what makes a session's commits return before they are on disk."""
    try:
        return _RELAXED[url.get_backend_name()],
    except KeyError as error:
        raise ValueError('relaxed_durability: MariaDB and MySQL decide this for the whole '
                         'server (innodb_flush_log_at_trx_commit).') from error


_RELAXED = {'postgresql': 'SET synchronous_commit = off',
            'sqlite': 'PRAGMA synchronous = NORMAL'}
_CONNECT = {
    'sqlite': ({'timeout': 15, 'isolation_level': None}, (
        'PRAGMA journal_mode = WAL',
        # In WAL mode a commit survives a power failure only with FULL.
        'PRAGMA synchronous = FULL',
    )),
    'postgresql': ({
        'connect_timeout': CONNECT_TIMEOUT, 'application_name': 'marconi',
        # A host that is gone without a word is noticed within some 20 seconds.
        'keepalives_idle': 10, 'keepalives_interval': 3, 'keepalives_count': 3,
        'tcp_user_timeout': 20_000,
    }, (
        f"SET lock_timeout = '{LOCK_TIMEOUT}s'",
        # Everything we ask for stands in the order of an index. While a table
        # looks empty, collecting and sorting seems to cost the same, and the
        # plan is kept when it is full.
        'SET enable_bitmapscan = off', 'SET enable_seqscan = off',
        'SET enable_hashjoin = off', 'SET enable_mergejoin = off', 'SET jit = off',
        'SET plan_cache_mode = force_generic_plan',
    )),
    'mysql': ({'connect_timeout': CONNECT_TIMEOUT}, (
        'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
        f"SET SESSION time_zone = '+00:00', sql_mode = 'TRADITIONAL', "
        f"innodb_lock_wait_timeout = {LOCK_TIMEOUT}",
    )),
}
_CONNECT['mariadb'] = _CONNECT['mysql']
