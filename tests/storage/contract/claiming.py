"""When a claim ends, and how long its messages live."""

from marconi import exception
from tests.storage.contract import support


class ClaimDeadlines(support.Contract):

    def setUp(self):
        super().setUp()
        self.queue = self.new_queue()

    def lives(self):
        """The bodies and for how many seconds from START they live."""
        return [(message.body.decode(), (message.expires_at - support.START) / 1000)
                for message in self.everything(self.queue)]

    def test_a_claim_ends_at_its_millisecond(self):
        self.post(self.queue, 'a')
        claim = self.claim(self.queue, ttl=60)
        self.clock.move(59.999)
        self.assertEqual(59, self.claims.get(self.queue, claim.id).age)
        self.assertEqual([], self.listed(self.queue))
        self.assertIsNone(self.claim(self.queue))
        self.assertEqual([], self.messages.pop(self.queue, 1))
        self.clock.move(0.001)
        self.assertRaises(exception.ClaimNotFound, self.claims.get, self.queue, claim.id)
        self.assertRaises(exception.ClaimNotFound, self.claims.renew, self.queue, claim.id, 60, 60)
        self.assertEqual(['a'], self.listed(self.queue))
        self.assertEqual(['a'], support.bodies(self.messages.pop(self.queue, 1)))

    def test_messages_live_until_claim_end_and_grace(self):
        self.post(self.queue, *(support.new(f'{ttl}', ttl=ttl) for ttl in (60, 140, 160, 400)))
        claim = self.claim(self.queue, ttl=100, grace=60)
        self.assertEqual([('60', 160), ('140', 160), ('160', 160), ('400', 400)], self.lives())
        self.assertEqual([160, 160, 160, 400], [
            (message.expires_at - support.START) / 1000 for message in claim.messages])

    def test_the_lifetime_counts_from_posting(self):
        self.post(self.queue, support.new('a', ttl=100))
        self.clock.move(50)
        self.claim(self.queue, ttl=60, grace=30)
        self.assertEqual([('a', 140)], self.lives())
        [message] = self.everything(self.queue)
        self.assertEqual((support.START, 140), (message.created_at, message.ttl))

    def test_grace_may_be_nothing(self):
        self.post(self.queue, support.new('a', ttl=60))
        self.claim(self.queue, ttl=100, grace=0)
        self.assertEqual([('a', 100)], self.lives())
        self.clock.move(100)
        self.assertEqual([], self.everything(self.queue))

    def test_only_what_is_claimed_lives_longer(self):
        self.post(self.queue, support.new('a', ttl=60), support.new('b', ttl=60))
        self.claim(self.queue, limit=1, ttl=100)
        self.assertEqual([('a', 160), ('b', 60)], self.lives())

    def test_a_message_outlives_its_claim_by_the_grace(self):
        self.post(self.queue, support.new('a', ttl=60))
        self.claim(self.queue, ttl=100, grace=60)
        self.clock.move(100)
        self.assertEqual(['a'], self.listed(self.queue))
        self.clock.move(59.999)
        self.assertEqual(['a'], self.listed(self.queue))
        self.clock.move(0.001)
        self.assertEqual([], self.everything(self.queue))

    def test_renewal_prolongs_too_and_never_shortens(self):
        self.post(self.queue, support.new('a', ttl=60), support.new('b', ttl=600),
                  support.new('free', ttl=60))
        claim = self.claim(self.queue, limit=2, ttl=60, grace=60)
        self.clock.move(50)
        self.claims.renew(self.queue, claim.id, 100, 70)
        self.assertEqual([('a', 220), ('b', 600), ('free', 60)], self.lives())
        self.claims.renew(self.queue, claim.id, 60, 0)
        self.assertEqual([('a', 220), ('b', 600), ('free', 60)], self.lives())

    def test_release_leaves_the_longer_life(self):
        self.post(self.queue, support.new('a', ttl=60))
        claim = self.claim(self.queue, ttl=100, grace=60)
        self.claims.release(self.queue, claim.id)
        self.assertEqual([('a', 160)], self.lives())

    def test_longest_claims(self):
        self.post(self.queue, support.new('a', ttl=1_209_600))
        claim = self.claim(self.queue, ttl=43_200, grace=43_200)
        self.assertEqual([('a', 1_209_600)], self.lives())
        self.clock.move(43_199)
        self.claims.renew(self.queue, claim.id, 43_200, 43_200)
        self.clock.move(43_199)
        self.assertEqual(1, len(self.claims.get(self.queue, claim.id).messages))

    def test_claimed_many_times(self):
        self.post(self.queue, 'a')
        for count in range(1, 8):
            claim = self.claim(self.queue, ttl=60)
            self.assertEqual(count, claim.messages[0].claim_count)
            self.clock.move(60)
