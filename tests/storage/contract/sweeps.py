"""Reclaiming space: what goes, what stays, how much at a time."""

from marconi import objects
from tests.storage import probes
from tests.storage.contract import support


class Sweeps(support.Contract):

    def setUp(self):
        super().setUp()
        self.sweeps = self.store.sweeps

    def test_nothing_to_do(self):
        queue = self.new_queue()
        self.post(queue, 'a', support.new('delayed', delay=60), 'claimed')
        self.claim(queue, limit=1)
        self.assertEqual(0, self.sweep_all())

    def test_nothing_is_written_when_there_is_nothing_to_do(self):
        # Not even a lock on the lease: all who wait would look at their queues.
        self.store.leases.acquire('expired_messages', 'one', 60)
        with probes.statements(self.store) as seen:
            self.assertEqual(0, self.sweeps.expired_messages(10, holder='one'))
            self.assertEqual(0, self.sweep_all())
        self.assertEqual(set(), {statement for statement, _ in seen
                                 if not statement.startswith('SELECT') or 'FOR ' in statement})

    def test_nothing_is_done_for_somebody_without_the_lease(self):
        queue = self.new_queue()
        self.post(queue, support.new('short', ttl=60), support.new('other', ttl=60))
        self.clock.move(60)
        name = 'expired_messages'
        self.assertEqual(0, self.sweeps.expired_messages(10, holder='one'))
        self.store.leases.acquire('purged_messages', 'one', 60)
        self.assertEqual(0, self.sweeps.expired_messages(10, holder='one'))
        self.store.leases.acquire(name, 'one', 60)
        self.assertEqual(0, self.sweeps.expired_messages(10, holder='two'))
        self.assertEqual(1, self.sweeps.expired_messages(1, holder='one'))
        self.clock.move(61)
        # Nobody took it, so it goes on.
        self.assertEqual(1, self.sweeps.expired_messages(1, holder='one'))
        self.store.leases.acquire(name, 'two', 60)
        self.assertEqual(0, self.sweeps.expired_messages(10, holder='one'))

    def test_tells_how_long_a_transaction_should_take(self):
        self.assertTrue(0 < self.sweeps.bite < 1)

    def test_expired_messages(self):
        queues = [self.new_queue(), self.new_queue()]
        for queue in queues:
            self.post(queue, support.new('short', ttl=60), support.new('long', ttl=61),
                      support.new('delayed', ttl=60, delay=900))
        self.clock.move(59.999)
        self.assertEqual(0, self.sweeps.expired_messages(10))
        self.clock.move(0.001)
        self.assertEqual(4, self.sweeps.expired_messages(10))
        self.assertEqual(0, self.sweeps.expired_messages(10))
        self.assertEqual(['long'], self.listed(queues[0]))
        self.clock.move(1)
        self.assertEqual(2, self.sweeps.expired_messages(10))

    def test_expired_messages_that_a_claim_keeps_alive(self):
        queue = self.new_queue()
        self.post(queue, support.new('claimed', ttl=60))
        claim = self.claim(queue, ttl=100)
        self.clock.move(99)
        self.assertEqual(0, self.sweeps.expired_messages(10))
        self.assertEqual(1, len(self.claims.get(queue, claim.id).messages))

    def test_expired_claims(self):
        queue = self.new_queue()
        self.post(queue, 'a', 'b', 'c')
        self.claim(queue, limit=1, ttl=60)
        claim = self.claim(queue, limit=1, ttl=61)
        self.assertEqual(0, self.sweeps.expired_claims(10))
        self.clock.move(60)
        self.assertEqual(1, self.sweeps.expired_claims(10))
        self.assertEqual(0, self.sweeps.expired_claims(10))
        self.assertEqual(['b'], support.bodies(self.claims.get(queue, claim.id).messages))
        self.assertEqual(['a', 'c'], self.listed(queue))

    def test_expired_claims_leave_their_messages_where_they_stand(self):
        queue = self.new_queue()
        self.post(queue, 'a', 'b', 'c')
        self.claim(queue, limit=1, ttl=60)
        self.claim(queue, limit=1, ttl=900)
        self.clock.move(60)
        before = self.everything(queue)
        self.assertEqual(1, self.sweeps.expired_claims(10))
        self.assertEqual(before, self.everything(queue))
        claim = self.claim(queue)
        self.assertEqual(['a', 'c'], support.bodies(claim.messages))
        self.assertEqual([2, 1], [message.claim_count for message in claim.messages])

    def test_expired_claims_whose_messages_others_hold(self):
        queue = self.new_queue()
        self.post(queue, 'a', 'b')
        self.claim(queue, ttl=60)
        self.clock.move(60)
        claim = self.claim(queue, limit=1, ttl=60)
        self.assertEqual(1, self.sweeps.expired_claims(10))
        self.assertEqual(['b'], self.listed(queue))
        self.assertEqual(['a'], support.bodies(self.claims.get(queue, claim.id).messages))

    def test_ended_delays(self):
        queue = self.new_queue()
        self.post(queue, 'a', support.new('b', delay=60), support.new('c', delay=61), 'd')
        self.clock.move(59.999)
        self.assertEqual(0, self.sweeps.ended_delays(10))
        self.clock.move(0.001)
        before = self.everything(queue)
        self.assertEqual(1, self.sweeps.ended_delays(10))
        self.assertEqual(0, self.sweeps.ended_delays(10))
        self.assertEqual(before, self.everything(queue))
        self.assertEqual(['a', 'b', 'd'], self.listed(queue))
        self.assertEqual(['a', 'b', 'd'], support.bodies(self.claim(queue).messages))

    def test_ended_delays_of_messages_that_others_hold(self):
        queue = self.new_queue()
        self.post(queue, support.new('a', delay=60), support.new('b', delay=60),
                  support.new('deleted', delay=60))
        self.clock.move(60)
        claim = self.claim(queue, limit=1)
        self.messages.delete(queue, self.everything(queue)[2].id)
        support.finish(self.sweeps.ended_delays)
        self.assertEqual(['b'], self.listed(queue))
        self.assertEqual(['a'], support.bodies(self.claims.get(queue, claim.id).messages))

    def test_purged_messages(self):
        queue, other = self.new_queue(), self.new_queue()
        self.post(queue, *support.several(20))
        self.post(other, *support.several(20))
        self.claim(queue, limit=5)
        self.store.streams.purge(queue)
        queue = self.reopened(queue)
        self.post(queue, 'new')
        self.assertGreaterEqual(support.finish(self.sweeps.purged_messages), 20)
        self.assertEqual(0, self.sweeps.purged_messages(10))
        self.assertEqual(['new'], self.listed(queue))
        self.assertEqual(20, len(self.listed(other)))

    def test_closed_queues(self):
        queue, other = self.new_queue(), self.new_queue()
        self.post(queue, *support.several(20))
        self.post(other, 'a')
        self.claim(queue, limit=5)
        claim = self.claim(other)
        self.store.streams.close(queue)
        self.assertGreaterEqual(support.finish(self.sweeps.purged_messages), 20)
        self.assertEqual(['a'], support.bodies(self.claims.get(other, claim.id).messages))

    def test_many_queues_purged_and_closed(self):
        queues = [self.new_queue() for _ in range(12)]
        for number, queue in enumerate(queues):
            self.post(queue, *support.several(5))
            if number % 3 == 0:
                self.store.streams.purge(queue)
            elif number % 3 == 1:
                self.store.streams.close(queue)
        self.assertGreaterEqual(support.finish(self.sweeps.purged_messages, batch=3), 40)
        for number, queue in enumerate(queues):
            if number % 3 != 1:
                found = self.everything(self.reopened(queue))
                self.assertEqual(5 if number % 3 == 2 else 0, len(found))

    def test_purged_again_while_the_first_is_not_swept(self):
        queue = self.new_queue()
        for _ in range(3):
            self.post(queue, *support.several(5))
            self.store.streams.purge(queue)
            queue = self.reopened(queue)
            self.assertEqual(2, self.sweeps.purged_messages(2))
        self.assertGreaterEqual(support.finish(self.sweeps.purged_messages), 9)

    def sweeps_of_messages(self):
        return (self.sweeps.expired_messages, self.sweeps.expired_claims,
                self.sweeps.ended_delays, self.sweeps.purged_messages)

    def test_batches(self):
        queue, closed = self.new_queue(), self.new_queue()
        self.post(closed, *support.several(25))
        self.post(queue, *support.several(25, ttl=7200), *support.several(25, ttl=60),
                  *(support.new('delayed', delay=delay) for delay in range(1, 26)))
        self.store.streams.close(closed)
        for _ in range(25):
            self.claim(queue, limit=1, ttl=60)
        self.clock.move(60)
        for sweep in self.sweeps_of_messages():
            done = [sweep(10), sweep(10), sweep(10)]
            self.assertEqual([10, 10], done[:2], sweep.__name__)
            self.assertIn(done[2], range(5, 10), sweep.__name__)
            self.assertEqual(0, sweep(10), sweep.__name__)
        self.assertEqual([*map(str, range(25)), *['delayed'] * 25], self.listed(queue))

    def test_fewer_than_the_batch_means_that_nothing_is_left(self):
        for number in range(7):
            queue = self.new_queue()
            self.post(queue, *support.several(number, ttl=60), *support.several(number),
                      *support.several(number, delay=60))
            self.claim(queue, limit=3, ttl=60)
            if number % 2:
                self.store.streams.close(queue)
        self.clock.move(200)
        for sweep in self.sweeps_of_messages():
            for batch in (4, 5, 7):
                if sweep(batch) < batch:
                    self.assertEqual(0, sweep(batch), sweep.__name__)
            support.finish(sweep)

    def test_empty_queues_do_not_hide_full_ones(self):
        queues = [self.new_queue() for _ in range(40)]
        self.post(queues[-1], *support.several(5))
        for number, queue in enumerate(queues):
            self.store.streams.close(queue)
            self.clock.move(1)
        self.assertGreaterEqual(self.sweeps.purged_messages(3), 3)

    def test_moved_ids_are_forgotten_some_day(self):
        queue, grave = self.new_queue(), self.new_queue()
        [id] = self.post(queue, support.new('a', ttl=60))
        self.claims.release(queue, self.claim(queue).id)
        self.claim(queue, dead_letters=self.dead_letters(grave))
        self.assertEqual(0, self.sweeps.moved_ids(10))
        self.clock.move(366 * 86_400)
        support.finish(self.sweeps.expired_messages)
        self.assertEqual(1, self.sweeps.moved_ids(10))
        self.assertEqual(0, self.sweeps.moved_ids(10))
        self.assertEqual([], self.messages.get(grave, [id]))

    def test_moved_ids_of_messages_that_are_there_stay(self):
        queue, grave = self.new_queue(), self.new_queue()
        [id] = self.post(queue, 'a')
        self.claims.release(queue, self.claim(queue).id)
        self.claim(queue, dead_letters=self.dead_letters(grave, ttl=1_209_600))
        self.clock.move(1_209_599)
        self.sweep_all()
        self.assertEqual([id], [message.id for message in self.messages.get(grave, [id])])

    def dead_letters(self, queue, ttl=None):
        return objects.DeadLetters(queue=queue, max_claims=1, ttl=ttl)
