"""Claims: make, show, renew, release."""

import re

from marconi import exception
from tests.storage.contract import messages
from tests.storage.contract import support


class Claims(support.Contract):

    def setUp(self):
        super().setUp()
        self.queue = self.new_queue()

    def claimed(self, **options):
        claim = self.claim(self.queue, **options)
        return claim and support.bodies(claim.messages)

    def held(self, claim):
        return support.bodies(self.claims.get(self.queue, claim.id).messages)

    def test_nothing_to_claim(self):
        self.assertIsNone(self.claim(self.queue))
        self.post(self.queue, 'a')
        self.claim(self.queue)
        self.assertIsNone(self.claim(self.queue))

    def test_create(self):
        ids = self.post(self.queue, support.new('a', ttl=3600, encoding=1), 'b', 'c')
        self.clock.move(5)
        claim = self.claims.create(self.queue, 300, 90, 2)
        self.assertTrue(re.fullmatch('[0-9a-f]{32}', claim.id), claim.id)
        self.assertEqual((300, 90, self.clock(), self.clock(), 0),
                         (claim.ttl, claim.grace, claim.renewed_at, claim.read_at, claim.age))
        self.assertEqual(ids[:2], support.ids(claim.messages))
        one = claim.messages[0]
        self.assertEqual((b'a', 1, support.START, support.START + 3_600_000, self.clock()),
                         (one.body, one.encoding, one.created_at, one.expires_at, one.read_at))
        self.assertEqual((claim.id, 1), (one.claim_id, one.claim_count))

    def test_ids_differ_and_cannot_be_foreseen(self):
        self.post(self.queue, *support.several(20))
        ids = {self.claim(self.queue, limit=1).id for _ in range(20)}
        self.assertEqual(20, len(ids))
        self.assertEqual(20, len({id[:8] for id in ids}))
        self.assertEqual(20, len({id[-8:] for id in ids}))

    def test_oldest_first_up_to_the_limit(self):
        self.post(self.queue, *support.several(7))
        self.assertEqual(['0', '1', '2'], self.claimed(limit=3))
        self.assertEqual(['3', '4', '5'], self.claimed(limit=3))
        self.assertEqual(['6'], self.claimed(limit=3))

    def test_neither_delayed_nor_expired_messages(self):
        self.post(self.queue, support.new('delayed', delay=61), support.new('expired', ttl=60),
                  'free')
        self.clock.move(60)
        self.assertEqual(['free'], self.claimed())
        self.clock.move(1)
        self.assertEqual(['delayed'], self.claimed())

    def test_a_released_message_keeps_its_place_and_count(self):
        self.post(self.queue, 'a', 'b', 'c')
        first = self.claim(self.queue, limit=1)
        self.claims.release(self.queue, first.id)
        self.post(self.queue, 'd')
        claim = self.claim(self.queue)
        self.assertEqual(['a', 'b', 'c', 'd'], support.bodies(claim.messages))
        self.assertEqual([2, 1, 1, 1], [message.claim_count for message in claim.messages])
        self.assertNotEqual(first.id, claim.id)

    def test_expired_claims_keep_their_place(self):
        for sweep in (lambda: None, self.sweep_all):
            queue = self.new_queue()
            self.post(queue, 'a', 'b', 'c', 'd', 'e')
            self.claim(queue, limit=2, ttl=100)
            self.claim(queue, limit=1, ttl=60)
            self.clock.move(60)
            sweep()
            self.assertEqual(['c', 'd'], support.bodies(self.claim(queue, limit=2).messages))
            self.clock.move(40)
            sweep()
            self.assertEqual(['a', 'b', 'e'], support.bodies(self.claim(queue).messages))

    def test_every_way_to_be_free_in_one_order(self):
        # Fresh, released, filed by the janitor, run out of claim, run out of delay.
        self.post(self.queue, 'expired', 'fresh', support.new('delayed', delay=90), 'released',
                  'swept', 'fresh', support.new('swept delay', delay=60), 'held', 'expired')
        claims = [self.claim(self.queue, limit=1, ttl=ttl)
                  for ttl in (90, 900, 900, 60, 900, 900, 90)]
        for number in (1, 2, 4):
            self.claims.release(self.queue, claims[number].id)
        self.clock.move(60)
        self.store.sweeps.expired_claims(support.MANY)
        self.store.sweeps.ended_delays(support.MANY)
        self.clock.move(30)
        self.assertEqual(
            ['expired', 'fresh', 'delayed', 'released', 'swept', 'fresh', 'swept delay',
             'expired'], self.listed(self.queue))
        self.assertEqual(['expired', 'fresh'], self.claimed(limit=2))
        self.assertEqual(['delayed', 'released', 'swept'], self.claimed(limit=3))
        self.assertEqual(['fresh', 'swept delay', 'expired'], self.claimed(limit=10))
        self.assertIsNone(self.claimed())

    def test_new_messages_do_not_overtake_returned_ones(self):
        self.post(self.queue, 'a', 'b')
        claim = self.claim(self.queue, limit=2)
        self.post(self.queue, 'c')
        self.claims.release(self.queue, claim.id)
        self.assertEqual(['a'], self.claimed(limit=1))
        self.assertEqual(['b'], self.claimed(limit=1))
        self.assertEqual(['c'], self.claimed(limit=1))

    def test_a_message_released_in_front_of_later_claims(self):
        # A remembered head must not step over what comes back below it.
        self.post(self.queue, *support.several(50))
        claims = [self.claim(self.queue, limit=5) for _ in range(10)]
        for claim in (claims[7], claims[0], claims[3]):
            self.claims.release(self.queue, claim.id)
            first = claim.messages[0].body.decode()
            self.assertEqual([first], self.claimed(limit=1))
            self.claimed()

    def test_get(self):
        ids = self.post(self.queue, 'a', 'b', 'c', 'd')
        claim = self.claim(self.queue, limit=3, ttl=300, grace=90)
        other = self.claim(self.queue)
        self.clock.move(7.9)
        found = self.claims.get(self.queue, claim.id)
        self.assertEqual((claim.id, 300, 90, claim.renewed_at, self.clock(), 7),
                         (found.id, found.ttl, found.grace, found.renewed_at, found.read_at,
                          found.age))
        self.assertEqual(ids[:3], support.ids(found.messages))
        self.assertEqual([claim.id] * 3, [message.claim_id for message in found.messages])
        self.assertEqual(claim.messages[0].evolve(read_at=self.clock()), found.messages[0])
        self.assertEqual(['d'], self.held(other))

    def test_get_shows_the_messages_that_are_left(self):
        self.post(self.queue, 'a', 'b')
        claim = self.claim(self.queue)
        self.messages.delete(self.queue, claim.messages[0].id, claim.id)
        self.assertEqual(['b'], self.held(claim))
        self.messages.delete_many(self.queue, support.ids(claim.messages))
        self.assertEqual([], self.held(claim))

    def test_unknown_claims(self):
        self.post(self.queue, 'a')
        claim = self.claim(self.queue)
        elsewhere = self.new_queue()
        for queue, id in [(elsewhere, claim.id), (self.queue, 'f' * 32),
                          (self.queue, claim.id + '0'), (self.queue, claim.id[:-1]),
                          *((self.queue, id) for id in messages.NO_IDS)]:
            self.assertRaises(exception.ClaimNotFound, self.claims.get, queue, id)
            self.assertRaises(exception.ClaimNotFound, self.claims.renew, queue, id, 60, 60)
            self.claims.release(queue, id)
        self.assertEqual(['a'], self.held(claim))

    def test_the_error_names_the_claim(self):
        for method, more in ((self.claims.get, ()), (self.claims.renew, (60, 60))):
            error = self.assertRaises(exception.ClaimNotFound, method, self.queue, 'f' * 32, *more)
            self.assertEqual(('f' * 32, self.queue.name), (error.id, error.queue))

    def test_release(self):
        self.post(self.queue, 'a', 'b', 'c')
        claim, other = self.claim(self.queue, limit=2), self.claim(self.queue)
        self.claims.release(self.queue, claim.id)
        self.assertEqual(['a', 'b'], self.listed(self.queue))
        self.assertRaises(exception.ClaimNotFound, self.claims.get, self.queue, claim.id)
        self.assertRaises(exception.ClaimNotFound, self.claims.renew, self.queue, claim.id, 60, 60)
        self.claims.release(self.queue, claim.id)
        self.assertEqual(['c'], self.held(other))

    def test_a_claim_that_is_over_has_no_hold_on_the_next(self):
        self.post(self.queue, 'a')
        old = self.claim(self.queue, ttl=60)
        self.clock.move(60)
        new = self.claim(self.queue, ttl=60)
        self.claims.release(self.queue, old.id)
        self.assertRaises(exception.ClaimNotFound, self.claims.renew, self.queue, old.id, 900, 60)
        self.assertRaises(exception.ClaimNotFound, self.claims.get, self.queue, old.id)
        self.assertEqual(['a'], self.held(new))
        self.assertEqual([], self.listed(self.queue))
        self.clock.move(60)
        self.assertEqual(['a'], self.listed(self.queue))

    def test_release_after_expiry_frees_nobody_elses_messages(self):
        # Both claims end at the same millisecond.
        self.post(self.queue, 'a', 'b')
        one = self.claim(self.queue, limit=1, ttl=60)
        two = self.claim(self.queue, limit=1, ttl=60)
        self.claims.release(self.queue, one.id)
        self.assertEqual(['a'], self.listed(self.queue))
        self.assertEqual(['b'], self.held(two))

    def test_renew(self):
        self.post(self.queue, 'a', 'b')
        claim = self.claim(self.queue, limit=1, ttl=60)
        other = self.claim(self.queue, limit=1, ttl=60)
        self.clock.move(40)
        self.claims.renew(self.queue, claim.id, 300, 90)
        found = self.claims.get(self.queue, claim.id)
        self.assertEqual((300, 90, self.clock(), 0),
                         (found.ttl, found.grace, found.renewed_at, found.age))
        self.assertEqual((claim.id, 1), (found.messages[0].claim_id,
                                         found.messages[0].claim_count))
        self.clock.move(20)
        self.assertEqual(['b'], self.listed(self.queue))
        self.assertRaises(exception.ClaimNotFound, self.claims.get, self.queue, other.id)
        self.clock.move(279.999)
        self.assertEqual(['a'], self.held(claim))
        self.clock.move(0.001)
        self.assertEqual(['a', 'b'], self.listed(self.queue))

    def test_renew_to_an_earlier_end(self):
        self.post(self.queue, 'a')
        claim = self.claim(self.queue, ttl=900)
        self.claims.renew(self.queue, claim.id, 60, 60)
        self.clock.move(60)
        self.assertRaises(exception.ClaimNotFound, self.claims.get, self.queue, claim.id)
        self.assertEqual(['a'], self.listed(self.queue))

    def test_renew_a_claim_that_holds_nothing_any_more(self):
        [id] = self.post(self.queue, 'a')
        claim = self.claim(self.queue)
        self.messages.delete(self.queue, id, claim.id)
        self.claims.renew(self.queue, claim.id, 300, 60)
        self.clock.move(299)
        self.assertEqual([], self.held(claim))
