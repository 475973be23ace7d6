"""How many messages are where, counted a bounded part at a time."""

from tests.storage.contract import support


class Backlog(support.Contract):

    def setUp(self):
        super().setUp()
        self.backlog = self.store.backlog

    def tour(self, limit):
        """Count everything: {queue id: (free, held)}, and in how many looks."""
        counts, after, looks = {}, 0, 0
        while after is not None:
            found, after = self.backlog.count(after, limit)
            self.assertEqual(set(), set(found) & set(counts))
            counts |= found
            looks += 1
            self.assertLess(looks, 100)
        return counts, looks

    def queues(self, *sizes):
        queues = [self.new_queue() for _ in sizes]
        for queue, size in zip(queues, sizes, strict=True):
            if size:
                self.post(queue, *support.several(size))
        return queues

    def test_nothing(self):
        self.queues(0, 0)
        self.assertEqual(({}, None), self.backlog.count(0, 10))

    def test_all_in_one_look(self):
        one, _, two = self.queues(3, 0, 1)
        self.assertEqual(({one.id: (3, 0), two.id: (1, 0)}, None), self.backlog.count(0, 10))

    def test_only_later_queues(self):
        one, two = self.queues(1, 2)
        self.assertEqual(({two.id: (2, 0)}, None), self.backlog.count(one.id, 10))
        self.assertEqual(({}, None), self.backlog.count(two.id, 10))

    def test_a_tour_counts_each_queue_once_and_right(self):
        queues = self.queues(2, 3, 1, 4, 2, 2, 1)
        expected = {queue.id: (size, 0) for queue, size in zip(
            queues, (2, 3, 1, 4, 2, 2, 1), strict=True)}
        for limit in (5, 6, 15, 16):
            counts, looks = self.tour(limit)
            self.assertEqual(expected, counts, limit)
            self.assertLessEqual(looks, 1 + 15 // (limit - 4), limit)

    def test_a_long_queue_is_counted_no_further_than_the_limit(self):
        one, long, two = self.queues(1, 30, 2)
        counts, looks = self.tour(10)
        self.assertEqual({one.id: (1, 0), long.id: (10, 0), two.id: (2, 0)}, counts)
        self.assertEqual(3, looks)

    def test_held_are_those_with_a_live_claim_or_a_delay(self):
        queue, = self.queues(5)
        self.post(queue, support.new(delay=300))
        self.claim(queue, limit=2, ttl=60)
        self.assertEqual({queue.id: (3, 3)}, self.tour(100)[0])
        self.clock.move(60)
        self.assertEqual({queue.id: (5, 1)}, self.tour(100)[0])
        self.clock.move(240)
        self.assertEqual({queue.id: (6, 0)}, self.tour(100)[0])

    def test_what_is_over_counts_until_it_is_swept(self):
        purged, expired = self.queues(3, 0)
        self.post(expired, support.new(ttl=60))
        self.store.streams.purge(purged)
        self.clock.move(61)
        self.sweep_all()
        self.assertEqual({}, self.tour(100)[0])
        self.assertEqual({}, self.backlog.oldest([purged.id, expired.id]))

    def test_oldest(self):
        one, empty, two = self.queues(1, 0, 0)
        self.clock.move(5)
        self.post(one, 'later')
        self.post(two, '1')
        self.clock.move(2.5)
        self.assertEqual({one.id: 7500, two.id: 2500},
                         self.backlog.oldest([one.id, empty.id, two.id]))
        self.claim(one, limit=1)
        self.assertEqual({one.id: 7500}, self.backlog.oldest([one.id]))

    def test_oldest_leaves_out_what_was_purged(self):
        queue, = self.queues(1)
        self.store.streams.purge(queue)
        self.assertEqual({}, self.backlog.oldest([queue.id]))
        queue = self.reopened(queue)
        self.clock.move(1)
        self.post(queue, 'new')
        self.clock.move(1)
        self.assertEqual({queue.id: 1000}, self.backlog.oldest([queue.id]))

    def test_names(self):
        queue = self.new_queue('name', project='project', _some=1)
        found = self.store.queues.named([queue.id, queue.id + 1000])
        self.assertEqual({queue.id: ('project', 'name', {'_some': 1})}, {
            id: (it.project, it.name, it.metadata) for id, it in found.items()})

    def test_connections_in_use(self):
        self.assertEqual(0, self.store.connections())
