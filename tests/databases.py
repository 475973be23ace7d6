"""Migrated, empty databases, as cheap as a test can have them.

A process migrates one database per backend and purpose, and empties it after each test.
"""

import atexit
import itertools
import os
import secrets
import shutil
import sqlite3
import tempfile

from pymysql.constants import CLIENT
import sqlalchemy

from tests import servers

#: The migration's own table, and the secrets that a deployment makes once.
KEPT_TABLES = frozenset(['alembic_version', 'settings'])
#: Seconds to wait for somebody who still holds locks when a database is emptied.
LOCK_TIMEOUT = 10

_by_purpose = {}
_prefix = f'marconi_{os.getpid()}_{secrets.token_hex(3)}'
_numbers = itertools.count(1)


def migrate(url):
    """Bring a database to the newest schema, and return its URL."""
    # Here, so that tests of other things run while this does not import.
    from marconi.storage.sqlalchemy import migration
    migration.upgrade(url)
    return url


def shared(backend, name):
    """The process's database for this purpose; call ``empty()`` on it after use."""
    key = backend, name
    if key not in _by_purpose:
        _by_purpose[key] = SharedDatabase(fresh(servers.shared(backend)))
    return _by_purpose[key]


def forget(database):
    """Let nobody use this shared database again."""
    for key in [key for key, value in _by_purpose.items() if value is database]:
        del _by_purpose[key]


def fresh(server):
    """A new migrated database on this server."""
    return migrate(bare(server))


def bare(server):
    """A new database on this server that has no tables yet."""
    name = f'{_prefix}_{next(_numbers)}'
    url = server.create_database(name)
    atexit.register(_drop, server, name)
    return url


def sqlite(directory):
    """A new migrated SQLite database, copied from one that was migrated once."""
    if 'sqlite' not in _by_purpose:
        home = tempfile.mkdtemp(prefix='marconi-sqlite-', dir=servers.process.TMPDIR)
        atexit.register(shutil.rmtree, home, ignore_errors=True)
        path = os.path.join(home, 'template.db')
        migrate(f'sqlite:///{path}')
        _by_purpose['sqlite'] = path
    path = os.path.join(directory, f'{next(_numbers)}.db')
    source, copy = sqlite3.connect(_by_purpose['sqlite']), sqlite3.connect(path)
    source.backup(copy)
    source.close()
    copy.close()
    return f'sqlite:///{path}'


class NotEmptied(Exception):
    """Somebody still holds locks."""


class SharedDatabase:

    def __init__(self, url):
        self.url = url
        # NOTE: all deletions are one round trip, since every test waits for it.
        several = {'client_flag': CLIENT.MULTI_STATEMENTS} if url.startswith('mysql') else {}
        self._engine = sqlalchemy.create_engine(url, pool_size=1, connect_args=several)
        self._deletions = None

    def empty(self):
        """Delete all rows.

        :raises NotEmptied: soon, when somebody still holds locks on them.
        """
        if self._deletions is None:
            self._deletions = ''.join(
                f'; DELETE FROM {name}' for name in self._tables_children_first())
        if self._engine.dialect.name == 'postgresql':
            limit = f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}s'"
        else:
            limit = f'SET SESSION innodb_lock_wait_timeout = {LOCK_TIMEOUT}'
        connection = self._engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute(limit + self._deletions)
            while cursor.nextset():  # raises what the next one did
                pass
            connection.commit()
        except self._engine.dialect.dbapi.Error as error:
            raise NotEmptied() from error
        finally:
            connection.close()

    def _tables_children_first(self):
        metadata = sqlalchemy.MetaData()
        metadata.reflect(self._engine)
        return [self._engine.dialect.identifier_preparer.format_table(table)
                for table in reversed(metadata.sorted_tables) if table.name not in KEPT_TABLES]


def _drop(server, name):
    """Leave nothing on a server that outlives us."""
    if isinstance(server, servers.databases.Announced):
        try:
            server.drop_database(name)
        except sqlalchemy.exc.DBAPIError:
            pass  # The server went first.
