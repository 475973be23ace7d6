"""What ``make run`` starts, started for real."""

import os
import re
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time

import psutil

from tests import base
from tests import databases
from tests.functional import caller
from tests.servers import process

START_TIMEOUT = 60
READY = 'Three lines to try'


class Standalone:
    """One ``python -m marconi.cmd.standalone`` in a directory of its own."""

    def __init__(self, directory=None, *args):
        self.directory = directory or tempfile.mkdtemp(prefix='marconi-run-', dir=process.TMPDIR)
        self.port = process.free_port()
        self.url = f'http://127.0.0.1:{self.port}'
        self._args = args
        self.process = None

    def start(self):
        """Start it in a session of its own, and return when it says that it listens."""
        self.launch()
        deadline = time.monotonic() + START_TIMEOUT
        while READY not in self.output():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f'does not start:\n{self.output()}')
            time.sleep(0.02)
        return self

    def launch(self):
        with open(self._log, 'wb') as log:
            self.process = process.spawn(
                [sys.executable, '-m', 'marconi.cmd.standalone', '--port', str(self.port),
                 *self._args],
                signal.SIGTERM, cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, start_new_session=True)

    def output(self):
        with open(self._log, errors='replace') as log:
            return log.read()

    def family(self):
        """All of its processes, the supervisor first."""
        supervisor = psutil.Process(self.process.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    def workers(self):
        """The processes that answer requests."""
        return self._grandchildren('marconi-server')

    def janitors(self):
        return self._grandchildren('janitor')

    def ctrl_c(self):
        """Do what a terminal does on Ctrl-C: signal its whole process group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def close(self):
        if self.process is not None and self.process.poll() is None:
            process.kill_all(self.family())
            self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def _log(self):
        return os.path.join(self.directory, 'output')

    def _grandchildren(self, name):
        return [grandchild for child in psutil.Process(self.process.pid).children()
                for grandchild in _children(child) if name in ' '.join(_title(grandchild))]


def _alive(member):
    # An orphan stays a zombie for as long as init likes.
    try:
        return member.is_running() and member.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _children(member):
    try:
        return member.children()
    except psutil.NoSuchProcess:  # it was killed, and its heir is not there yet
        return []


def _title(member):
    try:
        return member.cmdline()
    except psutil.NoSuchProcess:
        return []


class RunTest(base.TestCase):

    def run_standalone(self, directory=None, *args):
        service = Standalone(directory, *args)
        self.addCleanup(service.close)
        return service.start()

    def caller(self, service):
        it = caller.Caller(service.url, 'run', queue='queue')
        self.addCleanup(it.close)
        return it

    def until(self, condition, seconds, why):
        deadline = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), deadline, str(why))
            time.sleep(0.02)

    def assert_all_gone(self, family, seconds=5):
        self.until(lambda: not any(map(_alive, family)), seconds, family)


class TestRunning(RunTest):
    """Tests that share one service."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service = Standalone()
        cls.addClassCleanup(cls.service.close)
        cls.service.start()

    def setUp(self):
        super().setUp()
        self.wait_until_complete()

    def wait_until_complete(self):
        """Wait until two workers and a janitor run, and a request is answered."""
        self.until(lambda: len(self.service.workers()) == 2 and len(self.service.janitors()) == 1,
                   30, self.service.output())
        self.assertEqual(300, self.caller(self.service).persist(30, 'GET', '/').status)

    def test_lines_to_try_work_when_pasted(self):
        lines = re.findall(r'^  (curl .*)$', self.service.output(), re.M)
        self.assertEqual(3, len(lines))
        for line in lines:
            answer = subprocess.run(['sh', '-c', line], capture_output=True, text=True)
            self.assertTrue(answer.stdout.startswith('HTTP/1.1 201 '), (line, answer))
        self.assertIn('"body":"Hello, world"', answer.stdout)

    def test_secrets_are_random_and_private(self):
        home = os.path.join(self.service.directory, 'var')
        secrets = os.path.join(home, 'secrets.conf')
        self.assertEqual(0o700, stat.S_IMODE(os.stat(home).st_mode))
        self.assertEqual(0o600, stat.S_IMODE(os.stat(secrets).st_mode))
        with open(secrets) as file:
            keys = re.findall(
                r'^(secret_key|message_encryption_key) = (\S{64})$', file.read(), re.M)
        self.assertEqual(2, len({key for _, key in keys}))

    def test_listens_on_loopback_only(self):
        addresses = {connection.laddr.ip for member in self.service.family()
                     for connection in member.net_connections('tcp')
                     if connection.status == psutil.CONN_LISTEN}
        self.assertEqual({'127.0.0.1'}, addresses)

    def test_start_takes_less_than_5_seconds(self):
        # Of processor time: how busy the machine is besides is not our business.
        used = sum(sum(member.cpu_times()[:2]) for member in self.service.family())
        self.assertLess(used, 5)

    def test_killed_workers_are_replaced(self):
        for number in (1, 1, 2, 2):
            old = self.service.workers()[:number]
            for worker in old:
                worker.kill()
            self.assert_all_gone(old)
            self.wait_until_complete()
            self.assertEqual(201, self.caller(self.service).post('still there').status)

    def test_killed_janitor_is_replaced(self):
        [old] = self.service.janitors()
        old.kill()
        self.assert_all_gone([old])
        self.wait_until_complete()

    def test_killed_parents_are_replaced_with_their_children(self):
        for old in psutil.Process(self.service.process.pid).children():
            family = [old, *old.children()]
            old.kill()
            self.assert_all_gone(family)
        self.wait_until_complete()


class TestEnd(RunTest):

    def test_ctrl_c_stops_all_and_loses_nothing(self):
        service = self.run_standalone()
        call = self.caller(service)
        call('PUT', '/v2/queues/queue')
        acknowledged, stop = [], threading.Event()
        waiter = threading.Thread(target=self._wait, args=(service, acknowledged))
        writer = threading.Thread(target=self._write, args=(service, acknowledged, stop))
        waiter.start()
        writer.start()
        time.sleep(1)

        family, started = service.family(), time.monotonic()
        service.ctrl_c()
        self.assertEqual(0, service.process.wait(10))
        self.assertLess(time.monotonic() - started, 5)
        self.assert_all_gone(family, 0.5)
        stop.set()
        writer.join()
        waiter.join()

        self.assertNotIn('Traceback', service.output())
        self.assertIn('Marconi has stopped.', service.output())
        self.assertIn('a waiter went home', acknowledged)
        acknowledged.remove('a waiter went home')
        self.assertGreater(len(acknowledged), 0)

        service.start()
        found = [message['body'] for message in self.caller(service).everything()]
        self.assertEqual([], [body for body in acknowledged if body not in found])

    def test_nothing_outlives_a_killed_supervisor(self):
        service = self.run_standalone()
        family = service.family()
        service.process.kill()
        service.process.wait()
        self.assert_all_gone(family)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(('127.0.0.1', service.port))

    def _write(self, service, acknowledged, stop):
        call, number = self.caller(service), 0
        while not stop.is_set():
            number += 1
            try:
                if call.post(number).status == 201:
                    acknowledged.append(number)
            except caller.NoAnswer:
                time.sleep(0.05)

    def _wait(self, service, acknowledged):
        answer = self.caller(service)('POST', '/v2/queues/empty/claims', {}, wait=20)
        if answer.status == 204:
            acknowledged.append('a waiter went home')


class TestRefusal(RunTest):

    def refusal(self, *args, directory=None, cwd=None):
        """What it says, in one line, when it does not start."""
        service = Standalone(directory, *args)
        self.addCleanup(service.close)
        result = subprocess.run(
            [sys.executable, '-m', 'marconi.cmd.standalone', '--port', str(service.port), *args],
            cwd=cwd or service.directory, capture_output=True, text=True, timeout=60)
        self.assertEqual((1, ''), (result.returncode, result.stdout), result.stderr)
        self.assertEqual(1, result.stderr.count('\n'), result.stderr)
        return result.stderr

    def test_taken_port(self):
        with socket.create_server(('127.0.0.1', 0)) as other:
            port = str(other.getsockname()[1])
            said = self.refusal('--port', port)
        self.assertIn(f'127.0.0.1 port {port}: another program', said)

    def test_port_taken_by_another_marconi(self):
        service = self.run_standalone()
        self.assertIn('another program', self.refusal('--port', str(service.port)))

    def test_directory_that_cannot_be_written(self):
        # Not even root can make a directory here.
        self.assertIn('Cannot write to /sys/var', self.refusal(cwd='/sys'))

    def test_something_else_in_the_place_of_the_directory(self):
        directory = tempfile.mkdtemp()
        open(os.path.join(directory, 'var'), 'w').close()
        self.assertIn('/var: File exists', self.refusal(directory=directory))

    def test_newer_database(self):
        url = databases.sqlite(tempfile.mkdtemp())
        with sqlite3.connect(url.removeprefix('sqlite:///')) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.close()
        said = self.refusal('--database', url)
        self.assertIn('9999, which is newer than this code', said)

    def test_database_server_that_is_down(self):
        for kind in ('postgresql', 'mysql'):
            said = self.refusal('--database', f'{kind}://me:geheim@127.0.0.1:1/marconi')
            self.assertIn(f'{kind}://127.0.0.1:1/marconi: The database does not answer', said)
            self.assertNotIn('geheim', said)

    def test_unknown_kind_of_database(self):
        self.assertIn('begins with sqlite', self.refusal('--database', 'oracle://nowhere'))

    def test_bad_options(self):
        self.assertIn('nowhere.conf', self.refusal('--config', 'nowhere.conf'))
        path = os.path.join(tempfile.mkdtemp(), 'bad.conf')
        with open(path, 'w') as file:
            file.write('[janitor]\nbatch = many\n')
        self.assertIn('batch', self.refusal('--config', path))
