"""Deleting messages. v1 § 5.5, § 5.6; v1.1 § 4.5, § 4.7; v2 § 4.6, § 4.7."""

from tests.api import base
from tests.api import wire

PATH = '/queues/alarms/messages'
MALFORMED = ('x', 'nonsense', '0', 'g' * 32, 'a' * 31, 'a' * 33, 'ж', '%00', "' OR 1=1")
WELL_FORMED = 'ab' * 16


class DeleteTest(base.ApiTest):

    def setUp(self):
        super().setUp()
        self.api.create('alarms')
        self.ids = self.api.post('alarms', 'one', 'two', 'three')

    def left(self):
        return self.api.bodies('alarms', include_claimed=True)


class TestDelete(DeleteTest):

    scenarios = base.scenarios(*wire.ALL)

    def delete(self, id, *claim_id):
        query = {'claim_id': claim_id[0]} if claim_id else {}
        return self.api.delete(f'{PATH}/{id}', **query)

    def assertDeleted(self, left, response):
        self.assertStatus(204, response)
        self.assertEqual(left, self.left())

    def assertRefused(self, status, response):
        self.assertError(status, 'Unable to delete', response)
        self.assertEqual(['one', 'two', 'three'], self.left())

    def test_not_claimed(self):
        self.assertDeleted(['one', 'three'], self.delete(self.ids[1]))
        self.assertDeleted(['three'], self.delete(self.ids[0], ''))

    def test_missing(self):
        self.api.delete(f'{PATH}/{self.ids[0]}')
        claim = self.api.claim('alarms')
        for id in (self.ids[0], 'nonsense', 'ж', '0', '-1', '0' * 500):
            for claim_id in ((), (claim.id,), (WELL_FORMED,), ('nonsense',), ('',)):
                self.assertDeleted(['two', 'three'], self.delete(id, *claim_id))
        for id in self.ids:
            self.assertStatus(204, self.api.delete(f'/queues/absent/messages/{id}'))

    def test_of_another_queue(self):
        self.api.create('other')
        [other] = self.api.post('other', 'other')
        self.assertDeleted(['one', 'two', 'three'], self.delete(other))
        self.assertEqual(['other'], self.api.bodies('other'))

    def test_claimed_without_the_claim(self):
        self.api.claim('alarms')
        self.assertRefused(403, self.delete(self.ids[0]))
        self.assertRefused(403, self.delete(self.ids[0], ''))

    def test_claimed_with_the_claim(self):
        claim = self.api.claim('alarms')
        self.assertDeleted(['two', 'three'], self.delete(self.ids[0], claim.id))
        # As zaqarclient does it: by the href of the claim's answer.
        self.assertDeleted(['two'], self.api.delete(claim.messages[2]['href']))

    def test_claimed_with_another_claim(self):
        claims = [self.api.claim('alarms', limit=1) for _ in range(2)]
        self.assertRefused(403, self.delete(self.ids[0], claims[1].id))
        self.assertRefused(403, self.delete(self.ids[0], WELL_FORMED))

    def test_not_claimed_with_a_claim(self):
        claim = self.api.claim('alarms', limit=1)
        self.assertRefused(400, self.delete(self.ids[1], claim.id))
        self.assertRefused(400, self.delete(self.ids[1], WELL_FORMED))

    def test_with_an_expired_claim(self):
        claim = self.api.claim('alarms', ttl=60)
        self.clock.advance(60)
        self.assertRefused(400, self.delete(self.ids[0], claim.id))
        self.assertDeleted(['two', 'three'], self.delete(self.ids[0]))

    def test_with_an_expired_claim_when_another_has_it(self):
        old = self.api.claim('alarms', ttl=60)
        self.clock.advance(60)
        new = self.api.claim('alarms')
        self.assertRefused(403, self.delete(self.ids[0], old.id))
        self.assertDeleted(['two', 'three'], self.delete(self.ids[0], new.id))

    def test_with_a_released_claim(self):
        claim = self.api.claim('alarms')
        self.api.delete(f'/queues/alarms/claims/{claim.id}')
        self.assertRefused(400, self.delete(self.ids[0], claim.id))

    def test_with_a_malformed_claim(self):
        self.api.claim('alarms', limit=1)
        for id in self.ids[:2]:
            for claim_id in MALFORMED:
                self.assertRefused(400, self.delete(id, claim_id))

    def test_what_is_deleted_under_a_claim_never_comes_back(self):
        claim = self.api.claim('alarms', ttl=60)
        self.delete(self.ids[0], claim.id)
        self.clock.advance(60)
        self.assertEqual(['two', 'three'], self.api.bodies('alarms'))
        self.assertEqual(['two', 'three'], self.api.claim('alarms').bodies)


class TestBulkDelete(DeleteTest):

    scenarios = base.scenarios(*wire.ALL)

    def test_several(self):
        response = self.api.delete(PATH, ids=f'{self.ids[0]},{self.ids[2]}')
        self.assertStatus(204, response)
        self.assertEqual(['two'], self.left())

    def test_repeated_parameters(self):
        self.api.delete(PATH, ids=[self.ids[0], self.ids[1]])
        self.assertEqual(['three'], self.left())

    def test_claimed_ones_too(self):
        claim = self.api.claim('alarms', limit=2)
        self.assertStatus(204, self.api.delete(PATH, ids=self.ids))
        self.assertEqual([], self.left())
        self.assertEqual([], self.api.show_claim('alarms', claim.id)['messages'])

    def test_claim_ids_do_not_matter(self):
        self.assertStatus(204, self.api.delete(PATH, ids=self.ids[0], claim_ids='nonsense'))
        self.assertEqual(['two', 'three'], self.left())

    def test_never_an_error(self):
        for ids in (self.ids, self.ids, ['nonsense', 'ж', '%00', '0'], self.ids[:1] * 2):
            self.assertStatus(204, self.api.delete(PATH, ids=ids))
            self.assertStatus(204, self.api.delete('/queues/absent/messages', ids=ids))

    def test_of_another_queue(self):
        self.api.create('other')
        [other] = self.api.post('other', 'other')
        self.api.delete(PATH, ids=[other, self.ids[0]])
        self.assertEqual((['two', 'three'], ['other']), (self.left(), self.api.bodies('other')))

    def test_how_many(self):
        nowhere = [f'x{number}' for number in range(20)]
        self.assertStatus(204, self.api.delete(PATH, ids=nowhere))
        for ids in (nowhere + self.ids[:1], ','.join(nowhere + self.ids[:1])):
            self.assertError(400, 'Invalid API request', self.api.delete(PATH, ids=ids))
        self.assertEqual(3, len(self.left()))

    def test_no_ids(self):
        title = 'Missing parameter' if self.version is wire.V1 else 'Invalid API request'
        for query in ({}, {'ids': ''}, {'limit': 5}):
            self.assertError(400, title, self.api.delete(PATH, **query))
        self.assertEqual(3, len(self.left()))


class TestWithClaimIds(DeleteTest):
    """v2 § 4.6: message_delete_with_claim_id."""

    scenarios = base.scenarios(wire.V2)
    options = {'transport.message_delete_with_claim_id': True}

    def test_claim_ids_are_needed(self):
        for query in ({}, {'claim_ids': ''}):
            self.assertError(400, 'Invalid API request',
                             self.api.delete(PATH, ids=self.ids, **query))
        self.assertEqual(3, len(self.left()))

    def test_each_under_one_of_these_claims(self):
        one, two = [self.api.claim('alarms', limit=1) for _ in range(2)]
        for ids, claims in ((self.ids[:2], [one.id]), (self.ids, [one.id, two.id]),
                            (self.ids[:1], [two.id]), (self.ids[:1], [WELL_FORMED]),
                            (self.ids[2:], [one.id]), (self.ids[:1], ['nonsense'])):
            response = self.api.delete(PATH, ids=ids, claim_ids=claims)
            self.assertError(403, 'Unable to delete', response)
            self.assertEqual(3, len(self.left()))
        response = self.api.delete(PATH, ids=self.ids[:2], claim_ids=f'{one.id},{two.id}')
        self.assertStatus(204, response)
        self.assertEqual(['three'], self.left())

    def test_not_for_one(self):
        self.assertStatus(204, self.api.delete(f'{PATH}/{self.ids[0]}'))

    def test_not_for_pop(self):
        self.assertEqual(['one'], [message['body'] for message in self.api.pop('alarms', 1)])
