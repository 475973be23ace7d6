"""MariaDB, or MySQL where that is what is installed."""

import subprocess

from tests.servers import databases
from tests.servers import process


class MariaDB(databases.Databases, process.Server):

    name = 'mariadb'
    accounts = ('mysql', 'nobody')

    @property
    def root_url(self):
        return f'mysql+pymysql://root@127.0.0.1:{self.port}/'

    @classmethod
    def missing(cls):
        if not cls._server():
            return ('no MariaDB or MySQL server is installed '
                    '(no mariadbd and mysqld; on Debian: apt-get install mariadb-server)')
        if not cls._is_mysql() and not cls._installer():
            return 'there is mariadbd, but no mariadb-install-db'
        return None

    def initialise(self):
        if self._is_mysql():
            self.run(self._server(), '--no-defaults', '--initialize-insecure',
                     f'--datadir={self.path("data")}')
        else:
            self.run(self._installer(), '--no-defaults', '--skip-test-db', '--skip-name-resolve',
                     '--auth-root-authentication-method=normal',
                     '--innodb-flush-log-at-trx-commit=0', f'--datadir={self.path("data")}')
        with open(self.path('init.sql'), 'w') as sql:
            sql.write("CREATE USER IF NOT EXISTS 'root'@'127.0.0.1';\n"
                      "GRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;\n")

    def command(self):
        # NOTE: flush-log-at-trx-commit=2 writes each commit to the operating system without waiting
        # for the disk: only a failing *machine* loses it, the kill -9 of the crash tests does not.
        # The time zone is an odd one so that none may be taken for granted.
        return [
            self._server(),
            '--no-defaults',
            f'--datadir={self.path("data")}',
            f'--port={self.port}',
            f'--init-file={self.path("init.sql")}',
            f'--pid-file={self.path("pid")}',
            '--bind-address=127.0.0.1',
            '--character-set-server=utf8mb4',
            '--default-time-zone=+05:45',
            '--innodb-buffer-pool-size=256M',
            '--innodb-doublewrite=0',
            '--innodb-flush-log-at-trx-commit=2',
            '--max-connections=300',
            '--skip-log-bin',
            '--skip-name-resolve',
            '--socket=socket',  # in the data directory: a full path may be too long
            '--sync-binlog=0',
            *(['--mysqlx=OFF'] if self._is_mysql() else []),
        ]

    def probe(self):
        with self.administer() as connection:
            connection.exec_driver_sql('SELECT 1')

    @staticmethod
    def _server():
        return process.find_program(['mariadbd', 'mysqld'])

    @staticmethod
    def _installer():
        return process.find_program(['mariadb-install-db', 'mysql_install_db'])

    @classmethod
    def _is_mysql(cls):
        version = subprocess.check_output([cls._server(), '--no-defaults', '--version'], text=True)
        return 'MariaDB' not in version
