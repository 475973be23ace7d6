"""Recounting what projects use, while others post and delete."""

import threading

from marconi.core import counting
from marconi.core import tally
from marconi import exception
from marconi import quota
from marconi.storage.sqlalchemy import store
from marconi.storage import stores
from tests import base
from tests.storage.contract import support

INTERVAL = 60


class CountingTest(base.OnEveryDatabase, base.TestCase):

    def setUp(self):
        super().setUp()
        self.clock, self.ticks = support.Clock(), 0
        self.store = store.Store(self.database_url(), clock=self.clock)
        self.addCleanup(self.store.dispose)
        self.stores = stores.Stores(self.store)
        self.limits = {}
        self.usage = self.store.usage
        self.recount = self.new_recount()

    def of(self, project):
        """As what tells the limits of projects."""
        return self.limits.get(project, quota.Limits(messages=1000))

    def new_recount(self):
        return counting.Recount(self.stores, self, INTERVAL, turn=1, clock=self.tick)

    def tick(self):
        """A clock on which looking takes a tenth of what one turn may take."""
        self.ticks += counting.SHARE / 10
        return self.ticks

    def queue(self, name='alarms', project='red'):
        self.store.queues.create(project, name, {})
        return self.stores.find(project, name)

    def post(self, queue, *bodies, **fields):
        return self.store.messages.post(
            queue, [support.new(body, **fields) for body in bodies], 'client')

    def finish(self, batch=1000):
        """Count all that is due; return how many turns it took."""
        for turns in range(1, 1000):
            if self.recount.work(batch):
                continue
            if self.recount._count is None:
                return turns
        self.fail('it never ends')

    def known(self, project='red'):
        usage = self.usage.get(project)
        return usage and (usage.messages, usage.bytes)

    def test_all_queues_of_a_project(self):
        for number in range(counting.QUEUES + 5):
            self.post(self.queue(f'queue-{number}'), 'a', 'bcd')
        self.post(self.queue(project='blue'), 'other')
        self.usage.add({'red': (1, 1)})
        self.finish()
        self.assertEqual((210, 420), self.known())
        self.assertIsNone(self.known('blue'))

    def test_a_bounded_moment_at_a_time(self):
        self.post(self.queue(), *map(str, range(95)))
        self.usage.add({'red': (1, 1)})
        self.assertEqual(0, self.recount.work(5))
        self.assertEqual((1, 1), self.known())
        self.assertIn(self.finish(5), range(2, 5))
        self.assertEqual(95, self.known()[0])

    def test_posts_during_the_count_count_once(self):
        first, second = self.queue('a'), self.queue('b')
        self.post(first, *map(str, range(9)))
        self.post(second, *map(str, range(9)))
        counts = tally.Tally(self.usage, 3600)
        self.addCleanup(counts.close)
        self.usage.add({'red': (18, 18)})
        self.recount._begin(2)
        for number in range(12):
            self.clock.move(0.001)
            for queue in (first, second):
                counts.exceeded('red', self.of('red'), 1, 1, take=True)
                self.post(queue, 'x')
            if number % 2:
                counts.sync()
            if self.recount._count is not None:
                self.recount._step()
        while self.recount._count is not None:
            self.recount._step()
        counts.sync()
        self.assertEqual((18 + 24, 18 + 24), self.known())

    def test_what_is_not_written_down_when_the_count_begins_counts_twice_until_the_next(self):
        self.usage.add({'red': (0, 0)})
        self.post(self.queue(), 'a', 'b')
        self.finish()
        self.usage.add({'red': (2, 2)})
        self.assertEqual((4, 4), self.known())
        self.clock.move(INTERVAL)
        self.finish()
        self.assertEqual((2, 2), self.known())

    def test_deletions_behind_the_count_count_once(self):
        queue = self.queue()
        ids = self.post(queue, *'abcdefghij')
        self.usage.add({'red': (10, 10)})
        self.recount._begin(2)
        self.recount._step()
        self.store.messages.delete_many(queue, ids[:2])
        self.usage.add({'red': (-2, -2)})
        while self.recount._count is not None:
            self.recount._step()
        self.assertEqual((8, 8), self.known())

    def test_the_next_count_corrects_what_was_deleted_before_it_was_counted(self):
        queue = self.queue()
        ids = self.post(queue, *'abcdefghij')
        self.usage.add({'red': (10, 10)})
        self.recount._begin(2)
        self.store.messages.delete_many(queue, ids[5:])
        self.usage.add({'red': (-5, -5)})
        while self.recount._count is not None:
            self.recount._step()
        self.assertEqual((0, 0), self.known())  # off by as much, and not more
        self.clock.move(INTERVAL)
        self.finish()
        self.assertEqual((5, 5), self.known())

    def test_what_a_killed_process_did_not_write_down(self):
        queue = self.queue()
        self.usage.add({'red': (0, 0)})
        self.finish()
        self.post(queue, 'a', 'b')
        self.clock.move(INTERVAL)
        self.finish()
        self.assertEqual((2, 2), self.known())

    def test_what_expired_or_was_purged(self):
        queue = self.queue()
        self.post(queue, 'a', ttl=60)
        self.post(queue, 'b', ttl=3600)
        self.post(self.queue('purged'), 'c')
        self.usage.add({'red': (3, 3)})
        self.finish()
        self.assertEqual((3, 3), self.known())
        self.store.streams.purge(self.queue('purged'))
        self.usage.mark('red')
        self.clock.move(59)
        self.finish()
        self.assertEqual((2, 2), self.known())
        self.clock.move(INTERVAL)
        self.finish()
        self.assertEqual((1, 1), self.known())

    def test_projects_without_limits_are_forgotten(self):
        self.usage.add({'red': (3, 3), 'blue': (4, 4)})
        self.limits['red'] = quota.Limits(queues=5)
        self.finish()
        self.assertIsNone(self.known('red'))
        self.assertEqual((0, 0), self.known('blue'))

    def test_a_database_that_is_gone_holds_up_its_own_projects_only(self):
        self.post(self.queue(), 'a')
        self.post(self.queue(project='blue'), 'a', 'b')
        self.usage.add({'red': (5, 5)})
        self.clock.move(1)
        self.usage.add({'blue': (5, 5)})
        measure, refused = self.store.messages.measure, []

        def gone(queue, *args):
            if queue.project == 'red':
                refused.append(queue)
                raise exception.StorageUnavailable()
            return measure(queue, *args)
        self.store.messages.measure = gone
        for _ in range(2):
            try:
                self.finish()
            except exception.StorageUnavailable:
                pass
        self.assertEqual(([(5, 5), (2, 2)], 1),
                         ([self.known('red'), self.known('blue')], len(refused)))
        self.store.messages.measure = measure
        self.clock.move(INTERVAL)
        self.finish()
        self.assertEqual((1, 1), self.known('red'))

    def test_a_count_that_fails_is_no_count(self):
        self.post(self.queue(), 'a')
        self.usage.add({'red': (5, 5)})
        measure = self.store.messages.measure
        self.store.messages.measure = None
        self.assertRaises(TypeError, self.recount.work, 10)
        self.assertEqual((5, 5), self.known())
        self.store.messages.measure = measure
        self.finish()
        self.assertEqual((1, 1), self.known())

    def test_who_purges_again_and_again_does_not_keep_others_waiting(self):
        self.usage.add({'red': (0, 0), 'blue': (0, 0)})
        self.finish()
        self.usage.add({'blue': (5, 5)})  # which is not true
        self.clock.move(INTERVAL)
        for _ in range(4):
            self.clock.move(1)
            self.usage.mark('red')
            self.recount.work(2)  # one project
        self.assertEqual((0, 0), self.known('blue'))

    def test_two_janitors(self):
        for number in range(6):
            self.post(self.queue(project=f'project-{number}'), *map(str, range(7)))
            self.usage.add({f'project-{number}': (99, 99)})
        threads = [threading.Thread(target=lambda janitor: [janitor.work(2) for _ in range(30)],
                                    args=(self.new_recount(),)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual({(7, 7)}, {self.known(f'project-{number}') for number in range(6)})
