"""Databases as they are run in earnest: what is committed is on the disk."""

import tempfile

from marconi.storage.sqlalchemy import migration
from tests.servers import mariadb
from tests.servers import postgresql
from tests.servers import process


class PostgreSQL(postgresql.PostgreSQL):

    def command(self):
        fast = ('--fsync=off', '--full_page_writes=off')
        return [*(word for word in super().command() if word not in fast),
                '--shared_buffers=512MB', '--max_wal_size=4GB']


class MariaDB(mariadb.MariaDB):

    def command(self):
        return [*super().command(), '--innodb-flush-log-at-trx-commit=1',
                '--innodb-doublewrite=1', '--innodb-buffer-pool-size=1G',
                '--innodb-log-file-size=1G']


def start(backend):
    """Return a new server, which runs."""
    return {'postgresql': PostgreSQL, 'mariadb': MariaDB}[backend]().start()


def create(server, name):
    """Return the URL of a new migrated database on a server."""
    url = server.create_database(name)
    migration.upgrade(url)
    return url


def database(backend):
    """Return (URL of a new migrated database, function that removes it)."""
    if backend != 'sqlite':
        server = start(backend)
        return create(server, 'marconi'), server.close
    # It always waits for the disk.
    directory = tempfile.TemporaryDirectory(prefix='marconi-load-', dir=process.TMPDIR)
    url = f'sqlite:///{directory.name}/it.sqlite'
    migration.upgrade(url)
    return url, directory.cleanup
