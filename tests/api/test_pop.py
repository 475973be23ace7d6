"""Popping messages. v1.1 § 4.6; v2 § 4.6; v1 § 5.5 has none."""

from tests.api import base
from tests.api import wire

PATH = '/queues/alarms/messages'


class TestPop(base.ApiTest):

    scenarios = base.scenarios(wire.V1_1, wire.V2)

    def bodies(self, number):
        return [message['body'] for message in self.api.pop('alarms', number)]

    def test_what_is_shown(self):
        [id] = self.api.post('alarms', {'disk': 'full'}, ttl=900)
        self.clock.advance(37)
        response = self.api.delete(PATH, pop=1)
        self.assertStatus(200, response)
        self.assertEqual({'messages': [{
            'id': id, 'ttl': 900, 'age': 37, 'body': {'disk': 'full'}, 'claim_id': None,
            'claim_count': 0}]}, response.json)

    def test_oldest_first_and_gone_at_once(self):
        ids = self.api.post('alarms', *range(7))
        self.assertEqual([0, 1, 2], self.bodies(3))
        self.assertStatus(404, self.api.get(f'{PATH}/{ids[0]}'))
        self.assertEqual((4, 0, 4), self.api.counts('alarms'))
        self.assertEqual([3, 4, 5, 6], self.bodies(20))
        self.assertEqual([], self.bodies(20))

    def test_nothing(self):
        self.api.create('alarms')
        for queue in ('absent', 'alarms'):
            response = self.api.delete(f'/queues/{queue}/messages', pop=5)
            self.assertEqual((200, {'messages': []}), (response.status_int, response.json))

    def test_claimed_messages_are_left(self):
        self.api.post('alarms', 'one', 'two', 'three')
        self.api.claim('alarms', ttl=60, limit=2)
        self.assertEqual(['three'], self.bodies(5))
        self.clock.advance(60)
        popped = self.api.pop('alarms', 5)
        self.assertEqual(['one', 'two'], [message['body'] for message in popped])
        self.assertEqual([None, None], [message['claim_id'] for message in popped])

    def test_the_number_of_claims(self):
        self.api.post('alarms', 'one')
        for _ in range(2):
            self.api.delete(f'/queues/alarms/claims/{self.api.claim("alarms").id}')
        [popped] = self.api.pop('alarms', 1)
        self.assertEqual((2, None), (popped['claim_count'], popped['claim_id']))

    def test_ones_own_too(self):
        self.api.post('alarms', 'mine')
        self.caller().post('alarms', 'theirs')
        self.assertEqual(['mine', 'theirs'], self.bodies(5))

    def test_expired_messages_are_not_popped(self):
        self.api.post('alarms', 'short', ttl=60)
        self.api.post('alarms', 'long')
        self.clock.advance(60)
        self.assertEqual(['long'], self.bodies(5))

    def test_delayed_messages_are_left(self):
        v2 = self.caller(version=wire.V2)
        v2.post('alarms', 'later', delay=30)
        self.assertEqual([], self.bodies(5))
        self.clock.advance(30)
        self.assertEqual(['later'], self.bodies(5))

    def test_how_many(self):
        self.api.post('alarms', *range(45))
        self.assertEqual(1, len(self.bodies(1)))
        self.assertEqual(20, len(self.bodies(20)))
        for number in (0, 21, -1, 10 ** 6):
            self.assertError(400, 'Invalid API request', self.api.delete(PATH, pop=number))
        for number in ('x', '1.5', '1e1', 'true', ' '):
            self.assertError(400, 'Invalid parameter', self.api.delete(PATH, pop=number))
        self.assertEqual((24, 0, 24), self.api.counts('alarms'))

    def test_either_ids_or_pop(self):
        [id] = self.api.post('alarms', 'one')
        for query in ({'ids': id, 'pop': 1}, {}, {'ids': '', 'pop': ''}):
            self.assertError(400, 'Invalid API request', self.api.delete(PATH, **query))
        self.assertEqual(['one'], self.api.bodies('alarms'))
        self.assertEqual(200, self.api.delete(PATH, ids='', pop=1).status_int)


class TestNoPop(base.ApiTest):
    """v1 § 5.5: the parameter is ignored."""

    scenarios = base.scenarios(wire.V1)

    def test_ignored(self):
        self.api.create('alarms')
        ids = self.api.post('alarms', 'one', 'two')
        self.assertError(400, 'Missing parameter', self.api.delete(PATH, pop=1))
        self.assertStatus(204, self.api.delete(PATH, pop=1, ids=ids[1]))
        self.assertEqual(['one'], self.api.bodies('alarms'))
