"""Limits that are remembered, and usage that is kept per process: with time in our hand."""

import threading

from marconi.core import counting
from marconi.core import tally
from marconi import exception
from marconi import objects
from marconi import quota
from marconi.quota import memory
from tests import base

LIFETIME = 60


class MemoryTest(base.TestCase):
    """A memory whose background is asked by the test, and not by its thread."""

    def setUp(self):
        super().setUp()
        self.now = 1000.0
        self.asked = []
        self.gone = False
        self.limit = 10
        self.memory = memory.Memory(self.ask, quota.Limits(queues=7), LIFETIME,
                                    clock=lambda: self.now)
        self.memory._refresher = threading.current_thread()  # it is there, and does nothing

    def ask(self, project):
        self.asked.append(project)
        if self.gone:
            raise exception.LimitsUnavailable(reason='gone')
        return quota.Limits(queues=self.limit)

    def queues(self, project='red'):
        return self.memory.of(project).queues

    def test_asked_once(self):
        self.assertEqual([10, 10], [self.queues(), self.queues()])
        self.assertEqual(['red'], self.asked)
        self.queues('blue')
        self.assertEqual(['red', 'blue'], self.asked)

    def test_refreshed_in_the_background_from_half_the_lifetime_on(self):
        self.queues()
        self.limit = 11
        self.now += LIFETIME / 2
        self.assertEqual([10, 10], [self.queues(), self.queues()])
        self.assertEqual(1, len(self.asked))
        self.memory.refresh_once()
        self.assertEqual(2, len(self.asked))
        self.memory.refresh_once()
        self.assertEqual(2, len(self.asked))
        self.assertEqual(11, self.queues())

    def test_never_older_than_the_lifetime(self):
        self.queues()
        self.limit = 11
        self.now += LIFETIME - 0.001
        self.assertEqual(10, self.queues())
        self.now += 0.001
        self.assertEqual(11, self.queues())
        self.memory.refresh_once()
        self.assertEqual(11, self.queues())

    def test_age_counts_from_the_question_not_from_the_answer(self):
        ask = self.memory._ask

        def slow(project):
            self.now += LIFETIME - 1
            return ask(project)
        self.memory._ask = slow
        self.assertEqual(10, self.queues())
        self.limit = 11
        self.now += 1
        self.assertEqual(11, self.queues())

    def test_one_after_the_other(self):
        self.queues('red'), self.queues('blue')
        self.now += LIFETIME / 2
        self.queues('blue'), self.queues('red'), self.queues('blue')
        self.memory.refresh_once()
        self.assertEqual(['blue'], self.asked[2:])
        self.memory.refresh_once()
        self.assertEqual(['blue', 'red'], self.asked[2:])

    def test_while_there_is_no_answer_the_last_known_limits_go_on(self):
        self.queues()
        self.gone = True
        for _ in range(3):
            self.now += LIFETIME
            self.assertEqual(10, self.queues())
        self.assertEqual(2, len(self.asked))  # then nobody waits in vain
        self.memory.refresh_once()
        self.assertEqual(3, len(self.asked))
        self.assertEqual(1, self.log.output.count('gone'))

    def test_what_the_configuration_says_while_nothing_is_known(self):
        self.gone = True
        self.assertEqual([7, 7, 7], [self.queues(), self.queues('blue'), self.queues()])
        self.assertEqual(['red'], self.asked)

    def test_back_again(self):
        self.queues()
        self.gone = True
        self.now += LIFETIME
        self.assertEqual([10, 7], [self.queues(), self.queues('blue')])
        self.gone, self.limit = False, 11
        self.assertEqual([10, 7], [self.queues(), self.queues('blue')])
        self.memory.refresh_once()
        self.assertFalse(self.memory.down)
        self.assertEqual([11, 11], [self.queues(), self.queues('blue')])
        self.assertIn('again', self.log.output)

    def test_somebody_goes_on_asking_although_nobody_wants_to_know(self):
        self.gone = True
        self.queues()
        for number in range(2, 5):
            self.memory.refresh_once()
            self.assertEqual(number, len(self.asked))

    def test_a_crowd_asks_once(self):
        entered, answer = threading.Event(), threading.Event()
        ask = self.memory._ask

        def wait(project):
            entered.set()
            answer.wait(30)
            return ask(project)
        self.memory._ask = wait
        found = []
        crowd = [threading.Thread(target=lambda: found.append(self.queues())) for _ in range(8)]
        for thread in crowd:
            thread.start()
        entered.wait(30)
        answer.set()
        for thread in crowd:
            thread.join(30)
        self.assertEqual(([10] * 8, ['red']), (found, self.asked))

    def test_bounded(self):
        self.patch(memory, 'MOST_REMEMBERED', 3)
        for number in range(5):
            self.queues(f'project-{number}')
        self.assertEqual(3, len(self.memory._entries))


class TestBackground(base.TestCase):

    def test_the_thread_refreshes_and_ends(self):
        asked = threading.Semaphore(0)

        def ask(project):
            asked.release()
            return quota.NONE
        now = 1000.0
        learnt = memory.Memory(ask, quota.NONE, 60, clock=lambda: now)
        learnt.of('red')
        self.assertTrue(asked.acquire(timeout=30))
        now += 30
        learnt.of('red')
        self.assertTrue(asked.acquire(timeout=30))
        learnt.close()
        learnt._refresher.join(30)
        self.assertFalse(learnt._refresher.is_alive())


class FakeUsage:
    """The control database, as far as the tally sees it."""

    def __init__(self):
        self.rows = {}
        self.gone = False
        self.calls = 0

    def get(self, project):
        self.calls += 1
        if self.gone:
            raise exception.StorageUnavailable()
        return objects.Usage(**self.rows[project]) if project in self.rows else None

    def add(self, changes):
        self.calls += 1
        if self.gone:
            raise exception.StorageUnavailable()
        for project, (messages, size) in changes.items():
            row = self.rows.setdefault(project, {'messages': 0, 'bytes': 0})
            row['messages'] += messages
            row['bytes'] += size
        return {project: objects.Usage(**self.rows[project]) for project in changes}


class TestTally(base.TestCase):

    limits = quota.Limits(messages=10, message_bytes=1000)

    def setUp(self):
        super().setUp()
        self.usage = FakeUsage()
        self.tally = self.new_tally()

    def new_tally(self):
        made = tally.Tally(self.usage, interval=3600)
        self.addCleanup(made.close)
        return made

    def take(self, messages, bytes=0, of=None):
        return (of or self.tally).exceeded('red', self.limits, messages, bytes, take=True)

    def test_up_to_the_limit(self):
        self.assertIsNone(self.take(10, 1000))
        self.assertEqual(('messages', 10, 10, 1), self.take(1))
        self.tally.free('red', 1, 100)
        self.assertEqual(('message_bytes', 1000, 900, 101), self.take(1, 101))
        self.assertIsNone(self.take(1, 100))

    def test_asking_takes_nothing(self):
        for _ in range(3):
            self.assertIsNone(self.tally.exceeded('red', self.limits, 10, 1000))
        self.assertEqual(('messages', 10, 0, 11),
                         self.tally.exceeded('red', self.limits, 11, 0))

    def test_no_statement_between_two_rounds(self):
        self.take(1)
        calls = self.usage.calls
        for _ in range(5):
            self.take(1)
            self.tally.free('red', 1)
        self.assertEqual(calls, self.usage.calls)

    def test_others_are_seen_after_both_have_synced(self):
        other = self.new_tally()
        self.take(6)
        self.assertIsNone(self.take(6, of=other))  # the lag
        self.tally.sync()
        other.sync()
        self.assertEqual(('messages', 10, 12, 1), self.take(1, of=other))
        self.assertEqual(('messages', 10, 6, 5), self.take(5))
        self.tally.sync()
        self.assertEqual(('messages', 10, 12, 1), self.take(1))

    def test_a_new_process_knows_what_there_is(self):
        self.take(10)
        self.tally.sync()
        self.assertEqual(('messages', 10, 10, 1), self.take(1, of=self.new_tally()))

    def test_what_is_posted_while_it_is_written_down(self):
        add = self.usage.add

        def slow(changes):
            self.take(3, 30)
            return add(changes)
        self.take(2, 20)
        self.usage.add = slow
        self.tally.sync()
        self.usage.add = add
        self.assertEqual({'messages': 2, 'bytes': 20}, self.usage.rows['red'])
        self.assertEqual((3, 30), self.tally.new('red'))
        self.tally.sync()
        self.assertEqual({'messages': 5, 'bytes': 50}, self.usage.rows['red'])
        self.assertEqual(('messages', 10, 5, 6), self.take(6))

    def test_a_database_that_is_gone_costs_nothing(self):
        self.usage.gone = True
        self.assertIsNone(self.take(4))
        self.assertRaises(exception.StorageUnavailable, self.tally.sync)
        self.assertIsNone(self.take(4))
        self.usage.gone = False
        self.usage.rows['red'] = {'messages': 1, 'bytes': 0}
        self.tally.sync()
        self.assertEqual(('messages', 10, 9, 2), self.take(2))

    def test_deletions_count_as_average_messages(self):
        self.take(4, 400)
        self.tally.free('red', 1)
        self.assertEqual((3, 300), self.tally.new('red'))
        self.tally.free('red', 9)  # more than it knows of
        self.assertEqual((-6, 0), self.tally.new('red'))

    def test_idle_projects_are_forgotten(self):
        self.take(1)
        for _ in range(tally.ROUNDS):
            self.tally.sync()
        self.assertEqual(['red'], list(self.tally._entries))
        self.tally.sync()
        self.assertEqual([], list(self.tally._entries))
        self.assertEqual(('messages', 10, 1, 10), self.take(10))

    def test_closing_writes_down_what_is_left(self):
        self.take(3, 33)
        self.tally.close()
        self.assertEqual({'messages': 3, 'bytes': 33}, self.usage.rows['red'])
        self.tally._thread.join(30)
        self.assertFalse(self.tally._thread.is_alive())

    def test_a_crowd_does_not_cross_the_limit(self):
        self.limits = quota.Limits(messages=500)
        taken = []

        def crowd():
            for _ in range(200):
                if self.take(1) is None:
                    taken.append(1)
                self.tally.sync()
        threads = [threading.Thread(target=crowd) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual(500, len(taken))
        self.assertEqual(500, self.usage.rows['red']['messages'])


class TestShown(base.TestCase):

    def test_counting_takes_a_small_part_of_the_time(self):
        now, counts = 0.0, []

        def pages(*args):
            nonlocal now
            counts.append(args)
            now += 2
            yield 3, 33
        self.patch(counting, 'pages', pages)
        shown = counting.Shown(None, clock=lambda: now)
        for _ in range(3):
            self.assertEqual(objects.Usage(messages=3, bytes=33), shown.of('red'))
        now += 2 / counting.SHARE - 0.1
        shown.of('red')
        self.assertEqual(1, len(counts))
        now += 0.1
        shown.of('red')
        self.assertEqual(2, len(counts))
