"""What projects use: adding, counting, and both at the same time; measuring queues."""

import threading

from tests.storage.contract import support


def figures(usage):
    return usage and (usage.messages, usage.bytes, usage.counted)


class Usage(support.Contract):

    def setUp(self):
        super().setUp()
        self.usage = self.store.usage

    def kept(self, project):
        return figures(self.usage.get(project))

    def count(self, messages=0, bytes=0, seconds=60):
        """Make the count that is due, with this result."""
        count = self.begin()
        self.usage.finish_count(count, messages, bytes, seconds)
        return count.project

    def begin(self):
        """The count that is due, whether it was asked for or its time is up."""
        return self.usage.begin_count(True) or self.usage.begin_count(False)

    def test_nothing_is_kept_of_projects_that_nobody_added(self):
        self.usage.mark('red')
        self.assertIsNone(self.kept('red'))
        self.assertIsNone(self.begin())

    def test_added(self):
        self.assertEqual({'red': (2, 30, False), 'blue': (0, 0, False)}, {
            project: figures(usage)
            for project, usage in self.usage.add({'red': (2, 30), 'blue': (0, 0)}).items()})
        found = self.usage.add({'red': (-3, -31)})
        self.assertEqual((-1, -1, False), figures(found['red']))
        self.assertEqual((-1, -1, False), self.kept('red'))
        self.assertEqual((0, 0, False), self.kept('blue'))

    def test_projects_are_told_apart_byte_by_byte(self):
        self.usage.add({'red': (1, 1), 'RED': (2, 2), 'red ': (3, 3), '': (4, 4), 'réd': (5, 5)})
        for project, number in (('red', 1), ('RED', 2), ('red ', 3), ('', 4), ('réd', 5)):
            self.assertEqual((number, number, False), self.kept(project))

    def test_nothing_to_add_tells_what_others_added(self):
        self.usage.add({'red': (0, 0)})
        self.open_store(self.clock).usage.add({'red': (5, 50)})
        self.assertEqual((5, 50, False), figures(self.usage.add({'red': (0, 0)})['red']))

    def test_new_projects_are_counted_first(self):
        self.usage.add({'red': (1, 10)})
        self.assertEqual('red', self.count(7, 70))
        self.assertEqual((7, 70, True), self.kept('red'))
        self.assertIsNone(self.begin())

    def test_counted_again_when_it_is_time(self):
        self.usage.add({'red': (1, 10)})
        self.count(seconds=60)
        self.clock.move(59.999)
        self.assertIsNone(self.begin())
        self.clock.move(0.001)
        self.assertEqual('red', self.count())

    def test_the_most_overdue_is_counted_first(self):
        self.usage.add({'red': (1, 1), 'blue': (1, 1)})
        first, second = self.count(seconds=50), self.count(seconds=40)
        self.assertEqual({'red', 'blue'}, {first, second})
        self.clock.move(60)
        self.assertEqual([second, first], [self.count(), self.count()])

    def test_at_once_when_marked(self):
        self.usage.add({'red': (1, 1), 'blue': (1, 1)})
        self.count(), self.count()
        self.clock.move(3600)
        self.usage.mark('blue')
        self.assertEqual((0, 0, False), self.kept('blue'))
        self.assertEqual(['blue', 'red'], [self.count(), self.count()])

    def test_the_one_that_was_asked_for_first(self):
        self.usage.add({'red': (1, 1), 'blue': (1, 1), 'green': (1, 1)})
        for _ in range(3):
            self.count(seconds=10)
        for project in ('red', 'blue', 'red'):
            self.clock.move(1)
            self.usage.mark(project)
        self.clock.move(10)
        self.assertEqual('green', self.usage.begin_count(False).project)
        self.assertEqual('blue', self.usage.begin_count(True).project)
        self.assertEqual(['blue', 'red', 'green'], [self.count() for _ in range(3)])

    def test_what_is_added_during_a_count_is_kept(self):
        self.usage.add({'red': (10, 100)})
        count = self.begin()
        self.assertEqual((10, 100, self.clock()), (count.messages, count.bytes, count.began_at))
        self.usage.add({'red': (3, 33)})
        self.usage.finish_count(count, 8, 80, 60)
        self.assertEqual((11, 113, True), self.kept('red'))

    def test_marked_during_a_count(self):
        self.usage.add({'red': (10, 100)})
        count = self.begin()
        self.usage.mark('red')
        self.usage.finish_count(count, 8, 80, 60)
        self.assertEqual((8, 80, False), self.kept('red'))
        self.assertEqual('red', self.count(0, 0))
        self.assertEqual((0, 0, True), self.kept('red'))

    def test_an_abandoned_count_is_void(self):
        self.usage.add({'red': (10, 100)})
        abandoned = self.begin()
        self.clock.move(1)
        self.assertEqual('red', self.count(8, 80))
        self.usage.finish_count(abandoned, 8, 80, 60)
        self.usage.forget(abandoned)
        self.assertEqual((8, 80, True), self.kept('red'))

    def test_a_count_that_was_not_possible(self):
        self.usage.add({'red': (10, 100)})
        self.usage.finish_count(self.begin(), None, None, 60)
        self.assertEqual((10, 100, True), self.kept('red'))
        self.assertIsNone(self.begin())

    def test_forgotten(self):
        self.usage.add({'red': (10, 100)})
        self.usage.forget(self.begin())
        self.assertIsNone(self.kept('red'))
        self.assertIsNone(self.begin())

    def test_many_add_at_the_same_time(self):
        stores = [self.open_store(self.clock) for _ in range(4)]
        projects = [f'project-{number}' for number in range(5)]
        errors = []

        def add(store):
            try:
                for number in range(20):
                    store.usage.add({project: (1, 10) for project in projects[number % 3:]})
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=add, args=(store,)) for store in stores]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([], errors)
        self.assertEqual([(28, 280), (56, 560), (80, 800), (80, 800), (80, 800)],
                         [self.kept(project)[:2] for project in projects])


class Measuring(support.Contract):

    def measured(self, queue, limit=1000, until=None):
        """(messages, bytes, pages) of all pages."""
        messages = size = pages = position = 0
        while position is not None:
            more, more_bytes, position = self.messages.measure(queue, position, limit, until)
            messages, size, pages = messages + more, size + more_bytes, pages + 1
        return messages, size, pages

    def test_an_empty_queue(self):
        self.assertEqual((0, 0, None), self.messages.measure(self.new_queue()))

    def test_all_that_is_there(self):
        queue, other = self.new_queue(), self.new_queue()
        self.post(queue, 'a', 'bcd', support.new('é', delay=60), support.new(bytes(100_000)))
        self.post(other, 'other')
        self.claim(queue, limit=2)
        self.assertEqual((4, 100_006, 1), self.measured(queue))

    def test_pages(self):
        queue = self.new_queue()
        self.post(queue, *support.several(10))
        self.assertEqual([(10, 10, 4), (10, 10, 3), (10, 10, 2), (10, 10, 1)],
                         [self.measured(queue, limit) for limit in (3, 4, 9, 11)])
        messages, size, position = self.messages.measure(queue, limit=10)
        self.assertEqual((0, 0, None), self.messages.measure(queue, position))

    def test_what_is_gone_does_not_count(self):
        queue = self.new_queue()
        self.post(queue, 'purged', 'purged')
        self.store.streams.purge(queue)
        remembered, queue = queue, self.reopened(queue)
        ids = self.post(queue, support.new('expires', ttl=60), 'deleted', 'stays')
        self.messages.delete(queue, ids[1])
        self.clock.move(60)
        self.assertEqual((1, 5, 1), self.measured(queue))
        self.assertEqual((1, 5, 1), self.measured(remembered))
        self.assertEqual((1, 5), self.measured(queue, limit=1)[:2])
        self.store.streams.close(queue)
        self.assertEqual((0, 0, 1), self.measured(queue))

    def test_what_was_posted_later_is_left_out(self):
        queue = self.new_queue()
        self.post(queue, 'a')
        began = self.clock()
        self.clock.move(0.001)
        self.post(queue, 'late')
        self.assertEqual((1, 1, 1), self.measured(queue, until=began))
        self.assertEqual((2, 5, 1), self.measured(queue))

    def test_deletions_tell_how_many(self):
        queue = self.new_queue()
        ids = self.post(queue, *support.several(5))
        claim = self.claim(queue, limit=1)
        self.assertEqual(1, self.messages.delete(queue, ids[0], claim.id))
        self.assertEqual(0, self.messages.delete(queue, ids[0]))
        self.assertEqual(0, self.messages.delete(queue, 'nonsense'))
        self.assertEqual(1, self.messages.delete(queue, ids[1]))
        self.assertEqual(2, self.messages.delete_many(queue, [*ids[:4], 'nonsense']))
        self.assertEqual(0, self.messages.delete_many(queue, ['nonsense']))
