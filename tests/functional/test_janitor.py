"""The janitor, as processes that work side by side and are killed."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time

import psutil
import sqlalchemy as sa

from marconi import objects
from marconi import storage
from marconi.janitor import sweeps
from marconi.storage.sqlalchemy import tables
from tests import base
from tests.servers import process

#: Seconds; short, so that the tests are.
LEASE = 3
HOUR = 3_600_000

CONFIG = """\
[DEFAULT]
use_stderr = true
[database]
connection = {database}
[janitor]
interval = 0.05
batch = 20
lease = {lease}
report_interval = 1
"""


class Janitor:
    """One ``marconi-janitor``: a master and the process that sweeps."""

    def __init__(self, database, config=CONFIG):
        handle, self._config = tempfile.mkstemp(dir=process.TMPDIR)
        with open(handle, 'w') as file:
            file.write(config.format(database=database.replace('$', '$$'), lease=LEASE))
        self._log = self._config + '.log'
        with open(self._log, 'wb') as log:
            self._process = process.spawn(
                [sys.executable, '-m', 'marconi.cmd.janitor', '--config-file', self._config],
                signal.SIGTERM, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def log(self):
        with open(self._log) as log:
            return log.read()

    @property
    def holder(self):
        """The name under which it takes leases; None before it starts to."""
        names = re.findall(r'Janitor (\S+) starts', self.log())
        return names[-1] if names else None

    def kill(self):
        """Kill it with SIGKILL, master first, so that nobody replaces it."""
        master = psutil.Process(self._process.pid)
        process.kill_all([master, *master.children(recursive=True)])
        self._process.wait()

    def stop(self, number=signal.SIGTERM):
        """Ask it to stop; return its exit code and how many seconds it took."""
        started = time.monotonic()
        self._process.send_signal(number)
        return self._process.wait(20), time.monotonic() - started

    def close(self):
        if self._process.poll() is None:
            self.kill()
        os.unlink(self._config)
        os.unlink(self._log)


class JanitorTest(base.TestCase):

    def setUp(self):
        super().setUp()
        self.url = self.new_database()
        self.store = storage.connect('sqlalchemy', self.url)
        self.addCleanup(self.store.dispose)

    def new_database(self):
        return self.database_url()

    def janitor(self):
        it = Janitor(self.url)
        self.addCleanup(it.close)
        return it

    def until(self, condition, seconds=60):
        """Wait until it is so; return how many seconds that took."""
        started = time.monotonic()
        while not condition():
            if time.monotonic() > started + seconds:
                self.fail(self.describe())
            time.sleep(0.02)
        return time.monotonic() - started

    def describe(self):
        return f'leases: {self.leases()}, messages: {self.rows(tables.messages)}'

    def post_expired(self, number):
        """Post messages whose time has long been over."""
        self.store.clock = lambda: int(time.time() * 1000) - HOUR
        self.store.queues.create('p', 'q', {})
        queue = self.store.streams.open(self.store.queues.get('p', 'q'))
        for _ in range(number // 20):
            self.store.messages.post(
                queue, [objects.NewMessage(body=b'1', ttl=60)] * 20, 'somebody')
        self.store.clock = None

    def rows(self, table):
        with self.store.engine.connect() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(table))

    def leases(self):
        """Who holds what: {name of the sweep: holder}."""
        with self.store.engine.connect() as connection:
            return dict(connection.execute(
                sa.select(tables.leases.c.name, tables.leases.c.holder)).all())


class TestJanitors(base.OnEveryDatabase, JanitorTest):

    def test_two_share_the_work(self):
        self.post_expired(500)
        both = [self.janitor(), self.janitor()]
        self.until(lambda: self.rows(tables.messages) == 0)
        self.until(lambda: all(janitor.holder for janitor in both))
        seen = {name: set() for name in sweeps.NAMES}

        def each_has_had_each():
            for name, holder in self.leases().items():
                seen[name].add(holder)
            return all(seen[name] == {janitor.holder for janitor in both} for name in seen)

        self.until(each_has_had_each, 120)

    def test_killed_one_is_replaced_when_its_leases_end(self):
        first = self.janitor()
        self.until(lambda: set(self.leases()) == set(sweeps.NAMES))
        second = self.janitor()
        self.until(lambda: second.holder)
        first.kill()
        self.post_expired(20)
        took = self.until(lambda: set(self.leases().values()) == {second.holder})
        # A second for a machine that is busy with other tests.
        self.assertLess(took, LEASE + 1)
        self.until(lambda: self.rows(tables.messages) == 0)

    def test_stops_in_time_gives_its_leases_back_and_reports(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            self.post_expired(40)
            janitor = self.janitor()
            self.until(lambda: self.rows(tables.messages) == 0)
            self.until(lambda: set(self.leases()) == set(sweeps.NAMES))
            code, seconds = janitor.stop(number)
            self.assertEqual(0, code, janitor.log())
            self.assertLess(seconds, 5)
            self.assertEqual({}, self.leases())
            self.assertNotIn('Traceback', janitor.log())
            counts = re.findall(r'expired_messages (\d+)', janitor.log())
            self.assertEqual(40, sum(map(int, counts)), janitor.log())

    def test_killed_process_is_started_again_by_its_master(self):
        janitor = self.janitor()
        self.until(lambda: janitor.holder)
        old = janitor.holder
        os.kill(int(old.split(':')[1]), signal.SIGKILL)
        self.until(lambda: janitor.holder != old)
        self.post_expired(20)
        self.until(lambda: self.rows(tables.messages) == 0)


class TestDatabaseGone(JanitorTest):

    backend = 'postgresql'

    def new_database(self):
        self.server = self.own_server()
        return self.database_url(server=self.server)

    def test_goes_on_when_the_database_is_back(self):
        janitor = self.janitor()
        self.until(lambda: set(self.leases()) == set(sweeps.NAMES))
        self.server.stop()
        self.until(lambda: 'Sweep expired_messages: ' in janitor.log())
        self.server.start()
        self.post_expired(20)
        self.until(lambda: self.rows(tables.messages) == 0)
        self.assertNotIn('Traceback', janitor.log())
