"""How often those who wait have their queues looked at."""

from marconi.core import waiting
from marconi.storage import stores as stores_module
from marconi.storage.sqlalchemy import store as our_store
from tests import base
from tests.storage import probes
from tests.storage.contract import support

#: What only a look at the queues says.
LOOK = 'claim_ends_at'


class TestWatching(base.OnEveryDatabase, base.TestCase):

    def setUp(self):
        super().setUp()
        self.clock, self.now = support.Clock(), 1000.0
        self.store = our_store.Store(self.database_url(), clock=self.clock)
        self.addCleanup(self.store.dispose)
        self.stores = stores_module.Stores(self.store)
        self.stores.create('project', 'queue', {})
        self.queue = self.stores.find('project', 'queue')
        self.waiters = waiting.Waiters(self.stores, 10, clock=lambda: self.now)
        self.waiter = self.wait_for('queue')

    def wait_for(self, name):
        waiter = waiting._Waiter(claiming=True)
        self.waiters._waiters['project', name].add(waiter)
        return waiter

    def looks(self):
        """Return how often the queues are looked at in one round of the watcher."""
        self.now += 0.01
        with probes.statements(self.store) as seen:
            self.waiters.watch_once()
        return sum(LOOK in statement for statement, _ in seen)

    def settle(self):
        """Look until a look tells nothing new; others write to the same server meanwhile."""
        self.position = 1
        self.store.written = lambda: self.position
        self.assertEqual([1, 1, 0], [self.looks() for _ in range(3)])

    def test_nothing_is_written(self):
        self.settle()
        self.assertEqual(0, sum(self.looks() for _ in range(20)))

    def test_something_is_written(self):
        self.settle()
        self.store.messages.post(self.queue, [support.new()], 'client')
        self.position = 2
        # What was written just before the first look, it may have missed.
        self.assertEqual([1, 1, 0], [self.looks() for _ in range(3)])
        self.assertTrue(self.waiter.event.is_set())

    def test_a_queue_that_nobody_waited_for(self):
        self.settle()
        self.stores.create('project', 'another', {})
        self.wait_for('another')
        self.assertEqual(1, self.looks())

    def test_a_claim_ends(self):
        self.store.messages.post(self.queue, [support.new()], 'client')
        self.store.claims.create(self.queue, 60, 60, 1)
        self.settle()
        self.waiter.event.clear()
        self.now += 0.9
        self.assertEqual(0, self.looks())
        self.now += 0.2  # to be sure, after a second
        self.assertEqual(1, self.looks())
        self.assertFalse(self.waiter.event.is_set())
        self.clock.move(59.5)
        self.now += 1.1
        self.assertEqual([1, 0], [self.looks() for _ in range(2)])
        self.clock.move(0.5)
        self.now += 0.5
        self.assertEqual(1, self.looks())
        self.assertTrue(self.waiter.event.is_set())

    def test_a_database_that_does_not_tell(self):
        self.store.written = lambda: None
        self.assertEqual(5, sum(self.looks() for _ in range(5)))

    def test_what_databases_tell(self):
        before = self.store.written()
        self.store.messages.post(self.queue, [support.new()], 'client')
        if self.backend == 'sqlite':
            self.assertIsNone(before)
        else:
            self.assertIsNotNone(before)
            self.assertNotEqual(before, self.store.written())
