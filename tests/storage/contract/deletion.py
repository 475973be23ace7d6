"""Deleting messages, with and without a claim."""

from marconi import exception
from tests.storage.contract import messages
from tests.storage.contract import support

NO_CLAIM = 'f' * 32


class Deletion(support.Contract):

    def setUp(self):
        super().setUp()
        self.queue = self.new_queue()
        self.ids = self.post(self.queue, 'a', 'b', 'c', 'd')

    def left(self):
        return support.bodies(self.everything(self.queue))

    def delete(self, number, claim=None):
        self.messages.delete(self.queue, self.ids[number], claim and claim.id)

    def test_delete(self):
        self.delete(1)
        self.assertEqual(['a', 'c', 'd'], self.left())
        self.assertEqual([], self.messages.get(self.queue, self.ids[1:2]))

    def test_delete_what_is_not_there(self):
        self.delete(1)
        self.delete(1)
        for id in messages.NO_IDS:
            self.messages.delete(self.queue, id)
            self.messages.delete(self.queue, id, NO_CLAIM)
        self.assertEqual(['a', 'c', 'd'], self.left())

    def test_delete_of_a_missing_message_needs_no_claim(self):
        claim = self.claim(self.queue, limit=1)
        self.delete(0, claim)
        self.delete(0, claim)
        self.delete(0)
        self.messages.delete(self.queue, self.ids[0], NO_CLAIM)

    def test_an_expired_message_is_not_there(self):
        [id] = self.post(self.queue, support.new('expired', ttl=60))
        self.clock.move(60)
        self.messages.delete(self.queue, id, NO_CLAIM)
        self.messages.delete_many(self.queue, [id], [NO_CLAIM])

    def test_delete_of_a_delayed_message(self):
        [id] = self.post(self.queue, support.new('delayed', delay=60))
        error = self.assertRaises(exception.MessageNotClaimed, self.messages.delete,
                                  self.queue, id, NO_CLAIM)
        self.assertEqual(id, error.id)
        self.messages.delete(self.queue, id)
        self.assertEqual(['a', 'b', 'c', 'd'], self.left())

    def test_delete_with_its_claim(self):
        claim = self.claim(self.queue, limit=2)
        self.delete(0, claim)
        self.assertEqual(['b', 'c', 'd'], self.left())
        self.assertEqual(['b'], support.bodies(
            self.claims.get(self.queue, claim.id).messages))

    def test_a_message_deleted_under_a_claim_never_comes_back(self):
        claim = self.claim(self.queue, limit=2, ttl=60)
        self.delete(0, claim)
        self.messages.delete_many(self.queue, [self.ids[1]])
        self.clock.move(60)
        self.sweep_all()
        self.claims.release(self.queue, claim.id)
        self.assertEqual(['c', 'd'], self.left())
        self.assertEqual(['c', 'd'], support.bodies(self.claim(self.queue).messages))

    def test_a_claimed_message_needs_its_claim(self):
        claim = self.claim(self.queue, limit=1)
        other = self.claim(self.queue, limit=1)
        for wrong in (None, other.id, NO_CLAIM):
            error = self.assertRaises(exception.MessageClaimed, self.messages.delete,
                                      self.queue, self.ids[0], wrong)
            self.assertEqual(self.ids[0], error.id)
        self.assertEqual(['a', 'b', 'c', 'd'], self.left())
        self.delete(0, claim)

    def test_a_claim_that_does_not_hold_the_message(self):
        claim = self.claim(self.queue, limit=1)
        for wrong in (claim.id, NO_CLAIM):
            error = self.assertRaises(exception.MessageNotClaimed, self.messages.delete,
                                      self.queue, self.ids[3], wrong)
            self.assertEqual((self.ids[3], wrong), (error.id, error.claim_id))
        self.assertEqual(['a', 'b', 'c', 'd'], self.left())

    def test_a_claim_that_is_over(self):
        expired = self.claim(self.queue, limit=1, ttl=60)
        released = self.claim(self.queue, limit=1)
        self.claims.release(self.queue, released.id)
        self.clock.move(60)
        for number, claim in enumerate((expired, released)):
            self.assertRaises(exception.MessageNotClaimed, self.delete, number, claim)
        again = self.claim(self.queue, limit=2)
        for number, claim in enumerate((expired, released)):
            self.assertRaises(exception.MessageClaimed, self.delete, number, claim)
        self.delete(0, again)
        self.delete(1, again)
        self.assertEqual(['c', 'd'], self.left())

    def test_after_the_claim_is_over_no_claim_is_needed(self):
        self.claim(self.queue, limit=1, ttl=60)
        self.clock.move(60)
        self.delete(0)
        self.assertEqual(['b', 'c', 'd'], self.left())

    def test_a_renewed_claim_still_holds(self):
        claim = self.claim(self.queue, limit=1, ttl=60)
        self.clock.move(59)
        self.claims.renew(self.queue, claim.id, 60, 60)
        self.clock.move(59)
        self.assertRaises(exception.MessageClaimed, self.delete, 0)
        self.delete(0, claim)

    def test_many(self):
        self.messages.delete_many(self.queue, [self.ids[2], self.ids[0], self.ids[2]])
        self.assertEqual(['b', 'd'], self.left())
        self.messages.delete_many(self.queue, [*messages.NO_IDS, self.ids[0], self.ids[1]])
        self.assertEqual(['d'], self.left())
        self.messages.delete_many(self.queue, [])
        self.assertEqual(['d'], self.left())

    def test_many_claimed_or_not(self):
        self.claim(self.queue, limit=1)
        [delayed] = self.post(self.queue, support.new('delayed', delay=60))
        self.messages.delete_many(self.queue, [*self.ids[:2], delayed])
        self.assertEqual(['c', 'd'], self.left())

    def test_many_with_their_claims(self):
        one, two = self.claim(self.queue, limit=2), self.claim(self.queue, limit=1)
        self.messages.delete(self.queue, self.ids[1], one.id)
        self.messages.delete_many(self.queue, self.ids[:3], [two.id, one.id])
        self.assertEqual(['d'], self.left())

    def test_many_are_deleted_all_or_none(self):
        one, two = self.claim(self.queue, limit=1), self.claim(self.queue, limit=1)
        for claims in ([one.id], [two.id], [NO_CLAIM]):
            self.assertRaises(exception.MessageClaimed, self.messages.delete_many,
                              self.queue, self.ids[:2], claims)
        self.assertRaises(exception.MessageNotClaimed, self.messages.delete_many,
                          self.queue, self.ids[:3], [one.id, two.id])
        # None of these claims holds it, there being none.
        self.assertRaises(exception.MarconiError, self.messages.delete_many,
                          self.queue, self.ids[:1], [])
        self.assertEqual(['a', 'b', 'c', 'd'], self.left())

    def test_many_with_a_claim_that_is_over(self):
        claim = self.claim(self.queue, limit=1, ttl=60)
        self.clock.move(60)
        self.assertRaises(exception.MessageNotClaimed, self.messages.delete_many,
                          self.queue, self.ids[:1], [claim.id])
        self.assertEqual(['a', 'b', 'c', 'd'], self.left())

    def test_malformed_claims_hold_nothing(self):
        claim = self.claim(self.queue, limit=1)
        for wrong in messages.NO_IDS:
            if wrong:
                self.assertRaises(exception.MarconiError, self.messages.delete,
                                  self.queue, self.ids[0], wrong)
                self.assertRaises(exception.MarconiError, self.messages.delete,
                                  self.queue, self.ids[1], wrong)
            self.assertRaises(exception.MarconiError, self.messages.delete_many,
                              self.queue, self.ids[:1], [wrong])
        self.assertEqual(['a', 'b', 'c', 'd'], self.left())
        self.assertEqual(1, len(self.claims.get(self.queue, claim.id).messages))
