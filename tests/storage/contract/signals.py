"""What those are told who wait for messages."""

from marconi import objects
from tests.storage.contract import support

#: Of a queue that is left out.
NOTHING = objects.Signal(tail=0, ready=False, due=False)


class Signals(support.Contract):

    def setUp(self):
        super().setUp()
        self.queue = self.new_queue()

    def signal(self, queue=None):
        queue = queue or self.queue
        return self.messages.signals([queue]).get(queue.id, NOTHING)

    def state(self):
        signal = self.signal()
        return signal.ready, signal.due

    def test_an_empty_queue_is_left_out(self):
        self.assertEqual({}, self.messages.signals([self.queue]))
        self.post(self.queue, 'a')
        self.claim(self.queue, ttl=60)
        self.assertEqual([self.queue.id], list(self.messages.signals([self.queue])))
        self.messages.delete_many(self.queue, support.ids(self.everything(self.queue)))
        self.clock.move(60)  # of the claim, which holds nothing any more
        self.assertEqual({}, self.messages.signals([self.queue]))

    def test_a_closed_queue(self):
        for messages in ([], ['a']):
            queue = self.new_queue()
            if messages:
                self.post(queue, *messages)
            self.store.streams.close(queue)
            self.assertEqual({queue.id: None}, self.messages.signals([queue]))
            self.sweep_all()
            self.assertEqual({queue.id: None}, self.messages.signals([queue]))

    def test_the_tail_grows_with_every_post(self):
        tails = [self.signal().tail]
        for message in ('a', support.new('delayed', delay=60), 'c'):
            self.post(self.queue, message)
            tails.append(self.signal().tail)
        self.assertEqual(sorted(set(tails)), tails)

    def test_the_tail_of_a_post_is_above_all_before(self):
        seen = []
        for sweep in (lambda: None, self.sweep_all):
            ids = self.post(self.queue, 'a', 'b', support.new('expired', ttl=60))
            seen.append(self.signal().tail)
            self.messages.delete(self.queue, ids[1])
            self.messages.pop(self.queue, 3)
            self.clock.move(60)
            sweep()
            seen.append(self.signal().tail)
            self.post(self.queue, 'b')
            self.assertGreater(self.signal().tail, max(seen))

    def test_the_tail_grows_in_spite_of_a_purge(self):
        self.post(self.queue, 'a')
        tail = self.signal().tail
        self.store.streams.purge(self.queue)
        queue = self.reopened(self.queue)
        self.sweep_all()
        self.post(queue, 'b')
        self.assertGreater(self.signal(queue).tail, tail)

    def test_ready_says_that_something_can_be_claimed(self):
        self.post(self.queue, support.new('delayed', delay=60))
        self.assertFalse(self.signal().ready)
        self.post(self.queue, 'a')
        self.assertTrue(self.signal().ready)
        claim = self.claim(self.queue)
        self.assertFalse(self.signal().ready)
        self.claims.release(self.queue, claim.id)
        self.assertTrue(self.signal().ready)
        self.messages.pop(self.queue, 1)
        self.assertFalse(self.signal().ready)

    def test_expired_messages_are_not_ready(self):
        self.post(self.queue, support.new('a', ttl=60), support.new('b', ttl=60))
        self.clock.move(60)
        self.assertEqual((False, False), self.state())

    def test_expired_messages_in_front_of_a_good_one(self):
        self.post(self.queue, *support.several(50, ttl=60), 'good')
        self.clock.move(60)
        self.assertTrue(self.signal().ready)
        self.claim(self.queue)
        self.assertFalse(self.signal().ready)

    def test_purged_messages_are_not_ready(self):
        self.post(self.queue, 'a', support.new('delayed', delay=60))
        self.claim(self.queue, limit=1, ttl=60)
        self.post(self.queue, 'b')
        self.store.streams.purge(self.queue)
        self.queue = self.reopened(self.queue)
        self.assertEqual((False, False), self.state())

    def test_due_when_a_delay_has_ended(self):
        self.post(self.queue, support.new('a', delay=60))
        self.clock.move(59.999)
        self.assertEqual((False, False), self.state())
        self.clock.move(0.001)
        self.assertEqual((True, True), self.state())

    def test_due_when_a_claim_has_ended(self):
        self.post(self.queue, 'a')
        self.claim(self.queue, ttl=60)
        self.clock.move(59.999)
        self.assertEqual((False, False), self.state())
        self.clock.move(0.001)
        self.assertEqual((True, True), self.state())

    def test_tidied_messages_are_ready_and_no_longer_due(self):
        self.post(self.queue, support.new('a', delay=60), 'b')
        self.claim(self.queue, ttl=60)
        self.clock.move(60)
        support.finish(self.store.sweeps.expired_claims)
        support.finish(self.store.sweeps.ended_delays)
        self.assertEqual((True, False), self.state())

    def test_many_queues_at_once(self):
        queues = [self.new_queue() for _ in range(30)]
        for number, queue in enumerate(queues):
            self.post(queue, *support.several(number % 3))
        self.store.streams.close(queues[4])
        signals = self.messages.signals(queues)
        self.assertIsNone(signals.pop(queues[4].id))
        self.assertEqual({queue.id for number, queue in enumerate(queues)
                          if number % 3 and number != 4}, set(signals))
        self.assertEqual({True}, {signal.ready for signal in signals.values()})

    def test_an_out_of_date_memory_is_no_hindrance(self):
        # The waiter looks again through the stores, which bring it up to date.
        self.post(self.queue, 'a')
        self.store.streams.touch(self.queue)
        self.assertTrue(self.signal().ready)

    def test_no_queue_at_all(self):
        self.assertEqual({}, self.messages.signals([]))
