"""Messages by their ids. v1 § 5.3, § 5.4; v1.1 § 4.3, § 4.4; v2 § 4.4, § 4.5."""

from tests.api import base
from tests.api import wire

PATH = '/queues/alarms/messages'
NOWHERE = ('nonsense', '0', '-1', 'ж', '%00', '0' * 500, 'a' * 32, "';--", 'f' * 16, '~')


class TestGet(base.ApiTest):

    scenarios = base.scenarios(*wire.ALL)

    def setUp(self):
        super().setUp()
        self.api.create('alarms')
        self.ids = self.api.post('alarms', 'one', 'two', 'three')

    def get(self, *ids, status=200, **query):
        """The bodies of messages, by their ids."""
        response = self.api.get(PATH, ids=','.join(ids), **query)
        self.assertStatus(status, response)
        self.assertContentLocation(response.request.path_qs, response)
        if self.version is not wire.V1:
            self.assertEqual({'messages'}, set(response.json))
        return [message['body'] for message in self.version.unwrap(response.json)]

    def assertNotFound(self, response):
        self.assertStatus(self.version.ids_not_found, response)
        if response.status_int == 404:
            self.assertEqual('Not found', response.json['title'])

    def test_one(self):
        self.clock.advance(12)
        response = self.api.get(f'{PATH}/{self.ids[1]}')
        self.assertStatus(200, response)
        expected = {'href': f'{self.version.prefix}{PATH}/{self.ids[1]}', 'ttl': 3600, 'age': 12,
                    'body': 'two'}
        if self.version is not wire.V1:
            expected['id'] = self.ids[1]
        self.assertEqual(expected, response.json)
        self.assertContentLocation(f'{self.version.prefix}{PATH}/{self.ids[1]}', response)

    def test_one_that_is_not_there(self):
        for id in NOWHERE:
            self.assertError(404, 'Not found', self.api.get(f'{PATH}/{id}'))
        self.api.create('other')
        for queue in ('absent', 'other'):
            self.assertError(404, 'Not found',
                             self.api.get(f'/queues/{queue}/messages/{self.ids[0]}'))

    def test_of_another_queue(self):
        self.api.create('other')
        [other] = self.api.post('other', 'other')
        self.assertError(404, 'Not found', self.api.get(f'{PATH}/{other}'))
        self.assertNotFound(self.api.get(PATH, ids=other))
        self.assertEqual(['one'], self.get(other, self.ids[0]))

    def test_several(self):
        self.assertEqual({'one', 'two', 'three'}, set(self.get(*self.ids)))
        self.assertEqual(['two'], self.get(self.ids[1]))

    def test_repeated_parameters(self):
        """As zaqarclient sends them."""
        response = self.api.get(PATH, ids=[self.ids[0], self.ids[2]])
        self.assertEqual(['one', 'three'], [
            message['body'] for message in self.version.unwrap(response.json)])
        response = self.api.get(PATH, ids=[f'{self.ids[0]},{self.ids[1]}', self.ids[2]])
        self.assertEqual(3, len(self.version.unwrap(response.json)))

    def test_those_that_are_not_there_are_skipped(self):
        self.api.delete(f'{PATH}/{self.ids[1]}')
        self.assertEqual(['one', 'three'], self.get(*self.ids, 'nonsense', '', '%00'))

    def test_none_left(self):
        self.api.delete(PATH, ids=self.ids)
        self.assertNotFound(self.api.get(PATH, ids=self.ids))
        self.assertNotFound(self.api.get(PATH, ids=NOWHERE))
        self.assertNotFound(self.api.get('/queues/absent/messages', ids=self.ids))

    def test_claimed_ones_too(self):
        claim = self.api.claim('alarms', limit=1)
        self.assertEqual(['one', 'two'], self.get(*self.ids[:2]))
        href = self.api.show('alarms', self.ids[0])['href']
        suffix = '' if self.version is wire.V1 else f'?claim_id={claim.id}'
        self.assertEqual(f'{self.version.prefix}{PATH}/{self.ids[0]}{suffix}', href)

    def test_other_parameters_do_not_matter(self):
        self.assertEqual(['one', 'two', 'three'],
                         self.get(*self.ids, limit=1, echo=False, marker=self.ids[1]))

    def test_no_ids_is_a_list(self):
        response = self.api.get(PATH, ids='', echo=True)
        self.assertEqual({'messages', 'links'}, set(response.json))

    def test_how_many(self):
        nowhere = [f'x{number}' for number in range(30)]
        self.assertNotFound(self.api.get(PATH, ids=nowhere[:20]))
        for ids in (nowhere[:21], ','.join(nowhere)):
            self.assertError(400, 'Invalid API request', self.api.get(PATH, ids=ids))
        self.assertEqual(3, len(self.get(*self.ids, *nowhere[:17])))
