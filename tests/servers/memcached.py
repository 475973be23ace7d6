"""memcached."""

import socket

from tests.servers import process


class Announced:
    """A memcached that somebody else runs for us."""

    def __init__(self, root_url):
        self.root_url = root_url


class Memcached(process.Server):

    name = 'memcached'
    accounts = ('memcache', 'nobody')

    @property
    def root_url(self):
        return f'127.0.0.1:{self.port}'

    @classmethod
    def missing(cls):
        if cls._program():
            return None
        return 'no memcached is installed (on Debian: apt-get install memcached)'

    @classmethod
    def announced(cls, root_url):
        return Announced(root_url)

    def command(self):
        return [self._program(), '--listen=127.0.0.1', f'--port={self.port}', '--udp-port=0',
                '--memory-limit=16', *([f'--user={self.account}'] if self.account else [])]

    def probe(self):
        with socket.create_connection(('127.0.0.1', self.port), 5) as connection:
            connection.sendall(b'version\r\n')
            assert connection.recv(100).startswith(b'VERSION')

    @staticmethod
    def _program():
        return process.find_program(['memcached'])
