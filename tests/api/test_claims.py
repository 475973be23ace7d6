"""Claims made, shown, renewed, released. v1 § 6.1–6.4; v1.1 § 5.1–5.4; v2 § 5.1–5.4."""

import re

from tests.api import base
from tests.api import wire

CLAIMS = '/queues/alarms/claims'
NOWHERE = ('ab' * 16, 'nonsense', '0', 'ж', '%00', 'a' * 31, 'a' * 5000)


class ClaimTest(base.ApiTest):

    def setUp(self):
        super().setUp()
        self.api.create('alarms')

    def release(self, claim):
        self.assertStatus(204, self.api.delete(f'{CLAIMS}/{claim.id}'))


class TestClaim(ClaimTest):

    scenarios = base.scenarios(*wire.ALL)

    def test_the_answer(self):
        [id] = self.api.post('alarms', {'job': 7}, ttl=900)
        self.clock.advance(12)
        response = self.api.request('POST', CLAIMS, {'ttl': 300, 'grace': 60})
        self.assertStatus(201, response)
        path = self.version.prefix + '/queues/alarms'
        [claim_id] = re.findall(f'^{re.escape(path)}/claims/([A-Za-z0-9_-]+)$',
                                response.headers['Location'])
        message = {'href': f'{path}/messages/{id}?claim_id={claim_id}', 'ttl': 900, 'age': 12,
                   'body': {'job': 7}}
        if self.version is not wire.V1:
            message['id'] = id
        self.assertEqual(self.version.wrap([message]), response.json)

    def test_nothing_to_claim(self):
        response = self.api.request('POST', CLAIMS, {'ttl': 300, 'grace': 60})
        self.assertStatus(204, response)
        self.assertNotIn('Location', response.headers)

    def test_no_such_queue(self):
        response = self.api.request('POST', '/queues/absent/claims', {'ttl': 300, 'grace': 60})
        self.assertStatus(204, response)
        [queue] = self.api.get('/queues').json['queues']
        self.assertEqual('alarms', queue['name'])

    def test_oldest_first(self):
        self.api.post('alarms', *range(10))
        self.assertEqual([0, 1, 2], self.api.claim('alarms', limit=3).bodies)
        self.assertEqual([3, 4], self.api.claim('alarms', limit=2).bodies)
        self.assertEqual([5, 6, 7, 8, 9], self.api.claim('alarms', limit=20).bodies)
        self.assertIsNone(self.api.claim('alarms'))

    def test_a_message_keeps_its_place(self):
        self.api.post('alarms', *range(4))
        claims = [self.api.claim('alarms', ttl=60 + 60 * number, limit=1) for number in range(4)]
        self.release(claims[2])
        self.clock.advance(60)  # ends the first one's
        self.api.post('alarms', 4)
        self.assertEqual([0, 2, 4], self.api.bodies('alarms'))
        self.assertEqual([0, 2], self.api.claim('alarms', limit=2).bodies)
        self.clock.advance(60)  # ends the second one's
        self.assertEqual([1, 4], self.api.claim('alarms').bodies)

    def test_how_many(self):
        self.api.post('alarms', *range(50))
        for query, number in (({}, 10), ({'limit': 1}, 1), ({'limit': 20}, 20),
                              ({'limit': ''}, 10)):
            self.assertEqual(number, len(self.api.claim('alarms', **query).messages))

    def test_the_limit_is_in_the_query_only(self):
        """openstacksdk puts it into the body."""
        self.api.post('alarms', *range(12))
        response = self.api.request('POST', CLAIMS, {'ttl': 60, 'grace': 60, 'limit': 1, 'x': []})
        self.assertEqual(10, len(self.version.unwrap(response.json)))

    def test_fewer_than_asked_for(self):
        self.api.post('alarms', 'one', 'two')
        self.assertEqual(['one', 'two'], self.api.claim('alarms', limit=20).bodies)

    def test_ones_own_messages_too(self):
        self.api.post('alarms', 'mine')
        self.caller().post('alarms', 'theirs')
        self.assertEqual(['mine', 'theirs'], self.api.claim('alarms').bodies)

    def test_nobody_else_gets_it(self):
        self.api.post('alarms', *range(5))
        taken = []
        for caller in (self.api, self.caller(), self.caller(version=wire.V2)):
            taken += caller.claim('alarms', limit=2).bodies
        self.assertEqual([0, 1, 2, 3, 4], taken)

    def test_expired_messages_are_not_claimed(self):
        self.api.post('alarms', 'short', ttl=60)
        self.api.post('alarms', 'long')
        self.clock.advance(60)
        self.assertEqual(['long'], self.api.claim('alarms').bodies)

    def test_it_ends_at_its_second(self):
        self.api.post('alarms', 'one')
        claim = self.api.claim('alarms', ttl=60)
        self.clock.advance(59.999)
        self.assertIsNone(self.api.claim('alarms'))
        self.assertEqual(59, self.api.show_claim('alarms', claim.id)['age'])
        self.clock.advance(0.001)
        self.assertError(404, 'Not found', self.api.get(f'{CLAIMS}/{claim.id}'))
        again = self.api.claim('alarms')
        self.assertEqual(['one'], again.bodies)
        self.assertNotEqual(claim.id, again.id)


class TestShowClaim(ClaimTest):

    scenarios = base.scenarios(*wire.ALL)

    def test_what_is_shown(self):
        self.api.post('alarms', 'one', 'two', ttl=900)
        claim = self.api.claim('alarms', ttl=100)
        self.clock.advance(19)
        path = f'{self.version.prefix}{CLAIMS}/{claim.id}'
        response = self.api.get(path)
        self.assertStatus(200, response)
        messages = [{**message, 'age': 19} for message in claim.messages]
        self.assertEqual({'href': path, 'ttl': 100, 'age': 19, 'messages': messages},
                         response.json)
        self.assertContentLocation(path, response)

    def test_those_that_are_left(self):
        self.api.post('alarms', 'one', 'two', 'three')
        claim = self.api.claim('alarms')
        self.api.delete(claim.messages[1]['href'])
        self.assertEqual(['one', 'three'], [message['body'] for message in self.api.show_claim(
            'alarms', claim.id)['messages']])
        for number in (0, 2):
            self.api.delete(claim.messages[number]['href'])
        self.assertEqual([], self.api.show_claim('alarms', claim.id)['messages'])
        self.assertStatus(204, self.api.patch(f'{CLAIMS}/{claim.id}', {'ttl': 60}))

    def test_not_there(self):
        self.api.post('alarms', 'one')
        claim = self.api.claim('alarms')
        self.api.create('other')
        for path in [f'{CLAIMS}/{id}' for id in NOWHERE] + [
                f'/queues/{queue}/claims/{claim.id}' for queue in ('absent', 'other')]:
            self.assertError(404, 'Not found', self.api.get(path))
            self.assertError(404, 'Not found', self.api.patch(path, {'ttl': 60, 'grace': 60}))
            self.assertStatus(204, self.api.delete(path))
        self.assertEqual(1, len(self.api.show_claim('alarms', claim.id)['messages']))


class TestRenew(ClaimTest):

    scenarios = base.scenarios(*wire.ALL)

    def setUp(self):
        super().setUp()
        self.api.post('alarms', 'one', 'two')
        self.claim = self.api.claim('alarms', ttl=60)
        self.path = f'{CLAIMS}/{self.claim.id}'

    def test_its_age_starts_again(self):
        self.clock.advance(50)
        response = self.api.patch(self.path, {'ttl': 100, 'grace': 60})
        self.assertStatus(204, response)
        shown = self.api.show_claim('alarms', self.claim.id)
        self.assertEqual((100, 0), (shown['ttl'], shown['age']))
        self.clock.advance(99.9)
        self.assertIsNone(self.api.claim('alarms'))
        self.assertEqual((100, 99), tuple(self.api.show_claim('alarms', self.claim.id)[key]
                                          for key in ('ttl', 'age')))
        self.clock.advance(0.1)
        self.assertStatus(404, self.api.get(self.path))
        self.assertEqual(['one', 'two'], self.api.claim('alarms').bodies)

    def test_it_may_be_shortened(self):
        self.api.patch(self.path, {'ttl': 1000})
        self.api.patch(self.path, {'ttl': 60})
        self.clock.advance(60)
        self.assertEqual(['one', 'two'], self.api.claim('alarms').bodies)

    def test_too_late(self):
        self.clock.advance(60)
        self.assertError(404, 'Not found', self.api.patch(self.path, {'ttl': 60, 'grace': 60}))
        claim = self.api.claim('alarms')
        self.assertError(404, 'Not found', self.api.patch(self.path, {'ttl': 60, 'grace': 60}))
        self.release(claim)
        self.assertError(404, 'Not found',
                         self.api.patch(f'{CLAIMS}/{claim.id}', {'ttl': 60, 'grace': 60}))

    def test_members_that_are_not_known(self):
        self.assertStatus(204, self.api.patch(self.path, {'ttl': 77, 'grace': 60, 'limit': 'x'}))
        self.assertEqual(77, self.api.show_claim('alarms', self.claim.id)['ttl'])

    def test_an_empty_object(self):
        response = self.api.patch(self.path, {})
        if self.version is wire.V1:
            self.assertError(400, 'Invalid request body', response)
        else:
            self.assertStatus(204, response)
            self.assertEqual(300, self.api.show_claim('alarms', self.claim.id)['ttl'])


class TestRelease(ClaimTest):

    scenarios = base.scenarios(*wire.ALL)

    def test_free_at_once(self):
        self.api.post('alarms', *range(4))
        claim = self.api.claim('alarms', limit=3)
        self.api.delete(claim.messages[0]['href'])
        self.assertStatus(204, self.api.delete(f'{CLAIMS}/{claim.id}'))
        self.assertEqual([1, 2, 3], self.api.bodies('alarms'))
        self.assertError(404, 'Not found', self.api.get(f'{CLAIMS}/{claim.id}'))
        self.assertEqual([1, 2, 3], self.api.claim('alarms').bodies)
        self.assertStatus(204, self.api.delete(f'{CLAIMS}/{claim.id}'))
        self.assertIsNone(self.api.claim('alarms'))

    def test_others_stay(self):
        self.api.post('alarms', 'one', 'two')
        one, two = [self.api.claim('alarms', limit=1) for _ in range(2)]
        self.release(one)
        self.assertEqual(['one'], self.api.bodies('alarms'))
        self.assertEqual(1, len(self.api.show_claim('alarms', two.id)['messages']))


class TestClaimValues(ClaimTest):

    # SQLite alone: values are checked before the storage is asked.
    scenarios = base.scenarios(*wire.ALL, databases=False)

    def setUp(self):
        super().setUp()
        self.api.post('alarms', *range(20))
        self.claim = self.api.claim('alarms', limit=1)

    def create(self, *document, **kwargs):
        return self.api.request('POST', CLAIMS, *document, limit=1, **kwargs)

    def renew(self, *document, **kwargs):
        return self.api.patch(f'{CLAIMS}/{self.claim.id}', *document, **kwargs)

    def test_range(self):
        for request, done in ((self.create, 201), (self.renew, 204)):
            for ttl, grace in ((60, 60), (43200, 43200)):
                self.assertStatus(done, request({'ttl': ttl, 'grace': grace}))
            for ttl, grace in ((59, 60), (43201, 60), (60, 59), (60, 43201), (0, 60), (-1, 60),
                               (60, -5), (60, 999999), (2 ** 63 - 1, 60), (60, -2 ** 63)):
                self.assertError(400, 'Invalid API request',
                                 request({'ttl': ttl, 'grace': grace}))

    def test_types(self):
        for request in (self.create, self.renew):
            for value in ('60', 60.0, True, False, [], {}, 'x'):
                for document in ({'ttl': value, 'grace': 60}, {'ttl': 60, 'grace': value}):
                    self.assertError(400, 'Invalid request body', request(document))
            for body in (b'{broken', b'[]', b'[{"ttl": 60, "grace": 60}]', b'"x"', b'7', b'null',
                         b'{"ttl": 60, "grace": 9223372036854775808}', b'{"ttl": NaN}',
                         b'{"ttl": 60, "grace": 60, "x": 9223372036854775808}'):
                self.assertError(400, 'Invalid request body', request(body=body))

    def test_a_renewal_needs_a_body(self):
        self.assertError(400, 'Invalid request body', self.renew())

    def test_what_may_be_left_out(self):
        """v1: nothing on creation. Later versions: everything, null included."""
        documents = [{'ttl': 60}, {'grace': 60}, {}, {'ttl': None, 'grace': None},
                     {'ttl': 60, 'grace': None}, {'ttl': None, 'grace': 60}]
        for document in documents:
            response = self.create(document)
            if self.version is wire.V1:
                self.assertError(400, 'Invalid request body', response)
            else:
                self.assertStatus(201, response)
                claim = self.api.get(response.headers['Location']).json
                self.assertEqual(document.get('ttl') or 300, claim['ttl'])
        response = self.create()
        self.assertStatus(400 if self.version is wire.V1 else 201, response)

    def test_what_may_be_left_out_of_a_renewal(self):
        for document in ({'ttl': 60}, {'ttl': 60, 'grace': 60}):
            self.assertStatus(204, self.renew(document))
        for document in ({'grace': 60}, {'ttl': None, 'grace': 60}):
            response = self.renew(document)
            if self.version is wire.V1:
                self.assertError(400, 'Invalid request body', response)
            else:
                self.assertStatus(204, response)

    def test_no_grace_in_v1(self):
        """v1 § 6.3: 0 means none there, as absent does; elsewhere it is out of range."""
        response = self.renew({'ttl': 60, 'grace': 0})
        self.assertStatus(204 if self.version is wire.V1 else 400, response)

    def test_limit(self):
        body = {'ttl': 60, 'grace': 60}
        for limit in (0, 21, -1, 10 ** 9):
            self.assertError(400, 'Invalid API request',
                             self.api.request('POST', CLAIMS, body, limit=limit))
        for limit in ('x', '1.5', 'true', '1e1', ' '):
            self.assertError(400, 'Invalid parameter',
                             self.api.request('POST', CLAIMS, body, limit=limit))
        self.assertEqual((19, 1, 20), self.api.counts('alarms'))

    def test_the_options(self):
        caller = self.caller(app=self.serve({
            'transport.max_claim_ttl': 100, 'transport.max_claim_grace': 110,
            'transport.max_messages_per_claim_or_pop': 3}))
        for ttl, grace, status in ((100, 110, 201), (101, 60, 400), (60, 111, 400)):
            response = caller.request('POST', CLAIMS, {'ttl': ttl, 'grace': grace}, limit=1)
            self.assertStatus(status, response)
        for limit, status in ((3, 201), (4, 400)):
            response = caller.request('POST', CLAIMS, {'ttl': 60, 'grace': 60}, limit=limit)
            self.assertStatus(status, response)
        # The default page is not more than the most.
        self.assertEqual(3, len(caller.claim('alarms', ttl=60).messages))
