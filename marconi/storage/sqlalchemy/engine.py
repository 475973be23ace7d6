"""Connections, transactions and retries; and what differs between databases.

Everything a statement needs to know about its database has one name here, so
that no query asks which dialect it runs on.

All connections are in the driver's autocommit mode: a read is one round trip,
without BEGIN and ROLLBACK around it. ``Database.write`` begins a transaction
explicitly.
"""

import contextlib
import functools
import random
import threading
import time

from oslo_log import log
import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.ext import compiler

from marconi import exception
from marconi.storage.sqlalchemy import arrays
from marconi.storage.sqlalchemy import connecting
from marconi.storage.sqlalchemy import faults
from marconi.storage.sqlalchemy import paths
from marconi.storage.sqlalchemy import postgresql
from marconi.storage.sqlalchemy import prepared
from marconi.storage.sqlalchemy import sessions
from marconi.storage.sqlalchemy import together

LOG = log.getLogger(__name__)

#: How often a transaction is run that loses against others, and the seconds
#: between two runs at most.
ATTEMPTS = 12
LONGEST_PAUSE = 0.1


class statement_time(sa.sql.functions.FunctionElement):
    """Its argument, or the database's clock if that is NULL: milliseconds.

    Fixed for one statement.
    """

    type = sa.BigInteger()
    inherit_cache = True


@compiler.compiles(statement_time, 'postgresql')
def _time_postgresql(element, compiler, **kwargs):
    return (f'coalesce({compiler.process(element.clauses, **kwargs)}, '
            "(date_part('epoch', statement_timestamp()) * 1000)::bigint)")


@compiler.compiles(statement_time, 'mysql')
@compiler.compiles(statement_time, 'mariadb')
def _time_mysql(element, compiler, **kwargs):
    # The session's time zone is UTC, so no hour comes twice a year.
    return (f'coalesce({compiler.process(element.clauses, **kwargs)}, '
            'CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED))')


@compiler.compiles(statement_time, 'sqlite')
def _time_sqlite(element, compiler, **kwargs):
    return (f'coalesce({compiler.process(element.clauses, **kwargs)}, '
            "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER))")


#: The time by which a statement judges: that of the store's clock if it has
#: one, else the database's. Executed with the parameter ``now``.
NOW = statement_time(sa.cast(sa.bindparam('now', type_=sa.BigInteger), sa.BigInteger))


def reading(method):
    """Make a method, given a connection, one read outside any transaction."""
    @functools.wraps(method)
    def run(self, *args, **kwargs):
        return self.database.read(functools.partial(method, self), *args, **kwargs)
    return run


def writing(method):
    """Make a method, given a connection, one transaction and unit of retry."""
    @functools.wraps(method)
    def run(self, *args, **kwargs):
        return self.database.write(functools.partial(method, self), *args, **kwargs)
    return run


class Database:
    """One database and a pool of connections to it."""

    #: Seconds after which a MariaDB or MySQL server that says nothing counts as
    #: gone. Longer than any statement of ours, lock included.
    SILENCE = 20

    def __init__(self, url, clock=None, pool_size=10, max_overflow=10, pool_timeout=5,
                 recycle=3600, relaxed_durability=False):
        """
        :param clock: None for the database's clock, or a function that
            returns milliseconds.
        :param relaxed_durability: whether the last fraction of a second may be
            lost when the database's machine fails.
        :raises ValueError: the URL is malformed or of an unknown kind.
        """
        self.clock = clock
        #: Told of each text and its arguments that ``run`` executes; for tests and tools.
        self.on_run = None
        self.engine = connecting.make_engine(
            url, silence=self.SILENCE, pool_size=pool_size, max_overflow=max_overflow,
            pool_timeout=pool_timeout, pool_recycle=recycle,
            relaxed_durability=relaxed_durability)
        self.dialect = 'mysql' if self.engine.name == 'mariadb' else self.engine.name
        self.sessions = sessions.Sessions(
            self.engine, pool_size + max_overflow, pool_timeout,
            postgresql.is_open if self.has_arrays else None)
        self.paths = paths.Paths(self.dialect)
        #: Where operations of one statement each are submitted; None if there are none.
        self.together = together.Together(self) if self.has_writable_ctes else None
        # SQLite has one writer at a time and lets others poll for their turn;
        # within a process a lock is fairer and wakes at once.
        alone = self.has_one_writer
        self._turn = threading.Lock() if alone else contextlib.nullcontext()
        self._begin = 'BEGIN IMMEDIATE' if alone else 'BEGIN'

    @property
    def has_sequences(self):
        """Whether messages are numbered by a sequence, not by their stream.

        Numbers are then taken under the lock on the stream's row, which need
        not change: under long transactions elsewhere a row that changes with
        every post gathers dead versions that each post must step over.
        """
        return self.dialect == 'postgresql'

    @property
    def shows_snapshots(self):
        """Whether a statement can tell which transactions it sees."""
        return self.dialect == 'postgresql'

    @property
    def has_arrays(self):
        """Whether a parameter may be an array."""
        return self.dialect == 'postgresql'

    @property
    def has_writable_ctes(self):
        """Whether one statement can lock, change and insert, and return what it did.

        Then a group of operations is one round trip, and needs no BEGIN and COMMIT.
        """
        return self.dialect == 'postgresql'

    @property
    def has_one_writer(self):
        """Whether all who want to write wait for the one who does."""
        return self.dialect == 'sqlite'

    def prepare(self, statement, columns=None):
        """Return a ``prepared.Prepared``: for what is run often."""
        return prepared.Prepared(self, statement, columns)

    def run(self, connection, text, arguments=(), fetch=False):
        """Execute a text as the driver takes it, and nothing around it.

        :param text: with the driver's own kind of parameters, or a ``postgresql.Statement``.
        :param arguments: sequence of values.
        :param fetch: whether it yields rows.
        :returns: list of tuples, or the number of rows that it changed.
        """
        def execute(raw):
            if self.has_arrays:
                return postgresql.run(raw, connection.pooled.info, text, arguments, fetch)
            cursor = raw.cursor()
            cursor.execute(text, arguments)
            return cursor.fetchall() if fetch else cursor.rowcount

        return self._run(connection, execute, [(text, arguments)])

    def run_many(self, connection, text, rows):
        """Execute a text for each of a list of arguments. Not for databases with arrays."""
        self._run(connection, lambda raw: raw.cursor().executemany(text, rows), [(text, rows[0])])

    def run_together(self, connection, statements):
        """Run statements in one transaction of their own, and one round trip.

        Only where the database has arrays.

        :param statements: list of (``prepared.Prepared`` that yields rows, its values).
        :returns: list of lists of rows.
        """
        forms = [statement.form(values) for statement, values in statements]
        texts = [(form.text, form.arguments(values))
                 for form, (_, values) in zip(forms, statements, strict=True)]
        found = self._run(connection, lambda raw: postgresql.run_together(
            raw, connection.pooled.info, texts), texts)
        return [form.rows(own) for form, own in zip(forms, found, strict=True)]

    def _run(self, connection, execute, texts):
        if self.on_run is not None:
            for text, arguments in texts:
                self.on_run(text, arguments)
        raw = connection.pooled.dbapi_connection
        try:
            return execute(raw)
        except self.engine.dialect.dbapi.Error as error:
            text = '; '.join(str(text) for text, _ in texts)
            failure = faults.of_driver(self.engine.dialect, error, text, raw)
            if failure.connection_invalidated:
                connection.invalidate(error)
            raise failure from error

    def now(self):
        """Return the parameter ``now`` for a statement: see ``NOW``."""
        return self.clock() if self.clock else None

    def read(self, work, *args, **kwargs):
        """Return ``work(connection, …)``; tried once more on another connection if one broke."""
        for last in (False, True):
            try:
                with self.sessions.session() as connection:
                    return work(connection, *args, **kwargs)
            except (exc.DBAPIError, exc.TimeoutError) as error:
                if last or not (faults.is_disconnect(error) or faults.is_conflict(error)):
                    self._raise(error)

    def write(self, work, *args, **kwargs):
        """Return ``work(connection, …)``, run in a transaction.

        Run again when the database lets it lose against another transaction,
        and once when the connection turns out to be broken before the commit.
        """
        return self._write(self._transaction, work, *args, **kwargs)

    def write_once(self, work, *args, **kwargs):
        """Return ``work(connection, …)``, which runs one transaction in one round trip.

        Run again as in ``write``, but not on a broken connection: nobody knows what
        it did.
        """
        return self._write(self.sessions.session, work, *args, **kwargs)

    def _write(self, transaction, work, *args, **kwargs):
        for attempt in range(ATTEMPTS):
            committing = transaction != self._transaction
            try:
                with transaction() as connection:
                    result = work(connection, *args, **kwargs)
                    committing = True
                return result
            except (exc.DBAPIError, exc.TimeoutError) as error:
                again = faults.is_conflict(error) or (
                    attempt == 0 and not committing and faults.is_disconnect(error))
                if not again:
                    self._raise(error)
            time.sleep(random.uniform(0, min(LONGEST_PAUSE, 0.002 * 2 ** attempt)))
        raise exception.StorageUnavailable(
            'The database is too busy: the change lost against others '
            f'{ATTEMPTS} times.', retry_after=1)

    def locking(self, statement, skip_locked=False):
        """Return a SELECT that locks its rows without keeping inserts out."""
        if self.dialect == 'sqlite':  # the transaction has the whole database
            return statement
        return statement.with_for_update(key_share=True, skip_locked=skip_locked)

    def keeping(self, statement):
        """Return a SELECT that keeps its rows from being deleted until the commit."""
        if self.dialect == 'sqlite':  # the transaction has the whole database
            return statement
        return statement.with_for_update(read=True, key_share=True)

    def among(self, column, name):
        """Return the condition that a number is in the list that is the parameter ``name``."""
        if self.has_arrays:  # one statement for lists of any length
            return column == sa.any_(sa.bindparam(name, type_=sa.ARRAY(column.type)))
        return column.in_(sa.bindparam(name, expanding=True))

    def insert_many(self, connection, table, rows):
        """Insert dicts with the same keys, in as few round trips as possible."""
        if self.dialect != 'postgresql':
            connection.execute(sa.insert(table), rows)
            return
        connection.execute(arrays.unnested_insert(table, tuple(rows[0])), arrays.of_dicts(rows))

    def insert_numbered(self, connection, table, rows, column, sequence):
        """Insert dicts and number them in their order; return the numbers.

        Only where the database ``has_sequences``.

        :param column: the name of the column that takes the number.
        """
        statement = arrays.unnested_insert(table, tuple(rows[0]), column, sequence)
        return sorted(connection.scalars(statement, arrays.of_dicts(rows)))

    def sequence_value(self, connection, sequence):
        """Return the last number that a sequence gave."""
        return connection.scalar(sa.text(f'SELECT last_value FROM {sequence.name}'))

    def raise_sequence(self, connection, sequence, value):
        """Let a sequence go on above ``value``, if there are sequences.

        Whoever alters it has it alone until the commit: otherwise it might be
        set back below a number that was given in between.
        """
        if self.has_sequences:
            connection.execute(sa.text(f'ALTER SEQUENCE {sequence.name} NO CYCLE'))
            if self.sequence_value(connection, sequence) <= value:
                connection.execute(
                    sa.text(f'ALTER SEQUENCE {sequence.name} RESTART WITH {value + 1}'))

    def dispose(self):
        self.sessions.close()
        self.engine.dispose()

    @contextlib.contextmanager
    def _transaction(self):
        with self._turn, self.sessions.session() as connection:
            self.run(connection, self._begin)
            try:
                yield connection
                self.run(connection, 'COMMIT')
            except BaseException:
                self._roll_back(connection)
                raise

    def _roll_back(self, connection):
        """Undo what a transaction did, or drop the connection that cannot."""
        if not connection.invalidated:
            try:
                self.run(connection, 'ROLLBACK')
            except exc.DBAPIError:
                connection.invalidate()

    @staticmethod
    def _raise(error):
        if faults.is_unavailable(error):
            LOG.warning('The database does not answer: %s', faults.brief(error))
            raise exception.StorageUnavailable() from error
        if faults.is_older_schema(error):
            LOG.error('The schema of the database is too old: %s', faults.brief(error))
            raise exception.StorageUnavailable(
                'The schema of the database is too old for this: run "marconi-manage db sync '
                '--expand".') from error
        raise error
