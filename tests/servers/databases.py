"""Databases on a database server."""

import sqlalchemy
from sqlalchemy import pool


class Databases:
    """Create and drop databases on the server at ``root_url``, a URL that names no database."""

    root_url = None

    @classmethod
    def announced(cls, root_url):
        """The server that somebody else runs for us there."""
        return Announced(root_url)

    def url(self, database):
        """The SQLAlchemy URL of that database."""
        return sqlalchemy.make_url(self.root_url).set(database=database).render_as_string(
            hide_password=False)

    def create_database(self, name):
        """Create an empty database, and return its URL."""
        with self.administer() as connection:
            connection.exec_driver_sql(f'CREATE DATABASE {name}{self._creation}')
        return self.url(name)

    def drop_database(self, name):
        """Drop a database if it is there, whoever still uses it."""
        with self.administer() as connection:
            if self._is_postgresql:
                connection.exec_driver_sql(f'DROP DATABASE IF EXISTS {name} WITH (FORCE)')
            else:
                self._disconnect_everyone(connection, name)
                connection.exec_driver_sql(f'DROP DATABASE IF EXISTS {name}')

    def administer(self):
        """A connection, in no transaction, to run statements about the server itself."""
        engine = sqlalchemy.create_engine(
            self.url('postgres' if self._is_postgresql else None),
            poolclass=pool.NullPool, isolation_level='AUTOCOMMIT',
            connect_args={'connect_timeout': 10})
        return engine.connect()

    @property
    def _is_postgresql(self):
        return self.root_url.startswith('postgresql')

    @property
    def _creation(self):
        return '' if self._is_postgresql else ' CHARACTER SET utf8mb4'

    def _disconnect_everyone(self, connection, name):
        users = connection.exec_driver_sql(
            'SELECT id FROM information_schema.processlist WHERE db = %s', (name,))
        for number in users.scalars().all():
            try:
                connection.exec_driver_sql(f'KILL {number}')
            except sqlalchemy.exc.DBAPIError:
                pass  # It left by itself.


class Announced(Databases):
    """A server that somebody else runs for us."""

    def __init__(self, root_url):
        self.root_url = root_url
