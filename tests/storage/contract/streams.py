"""What a pool knows of its queues."""

from marconi import exception
from tests.storage.contract import support


class Streams(support.Contract):

    def setUp(self):
        super().setUp()
        self.streams = self.store.streams

    def test_open_changes_generation_and_floor_only(self):
        self.store.queues.create('p', 'q', {'a': 1})
        queue = self.store.queues.get('p', 'q')
        opened = self.streams.open(queue)
        self.assertEqual(queue, opened.evolve(generation=queue.generation, floor=queue.floor))
        self.assertEqual(opened, self.streams.open(opened))
        self.assertEqual(opened, self.open_store().streams.open(queue))

    def test_open_is_needed_before_use(self):
        self.store.queues.create('p', 'q', {})
        queue = self.store.queues.get('p', 'q')
        self.assertRaises(exception.StaleQueue, self.post, queue, 'a')
        self.post(self.streams.open(queue), 'a')

    def test_touch_makes_others_look_again(self):
        queue = self.new_queue()
        self.post(queue, 'a')
        self.streams.touch(queue)
        stale = self.assertRaises(exception.StaleQueue, self.post, queue, 'b')
        self.assertEqual(queue.name, stale.name)
        queue = self.reopened(queue)
        self.post(queue, 'b')
        self.assertEqual(['a', 'b'], self.listed(queue))

    def test_touch_with_an_old_memory_still_tells_the_others(self):
        # Two processes change the metadata at once: the later touch counts too.
        queue = self.new_queue()
        self.streams.touch(queue)
        between = self.reopened(queue)
        self.streams.touch(queue)
        self.assertRaises(exception.StaleQueue, self.post, between, 'a')

    def test_touch_of_a_closed_queue(self):
        queue = self.new_queue()
        self.streams.close(queue)
        self.streams.touch(queue)
        self.assertIsNone(self.reopened(queue))

    def test_purge(self):
        queue, other = self.new_queue(), self.new_queue()
        old = self.post(queue, 'free', support.new('delayed', delay=60), 'free too')
        self.post(other, 'theirs')
        claim = self.claim(queue, limit=1)
        self.streams.purge(queue)
        queue = self.reopened(queue)
        self.assertEqual([], self.everything(queue))
        self.assertEqual([], self.messages.get(queue, old))
        self.assertEqual([], self.messages.pop(queue, 10))
        self.assertIsNone(self.claim(queue))
        stats = self.messages.stats(queue)
        self.assertEqual((0, 0, None, None),
                         (stats.free, stats.claimed, stats.oldest, stats.newest))
        try:
            self.assertEqual([], self.claims.get(queue, claim.id).messages)
        except exception.ClaimNotFound:
            pass
        self.assertEqual(['theirs'], self.listed(other))

    def test_purge_is_noticed_by_everybody(self):
        queue = self.new_queue()
        self.post(queue, 'a')
        self.streams.purge(queue)
        self.assertRaises(exception.StaleQueue, self.messages.list, queue)
        self.assertRaises(exception.StaleQueue, self.post, queue, 'b')

    def test_purged_messages_do_not_come_back_by_time(self):
        queue = self.new_queue()
        self.post(queue, support.new('delayed', delay=60), 'claimed')
        claim = self.claim(queue)
        self.streams.purge(queue)
        queue = self.reopened(queue)
        self.clock.move(61)
        self.assertEqual([], self.everything(queue))
        self.assertIsNone(self.claim(queue))
        self.claims.release(queue, claim.id)
        self.assertIsNone(self.claim(queue))
        self.sweep_all()
        self.assertIsNone(self.claim(queue))

    def test_purged_messages_may_be_deleted(self):
        queue = self.new_queue()
        [one, two] = self.post(queue, 'one', 'two')
        claim = self.claim(queue, limit=1)
        self.streams.purge(queue)
        queue = self.reopened(queue)
        self.messages.delete(queue, one)
        self.messages.delete(queue, one, claim.id)
        self.messages.delete(queue, two, claim.id)
        self.messages.delete_many(queue, [one, two])

    def test_what_is_posted_after_a_purge_stays(self):
        queue = self.new_queue()
        [marker] = self.post(queue, 'old')
        self.streams.purge(queue)
        queue = self.reopened(queue)
        self.post(queue, 'new')
        self.assertEqual(['new'], self.listed(queue))
        self.assertEqual(['new'], self.listed(queue, marker=marker))
        self.sweep_all()
        self.assertEqual(['new'], support.bodies(self.claim(queue).messages))

    def test_purge_of_an_empty_queue_and_again(self):
        queue = self.new_queue()
        for body in ('a', 'b'):
            self.streams.purge(queue)
            queue = self.reopened(queue)
            self.assertEqual([], self.everything(queue))
            self.post(queue, body)
            self.assertEqual([body], self.listed(queue))

    def test_close(self):
        queue, other = self.new_queue(), self.new_queue()
        self.post(queue, 'a', 'b')
        self.post(other, 'theirs')
        self.claim(queue, limit=1)
        self.streams.close(queue)
        self.assertIsNone(self.streams.open(queue))
        self.assertRaises(exception.StaleQueue, self.messages.list, queue)
        self.assertEqual(['theirs'], self.listed(other))

    def test_close_is_for_good(self):
        queue = self.new_queue()
        self.post(queue, 'a')
        self.streams.close(queue)
        self.sweep_all()
        self.clock.move(1800)
        self.sweep_all()
        self.assertRaises(exception.StaleQueue, self.post, queue, 'a')
        self.assertEqual({queue.id: None}, self.messages.signals([queue]))
        self.assertIsNone(self.reopened(queue))

    def test_close_twice_and_of_a_queue_that_was_never_opened(self):
        queue = self.new_queue()
        self.streams.close(queue)
        self.streams.close(queue)
        self.store.queues.create('p', 'unopened', {})
        queue = self.store.queues.get('p', 'unopened')
        self.streams.close(queue)
        self.assertEqual({}, self.messages.signals([queue]))

    def test_close_with_an_old_memory(self):
        queue = self.new_queue()
        self.streams.touch(queue)
        self.streams.close(queue)
        self.assertIsNone(self.streams.open(queue))

    def test_a_queue_made_again_is_empty_at_once(self):
        for _ in range(3):
            queue = self.new_queue('again')
            self.assertEqual([], self.everything(queue))
            self.assertIsNone(self.claim(queue))
            [id] = self.post(queue, 'a')
            self.assertEqual([id], support.ids(self.everything(queue)))
            claim = self.claim(queue)
            self.streams.close(queue)
            self.store.queues.delete(queue)
        queue = self.new_queue('again')
        self.assertEqual([], self.messages.get(queue, [id]))
        self.assertEqual([], self.messages.list(queue, marker=id))
        self.assertRaises(exception.ClaimNotFound, self.claims.get, queue, claim.id)
        self.sweep_all()
        self.post(queue, 'b')
        self.assertEqual(['b'], self.listed(queue))
