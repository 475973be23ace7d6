"""The real service: ``marconi-server`` with several worker processes, on a port of its own."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import psutil
import requests

from tests.servers import process

START_TIMEOUT = 60
STOP_TIMEOUT = 30

CONFIG = """\
[DEFAULT]
auth_strategy = {auth}
log_file = {log}
{default}
[database]
connection = {database}
[drivers:transport:wsgi]
port = {port}
workers = {workers}
[signed_url]
secret_key = correct horse
[transport]
message_encryption_key = battery staple
{options}
"""


class ServiceError(Exception):
    """The service does not start or does not stop; the message shows its log."""


class Service:

    def __init__(self, database, workers=2, default='', options='', auth='noauth', code=None):
        """
        :param database: the URL of a migrated database.
        :param default: lines for the section [DEFAULT] of the configuration.
        :param options: lines for the end of the configuration, with their own sections.
        :param auth: the option auth_strategy.
        :param code: the directory of another Marconi to serve; None for this one.
        """
        self._code = code
        self.port = process.free_port()
        self.url = f'http://127.0.0.1:{self.port}'
        self.directory = tempfile.mkdtemp(prefix='marconi-service-', dir=process.TMPDIR)
        with open(self._path('marconi.conf'), 'w') as file:
            file.write(CONFIG.format(
                log=self._path('log'), database=database.replace('$', '$$'), port=self.port,
                workers=workers, default=default, options=options, auth=auth))
        self._process = None
        self._owner = os.getpid()

    def start(self):
        """Start on the port and database of this service; return when it answers."""
        with open(self._path('output'), 'ab') as output:
            # NOTE: should we be killed, it gets SIGTERM, and so do its workers when it is gone.
            self._process = process.spawn(
                [*self._program(), '--config-file', self._path('marconi.conf')],
                signal.SIGTERM, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True, cwd=self._code,
                env=os.environ | ({'PYTHONPATH': self._code} if self._code else {}))
        deadline = time.monotonic() + START_TIMEOUT
        while not self.answers():
            if self._process.poll() is not None:
                raise ServiceError(f'ended with {self._process.returncode}:\n{self.log()}')
            if time.monotonic() > deadline:
                raise ServiceError(f'does not answer:\n{self.log()}')
            time.sleep(0.02)
        return self

    def answers(self):
        """Whether somebody serves requests."""
        try:
            return requests.get(f'{self.url}/', timeout=5).status_code == 300
        except requests.RequestException:
            return False

    def processes(self):
        """All processes of the service, the parent first."""
        parent = psutil.Process(self._process.pid)
        return [parent, *parent.children(recursive=True)]

    @property
    def config(self):
        """The path of the configuration file."""
        return self._path('marconi.conf')

    def manage(self, *words):
        """Run marconi-manage on the database of this service; return what became of it."""
        return subprocess.run(
            [sys.executable, '-m', 'marconi.cmd.manage', '--config-file', self.config, *words],
            capture_output=True, text=True)

    def worker(self, pid):
        """The process with this id, which must be one of the service."""
        return next(process for process in self.processes() if process.pid == pid)

    def kill(self):
        """Kill all processes with SIGKILL, as when the machine fails."""
        if self._process is None or self._process.poll() is not None:
            return
        family = self.processes()
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        process.kill_all(family)

    def stop(self):
        """Ask it to stop, as an operator does, and wait until all of it is gone."""
        family = self.processes()
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.kill()
            raise ServiceError(f'does not stop:\n{self.log()}')
        left = psutil.wait_procs(family, STOP_TIMEOUT)[1]
        process.kill_all(left)
        if left:
            raise ServiceError(f'leaves processes behind: {left}\n{self.log()}')

    def close(self):
        """End it and remove its files."""
        if os.getpid() == self._owner:
            self.kill()
            shutil.rmtree(self.directory, ignore_errors=True)

    def log(self, lines=60):
        """The end of what it logged and printed."""
        text = []
        for name in ('log', 'output'):
            if os.path.exists(self._path(name)):
                with open(self._path(name), errors='replace') as file:
                    text += file.readlines()[-lines:]
        return ''.join(text)

    def _program(self):
        if self._code:  # what is installed as a command is ours
            return [sys.executable, '-m', 'marconi.cmd.server']
        return [sys.executable, os.path.join(os.path.dirname(sys.executable), 'marconi-server')]

    def _path(self, name):
        return os.path.join(self.directory, name)
