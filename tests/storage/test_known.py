"""What a process remembers of where there is nothing free: only what is committed."""

import sqlalchemy as sa

from marconi import exception
from marconi import objects
from marconi.storage.sqlalchemy import known
from marconi.storage.sqlalchemy import store as our_store
from marconi.storage.sqlalchemy import tables
from tests import base
from tests.storage import probes
from tests.storage.contract import support


class Boom(Exception):
    """The transaction fails at its end."""


class Queue(base.OnEveryDatabase, base.TestCase):
    """A store with a queue."""

    def setUp(self):
        super().setUp()
        self.url = self.database_url()
        self.clock = support.Clock()
        self.store = self.process()
        self.store.queues.create('project', 'queue', {})
        self.queue = self.store.streams.open(self.store.queues.get('project', 'queue'))

    def process(self):
        """Return what another process has."""
        store = our_store.Store(self.url, clock=self.clock)
        self.addCleanup(store.dispose)
        return store

    def post(self, count):
        return self.store.messages.post(self.queue, support.several(count), 'client')

    def claimed(self, store, ttl=60, limit=10):
        """Claim, and return the ids of the messages."""
        claim = store.claims.create(self.queue, ttl, 60, limit)
        return [message.id for message in claim.messages] if claim else []

    def due_after(self, store):
        return store.free.known.get(self.queue).due_after

    def know(self, store):
        """Let a process learn that nothing is due."""
        for _ in range(2):  # the first may find something
            self.post(1)
            self.assertEqual(1, len(self.claimed(store, ttl=3600)))
        self.assertEqual(self.clock() - known.MARGIN, self.due_after(store))


class TestFresh(Queue):

    def test_a_group_of_claims_that_is_rolled_back(self):
        # Each claim of the group sees those before it; nobody else ever does.
        ids, claims = self.post(6), self.store.claims

        def failing(connection):
            claims._create_group.__wrapped__(claims, connection, [(self.queue, 60, 60, 1)] * 4)
            raise Boom

        self.assertRaises(Boom, self.store.database.write, failing)
        self.assertEqual(ids, self.claimed(self.store))


class TestDue(Queue):

    def test_what_comes_back_after_a_look(self):
        ids = self.post(3)
        self.assertEqual(ids, self.claimed(self.store))
        self.know(self.store)
        self.clock.move(61)
        self.assertEqual(ids, [message.id for message in self.store.messages.list(self.queue)])
        self.assertEqual(ids, self.claimed(self.store))

    def test_an_empty_queue(self):
        self.assertEqual([], self.claimed(self.store))
        self.assertEqual(self.clock() - known.MARGIN, self.due_after(self.store))

    def test_what_is_due_and_not_wanted_stays_due(self):
        ids = self.post(60)
        self.assertEqual(ids, self.claimed(self.store, limit=60))
        self.know(self.store)
        self.clock.move(61)
        found = []
        while len(found) < len(ids):
            self.clock.move(known.MARGIN / 1000)
            found += self.claimed(self.store, ttl=3600, limit=7)
        self.assertEqual(ids, found)

    def test_a_clock_that_is_set_back(self):
        self.know(self.store)
        self.clock.move(-7200)
        ids = self.post(1)
        self.assertEqual(ids, self.claimed(self.store))
        self.clock.move(61)
        self.assertEqual(ids, self.claimed(self.store))


class TestBottom(Queue):

    def bottom(self, store):
        return store.free.known.get(self.queue).bottom

    def listed(self, store):
        return [message.id for message in store.messages.list(self.queue, limit=100)]

    def test_what_is_left_and_what_comes(self):
        ids = self.post(6)
        for gone in range(6):
            self.assertEqual(ids[gone:], self.listed(self.store))
            self.store.messages.delete(self.queue, ids[gone])
        self.assertEqual([], self.listed(self.store))
        more = self.post(2)
        self.assertEqual(more, self.listed(self.store))

    def test_an_empty_queue_that_was_worked_off(self):
        ids = self.post(3)
        for id in ids:
            self.assertEqual([id], self.claimed(self.store, limit=1))
            self.store.messages.delete_many(self.queue, [id])
        self.assertEqual([], self.listed(self.store))
        self.assertGreater(self.bottom(self.store), 0)
        self.assertEqual({}, self.store.messages.signals([self.queue]))
        more = self.post(2)
        self.assertEqual(more, self.listed(self.store))
        [signal] = self.store.messages.signals([self.queue]).values()
        self.assertTrue(signal.ready)

    def test_what_appears_below_is_found_in_the_end(self):
        # As after the failure of a node of a cluster, when the next one is behind.
        [first, second] = self.post(2)
        self.store.messages.delete(self.queue, first)
        self.assertEqual([second], self.listed(self.store))
        with self.store.database._transaction() as connection:
            connection.execute(sa.update(tables.messages).values(
                seq=tables.messages.c.seq - 1))
        self.assertEqual([], self.listed(self.store))
        self.clock.move(known.FORGET / 1000)
        self.assertEqual(1, len(self.listed(self.store)))

    def test_own_ones_that_are_not_shown_are_there(self):
        ids = self.post(3)
        self.assertEqual([], self.store.messages.list(self.queue, skip_client='client'))
        self.assertEqual(ids, self.listed(self.store))

    def test_a_dead_letter_that_comes_home(self):
        self.store.queues.create('project', 'other', {})
        away = self.store.streams.open(self.store.queues.get('project', 'other'))
        ids = self.post(1)
        other = self.process()
        for queue, target in ((self.queue, away), (away, self.queue)):
            self.assertIsNotNone(self.store.claims.create(queue, 60, 60, 10))
            self.clock.move(61)
            self.assertIsNone(self.store.claims.create(
                queue, 60, 60, 10, objects.DeadLetters(queue=target, max_claims=1)))
            if target is away:
                self.post(1)
                later = self.claimed(other)
                self.assertEqual(1, len(self.listed_all(other)))
                other.messages.delete_many(self.queue, later)
                self.assertEqual([], self.listed(other))
        [signal] = other.messages.signals([self.queue]).values()
        self.assertTrue(signal.ready)
        self.assertRaises(exception.StaleQueue, other.messages.list, self.queue)
        self.queue = other.streams.open(other.queues.get('project', 'queue'))
        self.assertEqual(ids, self.listed(other))

    def listed_all(self, store):
        return store.messages.list(self.queue, include_claimed=True)


class TestHidden(Queue):

    def listed(self, **options):
        """List, and return (ids, number of statements)."""
        with probes.statements(self.store) as seen:
            found = self.store.messages.list(self.queue, **options)
        return [message.id for message in found], len(seen)

    def test_pages_with_claimed_messages(self):
        ids = self.post(6)
        self.assertEqual(ids[:2], self.claimed(self.store, limit=2))
        # Looked at twice, because it has some; then it is known, for a while.
        costs = []
        for _ in range(2 * known.TRUST):
            found, statements = self.listed(limit=3)
            self.assertEqual(ids[2:5], found)
            costs.append(statements)
        self.assertEqual([2, *[1] * known.TRUST, 2], costs[:known.TRUST + 2])
        self.assertEqual((ids[4:], 1), self.listed(marker=ids[3]))
        self.assertEqual((ids, 1), self.listed(include_claimed=True))

    def test_what_comes_back_is_shown(self):
        ids = self.post(3)
        claim = self.store.claims.create(self.queue, 60, 60, 2)
        self.assertEqual(ids[2:], self.listed()[0])
        self.store.claims.release(self.queue, claim.id)
        for _ in range(known.TRUST + 2):
            self.assertEqual((ids, 1), self.listed())


class TestLateCommit(Queue):

    # SQLite has one writer at a time.
    scenarios = [scenario for scenario in base.OnEveryDatabase.scenarios
                 if scenario[0] != 'sqlite']

    def test_a_claim_that_is_committed_late(self):
        # It reads the clock, and then its process is held up; others claim meanwhile.
        other = self.process()
        self.know(other)
        [late] = self.post(1)
        with self.store.database._transaction() as connection:
            claim = self.store.claims._create(connection, self.queue, 1, 60, 1, None)
            self.clock.move(1 + 2 * known.MARGIN / 1000)
            self.know(other)
        self.assertLess(claim.messages[0].read_at + 1000, self.due_after(other))
        self.clock.move(known.FORGET / 1000)
        self.assertEqual([late], self.claimed(other))


class TestOpenTransaction(Queue):

    # The others have no statement that tells how many pages it has read.
    scenarios = [scenario for scenario in base.OnEveryDatabase.scenarios
                 if scenario[0] == 'postgresql']

    def setUp(self):
        super().setUp()
        connection = self.enterContext(self.store.engine.connect())
        connection.exec_driver_sql('BEGIN ISOLATION LEVEL REPEATABLE READ')
        connection.exec_driver_sql('SELECT count(*) FROM messages')

    def work(self, cycles):
        """Claim and delete, and let the deadlines of these claims pass."""
        for _ in range(cycles):
            self.ids = self.post(100)
            claim = self.store.claims.create(self.queue, 60, 60, 100)
            self.store.messages.delete_many(
                self.queue, [message.id for message in claim.messages])
        self.clock.move(90)
        while self.store.sweeps.expired_claims(1000):
            pass
        self.store.messages.list(self.queue)
        self.know(self.store)

    def pages(self, operation):
        """Return how many pages the statements of an operation touch."""
        with probes.statements(self.store) as seen:
            operation()
        with self.store.engine.connect() as connection:
            connection.exec_driver_sql('BEGIN')
            try:
                return sum(probes.pages(connection, *found) for found in seen
                           if found[0] not in ('BEGIN', 'COMMIT'))
            finally:
                connection.exec_driver_sql('ROLLBACK')

    def test_nothing_walks_over_what_is_long_gone(self):
        operations = {
            'post': lambda: self.post(1),
            'claim': lambda: self.claimed(self.store, ttl=3600, limit=1),
            'claim of what is not there': lambda: self.claimed(self.store),
            'list': lambda: self.store.messages.list(self.queue),
            'list from a marker': lambda: self.store.messages.list(
                self.queue, marker=self.ids[-2]),
            'signals': lambda: self.store.messages.signals([self.queue]),
            'pop': lambda: self.store.messages.pop(self.queue, 10),
        }
        self.work(2)
        few = {name: self.pages(operation) for name, operation in operations.items()}
        self.work(50)
        many = {name: self.pages(operation) for name, operation in operations.items()}
        self.assertEqual({}, {name: (count, few[name]) for name, count in many.items()
                              if count > few[name] + 20})
