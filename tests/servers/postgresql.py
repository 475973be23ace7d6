"""PostgreSQL, from whatever version is installed."""

import glob
import os
import re
import shutil
import signal
import subprocess

from tests.servers import databases
from tests.servers import process


class PostgreSQL(databases.Databases, process.Server):

    name = 'postgresql'
    accounts = ('postgres', 'nobody')
    stop_signal = signal.SIGINT  # "fast": disconnect everyone, roll back, shut down
    death_signal = signal.SIGQUIT  # "immediate": leaves no shared memory behind

    @property
    def root_url(self):
        return f'postgresql+psycopg://postgres@127.0.0.1:{self.port}/'

    @classmethod
    def missing(cls):
        if cls.program('postgres') and cls.program('initdb'):
            return None
        return ('no PostgreSQL server is installed '
                '(no postgres and initdb; on Debian: apt-get install postgresql)')

    def initialise(self):
        self.run(self.program('initdb'), '--pgdata', self.path('data'), '--username=postgres',
                 '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync')

    def command(self):
        # NOTE: without fsync only a failing *machine* loses what was committed: the kill -9 of the
        # crash tests does not. The time zone is an odd one so that none may be taken for granted.
        settings = {
            'fsync': 'off',
            'full_page_writes': 'off',
            'listen_addresses': '127.0.0.1',
            'max_connections': 300,
            'timezone': 'Asia/Kathmandu',
            'unix_socket_directories': '',
        }
        return [self.program('postgres'), '-D', self.path('data'), '-p', str(self.port),
                *(f'--{name}={value}' for name, value in settings.items())]

    def probe(self):
        with self.administer() as connection:
            connection.exec_driver_sql('SELECT 1')

    @classmethod
    def program(cls, name):
        """The path of one of PostgreSQL's own programs; None if it is not installed."""
        return process.find_program([name], cls._directories())

    @staticmethod
    def _directories():
        """Where a distribution puts the server's programs, newest version first."""
        versions = glob.glob('/usr/lib/postgresql/*/bin') + glob.glob('/usr/pgsql-*/bin')
        versions.sort(key=lambda path: int(re.search(r'\d+', path).group()), reverse=True)
        if not versions and shutil.which('pg_config'):
            versions = [subprocess.check_output(['pg_config', '--bindir'], text=True).strip()]
        return [path for path in versions if os.path.exists(os.path.join(path, 'postgres'))]
