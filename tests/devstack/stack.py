"""A host with DevStack, as the plugin sees it."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time
from urllib import parse

from tests.devstack import systemd
from tests.servers import keystone
from tests.servers import process

HERE = pathlib.Path(__file__).parent
CHECKOUT = HERE.parents[1]
TIMEOUT = 240


class StackError(Exception):
    """A phase fails; the message is what it and the services said."""


class Stack:
    """Runs phases of the plugin, on servers of the tests."""

    def __init__(self, directory, database, cloud, apache, **variables):
        """
        :param directory: for all files of the host.
        :param database: a server of databases.
        :param cloud: a Keystone without Marconi.
        :param apache: the proxy.
        :param variables: as in local.conf; what the plugin's settings and DevStack's know.
        """
        self.directory = pathlib.Path(directory)
        self.record = self.directory / 'record'
        self.conf_dir = self.directory / 'etc/marconi'
        self.units = self.directory / 'systemd'
        for path in (self.conf_dir.parent, self.units):
            path.mkdir()
        self._clouds(cloud)
        self.systemd = systemd.Systemd(
            str(self.directory / 'systemd.socket'), self.units, {'apache2': apache})
        self._openstack = self._start_openstack()
        self._environment = {
            **os.environ, **self._paths(apache), **self._database(database),
            'SERVICE_HOST': f'127.0.0.1:{apache.port}', 'SERVICE_PROTOCOL': 'http',
            'SERVICE_PASSWORD': keystone.PASSWORD, 'SERVICE_DOMAIN_NAME': 'Default',
            'SERVICE_PROJECT_NAME': 'service', 'SERVICE_TIMEOUT': '120',
            'REGION_NAME': keystone.REGION, 'KEYSTONE_SERVICE_URI': cloud.root_url,
            'API_WORKERS': '2', 'WORKER_TIMEOUT': '20', 'ENABLE_DEBUG_LOG_LEVEL': 'True',
            'SSL_BUNDLE_FILE': '', 'MEMCACHE_SERVERS': '', 'ENABLED_SERVICES': 'key,mysql',
            **variables}

    def _paths(self, apache):
        return {
            'TESTS': str(HERE), 'PLUGIN': str(CHECKOUT), 'PYTHON': sys.executable,
            'PATH': os.pathsep.join([os.path.dirname(sys.executable), os.environ['PATH']]),
            'DEVSTACK_VENV': sys.prefix, 'RECORD': str(self.record),
            'OPENSTACK_SOCKET': str(self.directory / 'openstack.socket'),
            'SYSTEMD_SOCKET': str(self.directory / 'systemd.socket'), 'DEST': str(self.directory),
            'GIT_BASE': 'https://git.example.org', 'SYSTEMD_DIR': str(self.units),
            'TEMPEST_CONFIG': str(self.directory / 'tempest.conf'),
            'STACK_USER': str(os.getuid()), 'MARCONI_CONF_DIR': str(self.conf_dir),
            'APACHE_CONF_DIR': apache.path('sites'), 'UWSGI_SOCKET_DIR': apache.path('sockets')}

    @staticmethod
    def _database(server):
        """How DevStack's variables name the server; the port is for the client programs."""
        url = parse.urlsplit(server.root_url)
        kind = url.scheme.partition('+')[0]
        driver = url.scheme if kind == 'mysql' else kind
        return {'DATABASE_TYPE': kind, 'DATABASE_USER': url.username, 'DATABASE_PASSWORD': '',
                'DATABASE_HOST': url.hostname, 'PGPORT': str(url.port),
                'MYSQL_TCP_PORT': str(url.port), 'BASE_SQL_CONN': f'{driver}://{url.netloc}'}

    def _clouds(self, cloud):
        (self.directory / 'clouds.yaml').write_text(json.dumps({'clouds': {
            'devstack-system-admin': {
                'region_name': keystone.REGION, 'auth': {
                    'auth_url': cloud.url, 'username': 'admin', 'password': keystone.PASSWORD,
                    'user_domain_id': 'default', 'system_scope': 'all'}}}}))

    def _start_openstack(self):
        path = self.directory / 'openstack.socket'
        child = process.spawn(
            [sys.executable, '-m', 'tests.devstack.openstack', str(path)], signal.SIGKILL,
            cwd=CHECKOUT, env={**os.environ, 'OS_CLIENT_CONFIG_FILE': str(
                self.directory / 'clouds.yaml')})
        deadline = time.monotonic() + TIMEOUT
        while not path.exists():
            if child.poll() is not None or time.monotonic() > deadline:
                raise StackError('the openstack command does not load')
            time.sleep(0.05)
        return child

    def run(self, mode, phase=''):
        """Run one phase, and return which functions of DevStack it called: [(name, words), …]."""
        self.record.write_text('')
        it = subprocess.run(
            ['bash', str(HERE / 'run.sh'), mode, phase], env=self._environment, timeout=TIMEOUT,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if it.returncode:
            raise StackError(f'{mode} {phase} ends with {it.returncode}:\n{it.stdout}\n'
                             f'{self.systemd.log()}')
        calls = [line.split(' ') for line in self.record.read_text().splitlines()]
        return [(name, words) for name, *words in calls]

    def files(self):
        """Every file of the host, its path and content, but for what it prints and records."""
        return {str(path): path.read_text() for path in sorted(self.directory.rglob('*'))
                if path.is_file() and path != self.record and self.units not in path.parents}

    def read(self, name):
        return (self.directory / name).read_text()

    def close(self):
        self.systemd.close()
        self._openstack.kill()
        self._openstack.wait()
