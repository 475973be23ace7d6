"""Usage as one process knows it, and counts that are shown for a while."""

import threading

from marconi.core import counting
from marconi.core import tally
from marconi import exception
from marconi import objects
from marconi import quota
from tests import base


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
