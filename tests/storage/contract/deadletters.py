"""Messages that were claimed too often."""

from marconi import exception
from marconi import objects
from tests.storage.contract import support


class DeadLetters(support.Contract):

    def setUp(self):
        super().setUp()
        self.queue, self.grave = self.new_queue(), self.new_queue()
        self.dead_letters = self.to(self.grave)

    @staticmethod
    def to(queue, max_claims=2, ttl=None):
        return objects.DeadLetters(queue=queue, max_claims=max_claims, ttl=ttl)

    def exhaust(self, queue=None, limit=10, times=2):
        """Claim messages as often as they may be."""
        for _ in range(times):
            claim = self.claim(queue or self.queue, limit=limit, ttl=60)
            self.claims.release(queue or self.queue, claim.id)

    def bury(self, *messages, ttl=None):
        """Post messages and make dead letters of them; return their ids."""
        ids = self.post(self.queue, *messages)
        self.exhaust()
        self.assertIsNone(self.claim(self.queue, dead_letters=self.to(self.grave, ttl=ttl)))
        return ids

    def test_claimed_as_often_as_allowed(self):
        self.post(self.queue, 'a')
        for count in (1, 2):
            claim = self.claim(self.queue, dead_letters=self.dead_letters)
            self.assertEqual(count, claim.messages[0].claim_count)
            self.claims.release(self.queue, claim.id)
        self.assertIsNone(self.claim(self.queue, dead_letters=self.dead_letters))
        self.assertEqual([], self.everything(self.queue))
        self.assertEqual(['a'], self.listed(self.grave))

    def test_once_is_enough_with_a_maximum_of_one(self):
        self.post(self.queue, 'a')
        once = self.to(self.grave, max_claims=1)
        self.assertEqual(1, len(self.claim(self.queue, ttl=60, dead_letters=once).messages))
        self.clock.move(60)
        self.assertIsNone(self.claim(self.queue, dead_letters=once))
        self.assertEqual(['a'], self.listed(self.grave))

    def test_what_a_dead_letter_is(self):
        [id] = self.bury(support.new(b'\x00\xff', ttl=300, encoding=1))
        self.clock.move(10)
        [message] = self.messages.list(self.grave)
        self.assertEqual((id, b'\x00\xff', 1, None, 0),
                         (message.id, message.body, message.encoding, message.claim_id,
                          message.claim_count))
        self.assertEqual((300, 10), (message.ttl, message.age))
        self.assertEqual(support.START + 300_000, message.expires_at)
        self.assertEqual([message], self.messages.get(self.grave, [id]))
        self.assertEqual([], self.messages.get(self.queue, [id]))

    def test_their_lifetime_counts_from_the_move(self):
        self.post(self.queue, support.new('a', ttl=3600))
        self.exhaust()
        self.clock.move(1000)
        self.claim(self.queue, dead_letters=self.dead_letters)
        [message] = self.messages.list(self.grave)
        self.assertEqual(self.clock() + 3_600_000, message.expires_at)

    def test_their_lifetime_may_be_another(self):
        for ttl in (60, 1_209_600):
            self.bury('a', ttl=ttl)
            message = self.messages.list(self.grave)[-1]
            self.assertEqual((self.clock() + ttl * 1000, ttl), (message.expires_at, message.ttl))

    def test_the_rest_is_claimed(self):
        self.post(self.queue, 'a', 'b', 'c')
        self.exhaust(limit=3)
        self.post(self.queue, 'd', 'e')
        claim = self.claim(self.queue, dead_letters=self.dead_letters)
        self.assertEqual(['d', 'e'], support.bodies(claim.messages))
        self.assertEqual(['a', 'b', 'c'], self.listed(self.grave))

    def test_dead_letters_in_front_do_not_hide_what_follows(self):
        self.post(self.queue, *support.several(7))
        self.exhaust(limit=7)
        self.post(self.queue, 'alive')
        claim = self.claim(self.queue, limit=2, dead_letters=self.dead_letters)
        self.assertIsNotNone(claim)
        self.assertEqual(['alive'], support.bodies(claim.messages))

    def test_only_those_that_would_be_claimed(self):
        self.post(self.queue, 'a', support.new('expired', ttl=60), 'b', 'c')
        self.exhaust(limit=4)
        self.claim(self.queue, limit=1, ttl=900)  # a
        self.clock.move(120)  # with the grace that the claims gave
        self.post(self.queue, support.new('later', delay=60))
        self.assertIsNone(self.claim(self.queue, dead_letters=self.dead_letters))
        self.assertEqual(['b', 'c'], self.listed(self.grave))
        self.assertEqual(['a', 'later'], support.bodies(self.everything(self.queue)))

    def test_without_dead_letters_there_is_no_limit(self):
        self.post(self.queue, 'a')
        self.exhaust(times=5)
        self.assertEqual(6, self.claim(self.queue).messages[0].claim_count)

    def test_their_order_is_that_of_the_moves(self):
        self.post(self.grave, 'before')
        self.bury('a', 'b')
        self.post(self.grave, 'between')
        self.bury('c')
        self.assertEqual(['before', 'a', 'b', 'between', 'c'], self.listed(self.grave))
        claim = self.claim(self.grave, limit=3)
        self.assertEqual(['before', 'a', 'b'], support.bodies(claim.messages))

    def test_a_reader_of_the_grave_misses_nothing(self):
        [marker] = self.post(self.grave, 'before')
        ids = self.bury('a', 'b')
        self.assertEqual(['a', 'b'], self.listed(self.grave, marker=marker))
        self.assertEqual(['b'], self.listed(self.grave, marker=ids[0]))
        self.post(self.grave, 'after')
        self.assertEqual(['after'], self.listed(self.grave, marker=ids[1]))

    def test_a_kept_id_works_as_marker_after_the_message_is_gone(self):
        ids = self.bury('a', 'b')
        self.post(self.grave, 'after')
        self.messages.delete(self.grave, ids[0])
        self.messages.pop(self.grave, 1)
        self.sweep_all()
        for id in ids:
            self.assertEqual(['after'], self.listed(self.grave, marker=id))

    def test_a_marker_of_the_source_still_works_there(self):
        ids = self.bury('a', 'b')
        self.post(self.queue, 'after')
        self.sweep_all()
        for id in ids:
            self.assertEqual(['after'], self.listed(self.queue, marker=id))

    def test_a_kept_id_does_all_that_an_id_does(self):
        ids = self.bury('a', 'b', 'c', 'd')
        claim = self.claim(self.grave, limit=1)
        self.assertEqual(ids[:1], support.ids(claim.messages))
        self.assertEqual(ids[:1], support.ids(self.claims.get(self.grave, claim.id).messages))
        self.assertRaises(exception.MessageClaimed, self.messages.delete, self.grave, ids[0])
        for queue in (self.queue, self.new_queue()):
            self.messages.delete(queue, ids[0])  # not there: not found
            self.messages.delete(queue, ids[0], claim.id)
            self.messages.delete_many(queue, ids)
        self.assertEqual(4, len(self.everything(self.grave)))
        self.messages.delete(self.grave, ids[0], claim.id)
        self.messages.delete_many(self.grave, [ids[1]])
        self.assertEqual(ids[2:3], support.ids(self.messages.pop(self.grave, 1)))
        stats = self.messages.stats(self.grave)
        self.assertEqual((ids[3], ids[3]), (stats.oldest.id, stats.newest.id))

    def test_through_several_queues_and_back(self):
        [id] = self.post(self.queue, 'a')
        [before] = self.post(self.queue, 'before')
        self.messages.delete(self.queue, before)
        path = [self.grave, self.new_queue(), self.queue, self.grave]
        here = self.queue
        for there in path:
            self.exhaust(here)
            self.assertIsNone(self.claim(here, dead_letters=self.to(there)))
            there = self.reopened(there)  # one that it comes home to is not what it was
            self.assertEqual([], self.messages.get(here, [id]))
            self.assertEqual([id], support.ids(self.messages.get(there, [id])))
            self.assertEqual([id], support.ids(self.everything(there)))
            self.assertEqual([], self.messages.list(there, marker=id))
            [after] = self.post(there, 'after')
            self.assertEqual([after], support.ids(self.messages.list(there, marker=id)))
            self.messages.delete(there, after)
            here = there
        self.messages.delete(here, id)
        self.assertEqual([], self.everything(here))

    def test_an_out_of_date_grave(self):
        self.post(self.queue, 'a')
        self.exhaust()
        self.store.streams.touch(self.grave)
        error = self.assertRaises(exception.StaleQueue, self.claim, self.queue,
                                  dead_letters=self.dead_letters)
        self.assertEqual(self.grave.name, error.name)
        self.assertEqual(['a'], self.listed(self.queue))
        grave = self.reopened(self.grave)
        self.assertIsNone(self.claim(self.queue, dead_letters=self.to(grave)))
        self.assertEqual(['a'], self.listed(grave))

    def test_a_closed_grave_changes_nothing(self):
        self.post(self.queue, 'a', 'b')
        self.exhaust(limit=1)
        self.store.streams.close(self.grave)
        error = self.assertRaises(exception.StaleQueue, self.claim, self.queue,
                                  dead_letters=self.dead_letters)
        self.assertEqual(self.grave.name, error.name)
        self.assertEqual(['a', 'b'], self.listed(self.queue))

    def test_the_grave_forgets_them_with_its_purge(self):
        ids = self.bury('a')
        self.store.streams.purge(self.grave)
        grave = self.reopened(self.grave)
        self.sweep_all()
        self.assertEqual([], self.messages.get(grave, ids))
        self.post(grave, 'after')
        self.assertEqual(['after'], self.listed(grave, marker=ids[0]))
