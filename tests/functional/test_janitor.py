"""The janitor, as processes that work side by side and are killed."""

import itertools
import os
import re
import signal
import time

import sqlalchemy as sa

from marconi import objects
from marconi import storage
from marconi.janitor import sweeps
from marconi.storage.sqlalchemy import tables
from tests import base
from tests.functional import janitor as janitor_module

#: Seconds; short, so that the tests are.
LEASE = 3
HOUR = 3_600_000
SWEEP = 'expired_messages'
#: Expired messages, too many for one to clear before it is killed.
BACKLOG = 10_000
#: Seconds by which a busy machine may tell the log late that a transaction has ended. That a
#: lease keeps all others out is tested exactly in the storage contract.
LAG = 1.0


class JanitorTest(base.TestCase):

    def setUp(self):
        super().setUp()
        self.url = self.new_database()
        self.store = storage.connect('sqlalchemy', self.url)
        self.addCleanup(self.store.dispose)

    def new_database(self):
        return self.database_url()

    def janitor(self):
        it = janitor_module.Janitor(self.url, LEASE)
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

    def test_three_share_the_work(self):
        self.post_expired(500)
        three = [self.janitor() for _ in range(3)]
        self.until(lambda: self.rows(tables.messages) == 0)
        self.until(lambda: all(janitor.holder for janitor in three))
        seen = {name: set() for name in sweeps.KINDS}

        def each_has_had_each():
            for name, holder in self.leases().items():
                seen[name].add(holder)
            return all(seen[name] == {janitor.holder for janitor in three} for name in seen)

        self.until(each_has_had_each, 180)

    def test_of_three_one_at_a_time_sweeps_a_backlog_whoever_is_killed(self):
        three = [self.janitor() for _ in range(3)]
        self.until(lambda: all(janitor.holder for janitor in three))
        self.post_expired(BACKLOG)
        left = list(three)
        while len(left) > 1:
            rows = self.rows(tables.messages)
            self.until(lambda: self.rows(tables.messages) < rows)
            holder = self.leases().get(SWEEP)
            for janitor in [it for it in left if it.holder == holder]:
                janitor.kill()
                left.remove(janitor)
        self.until(lambda: self.rows(tables.messages) == 0)
        self.assertNotEqual([], left[0].transactions(SWEEP))
        self.check_nobody_met([janitor.transactions(SWEEP) for janitor in three])

    def check_nobody_met(self, transactions):
        """Check that no transaction of one janitor began before that of another had ended."""
        shifts = sorted((begun, ended, number) for number, of_one in enumerate(transactions)
                        for begun, ended, _ in of_one)
        for (_, ended, one), (begun, _, other) in itertools.pairwise(shifts):
            if one != other:
                self.assertLessEqual(ended, begun + LAG)
        self.assertLessEqual(sum(rows for of_one in transactions for *_, rows in of_one), BACKLOG)

    def test_killed_one_is_replaced_when_its_leases_end(self):
        first = self.janitor()
        self.until(lambda: set(self.leases()) == set(sweeps.KINDS))
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
            self.until(lambda: set(self.leases()) == set(sweeps.KINDS))
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
        self.until(lambda: set(self.leases()) == set(sweeps.KINDS))
        self.server.stop()
        self.until(lambda: 'Sweep expired_messages: ' in janitor.log())
        self.server.start()
        self.post_expired(20)
        self.until(lambda: self.rows(tables.messages) == 0)
        self.assertNotIn('Traceback', janitor.log())
