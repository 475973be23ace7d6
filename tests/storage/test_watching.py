"""How often those who wait have their queues looked at."""

import threading
from unittest import mock

from marconi import context
from marconi import exception
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
        self.stores = stores_module.Stores(self.store, clock=lambda: self.now)
        self.stores.create('project', 'queue', {})
        self.queue = self.stores.find('project', 'queue')
        self.waiters = waiting.Waiters(self.stores, 10, clock=lambda: self.now)
        self.waiter = self.wait_for('queue')

    def wait_for(self, name):
        self.waiters._watcher = threading.current_thread()  # none is to be started
        return self.waiters._enter(('project', name), claiming=True)

    def looks(self):
        """Return how often the queues are looked at in one round of the watcher."""
        return sum(LOOK in statement for statement in self.watch())

    def watch(self):
        self.now += 0.01
        with probes.statements(self.store) as seen:
            self.waiters.watch_once()
        return [statement for statement, _ in seen]

    def settle(self):
        """Look until a look tells nothing new; others write to the same server meanwhile."""
        self.position = 1
        self.store.written = lambda: self.position
        self.assertEqual(self.after_a_change, [self.looks() for _ in range(3)])

    @property
    def after_a_change(self):
        # What was written just before the first look, it may have missed.
        return [1, 0, 0] if self.backend == 'postgresql' else [1, 1, 0]

    def test_nothing_is_written(self):
        self.settle()
        self.assertEqual(0, sum(self.looks() for _ in range(20)))

    def test_something_is_written(self):
        self.settle()
        self.store.messages.post(self.queue, [support.new()], 'client')
        self.position = 2
        self.assertEqual(self.after_a_change, [self.looks() for _ in range(3)])
        self.assertTrue(self.waiter.event.is_set())

    def test_a_queue_that_is_closed(self):
        self.settle()
        self.assertFalse(self.waiter.event.is_set())
        self.store.streams.close(self.queue)
        self.position = 2
        self.looks()
        self.assertTrue(self.waiter.event.is_set())

    def test_a_queue_that_is_made_again(self):
        self.settle()
        other = stores_module.Stores(self.store)
        other.delete('project', 'queue')
        other.create('project', 'queue', {})
        self.store.messages.post(other.find('project', 'queue'), [support.new()], 'client')
        self.position = 2
        self.looks()
        self.assertTrue(self.waiter.event.is_set())
        # It looks for itself, and finds out.
        self.waiter.event.clear()
        self.stores.call('project', 'queue', lambda store, queue: store.messages.list(queue))
        self.looks()
        self.assertTrue(self.waiter.event.is_set())

    def test_a_queue_that_is_made_meanwhile(self):
        waiter = self.wait_for('later')
        self.settle()
        other = stores_module.Stores(self.store)
        other.create('project', 'later', {})
        self.store.messages.post(other.find('project', 'later'), [support.new()], 'client')
        self.position = 2
        self.looks()
        self.assertTrue(waiter.event.is_set())

    def test_a_queue_that_nobody_waited_for(self):
        self.stores.create('project', 'another', {})
        self.store.messages.post(self.stores.find('project', 'another'), [support.new()], 'me')
        self.settle()
        another = self.wait_for('another')
        with mock.patch.object(self.store.messages, 'signals',
                               wraps=self.store.messages.signals) as signals:
            self.assertEqual([1, 0], [self.looks() for _ in range(2)])
        # The other one was looked at before.
        self.assertEqual([['another']], [[queue.name for queue in call.args[0]]
                                         for call in signals.mock_calls])
        self.assertTrue(another.event.is_set())

    def test_who_waits_again(self):
        self.settle()
        self.waiters._leave(('project', 'queue'), self.waiter)
        again = self.wait_for('queue')
        with mock.patch.object(self.stores, 'known') as known:
            self.assertEqual([0, 0], [self.looks() for _ in range(2)])
        # The queue has been looked at all the time.
        self.assertFalse(known.mock_calls)
        self.store.messages.post(self.queue, [support.new()], 'client')
        self.position = 2
        self.looks()
        self.assertTrue(again.event.is_set())

    def test_who_waits_has_looked_once(self):
        self.waiters._watcher = threading.current_thread()  # as above
        looks = []

        def look():
            found = self.store.messages.list(self.queue)
            looks.append(len(found))
            if not found:  # just after the look, and before who looked sleeps
                self.store.messages.post(self.queue, [support.new()], 'client')
                self.waiters.notify(self.queue)
            return found

        waited = context.RequestContext(project_id='project')
        self.waiters.until(waited, 'queue', look, 60, claiming=False)
        self.assertEqual([0, 1], looks)
        self.assertEqual(1, self.waiters.number)  # who was there before

    def test_what_is_remembered_for_long(self):
        self.settle()
        self.now += 1000
        # The look tells whether it is still true.
        self.assertFalse([statement for statement in self.watch() if 'queues' in statement])

    def test_a_claim_ends(self):
        self.store.messages.post(self.queue, [support.new()], 'client')
        self.store.claims.create(self.queue, 60, 60, 1)
        self.settle()
        self.waiter.event.clear()
        self.now += waiting.LONGEST - 0.1
        self.assertEqual(0, self.looks())
        self.now += 0.2  # to be sure, after some seconds
        self.assertEqual(1, self.looks())
        self.assertFalse(self.waiter.event.is_set())
        self.clock.move(59.5)
        self.now += waiting.LONGEST + 0.1
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

    def test_when_they_tell(self):
        """If not before it can be seen, one look is enough."""
        self.assertEqual(self.backend == 'postgresql', self.store.written_is_seen)
        if self.store.written_is_seen:
            with self.store.engine.connect() as connection:
                connection.exec_driver_sql('BEGIN')
                connection.exec_driver_sql('UPDATE streams SET last_seq = last_seq + 1')
                before = self.store.written()
                connection.exec_driver_sql('COMMIT')
            self.assertNotEqual(before, self.store.written())


class TestAskingAgain(base.TestCase):
    """Who comes again and again for a queue where nothing happens, need not look."""

    def setUp(self):
        super().setUp()
        self.now = 1000.0
        self.store = our_store.Store(self.database_url())
        self.addCleanup(self.store.dispose)
        self.stores = stores_module.Stores(self.store, clock=lambda: self.now)
        self.stores.create('project', 'queue', {})
        self.queue = self.stores.find('project', 'queue')
        self.waiters = waiting.Waiters(self.stores, 10, clock=lambda: self.now)
        self.waiters._watcher = threading.current_thread()  # none is to be started
        # There is always somebody who waits; if not, others ask again soon.
        self.other = self.waiters._enter(('project', 'queue'), claiming=True)
        self.ask()
        self.waiters.watch_once()
        self.now += waiting.QUIET

    def leave(self):
        self.waiters._leave(('project', 'queue'), self.other)

    def ask(self, claiming=True, found=None):
        """Wait for a moment; return whether who waits has looked himself."""
        look = mock.Mock(return_value=found)
        self.waiters.until(context.RequestContext(project_id='project'), 'queue', look, 0.001,
                           claiming)
        return look.called

    def test_nothing_happens(self):
        self.assertEqual([False, False], [self.ask() for _ in range(2)])
        # There may be something for one who lists, and nothing for one who claims.
        self.assertTrue(self.ask(claiming=False))

    def test_the_first_seconds(self):
        self.now -= 0.1
        self.assertTrue(self.ask())

    def test_something_comes_through_this_process(self):
        self.waiters.notify(self.queue)
        self.assertEqual([True, True], [self.ask() for _ in range(2)])

    def test_something_comes_to_another_queue(self):
        self.stores.create('project', 'another', {})
        another = self.stores.find('project', 'another')
        self.store.messages.post(another, [support.new()], 'client')
        self.waiters.notify(another)
        self.waiters.watch_once()
        self.assertFalse(self.ask())

    def test_something_comes_through_another_process(self):
        self.store.messages.post(self.queue, [support.new()], 'client')
        self.waiters.watch_once()
        self.assertTrue(self.ask())

    def test_something_comes_that_is_in_the_hands_of_others(self):
        self.store.messages.post(self.queue, [support.new()], 'client')
        self.store.claims.create(self.queue, 60, 60, 1)
        self.waiters.watch_once()
        self.assertFalse(self.ask())

    def test_the_queue_is_closed(self):
        self.store.streams.close(self.queue)
        self.waiters.watch_once()
        self.assertTrue(self.ask())

    def test_somebody_found_something(self):
        self.now += waiting.DOUBT
        self.assertTrue(self.ask(found='a message'))
        self.now += waiting.QUIET
        self.assertTrue(self.ask())

    def test_the_watcher_is_not_trusted_for_ever(self):
        self.now += waiting.DOUBT - waiting.QUIET
        self.assertEqual([True, True], [self.ask() for _ in range(2)])
        self.now += waiting.QUIET
        self.assertFalse(self.ask())

    def test_the_watcher_ends(self):
        self.leave()
        with mock.patch.object(waiting, 'INTERVAL', 0):
            self.waiters._watch()
        self.assertTrue(self.ask())

    def test_nobody_was_there_for_a_while(self):
        self.leave()
        self.now += waiting.LONGEST
        self.waiters.watch_once()
        self.assertTrue(self.ask())

    def test_the_queue_cannot_be_reached(self):
        self.now += waiting.LONGEST
        with mock.patch.object(self.stores, 'known', return_value={}):
            self.waiters.watch_once()
        self.assertTrue(self.ask())

    def test_the_catalogue_is_gone(self):
        self.now += waiting.LONGEST
        with mock.patch.object(self.stores, 'known', side_effect=exception.StorageUnavailable):
            self.assertRaises(exception.StorageUnavailable, self.waiters.watch_once)
        self.assertTrue(self.ask())

    def test_the_database_is_gone(self):
        with mock.patch.object(self.store, 'written', side_effect=exception.StorageUnavailable):
            self.waiters.watch_once()
        self.assertTrue(self.ask())
