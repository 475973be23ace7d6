"""Parameters in the query string, and the pages they ask for. v1 § 2.4; v1.1 § 2.4; v2 § 2.3."""

from tests.api import base
from tests.api import wire

MESSAGES, CLAIMS = '/queues/alarms/messages', '/queues/alarms/claims'
NO_INTEGERS = ('x', '1.0', '1e1', '0x1', 'true', 'null', '[]', '--1', '1 2', '١', 'ж', '\x00',
               '%', '1_0')
NO_BOOLEANS = ('2', 'x', 'yess', 'null', '[]', 'tru', 'ж', '\x00', '1.0', '-1')


class TestParameters(base.ApiTest):

    # SQLite alone: parameters are checked before the storage is asked.
    scenarios = base.scenarios(*wire.ALL, databases=False)

    def setUp(self):
        super().setUp()
        self.api.create('alarms')
        self.api.post('alarms', 'one')

    def limited(self, **query):
        """An answer of every operation that takes a limit."""
        yield self.api.get('/queues', **query)
        yield self.api.get(MESSAGES, echo=True, **query)
        yield self.api.request('POST', CLAIMS, {'ttl': 60, 'grace': 60}, **query)

    def test_limits_at_the_edges(self):
        for limit in (1, 20, '01', '+5'):
            for response in self.limited(limit=limit):
                self.assertIn(response.status_int, (200, 201, 204), response.text)
                self.api.post('alarms', 'more')
        for limit in (0, 21, -1, 10 ** 12, -2 ** 63, 2 ** 64, '9' * 5000):
            for response in self.limited(limit=limit):
                self.assertError(400, 'Invalid API request', response)

    def test_no_integers(self):
        for limit in NO_INTEGERS:
            for response in self.limited(limit=limit):
                self.assertStatus(400, response)
                self.assertEqual('Invalid parameter', response.json['title'], limit[:20])
                if limit != '\x00':  # which is refused before parameters are told apart
                    self.assertIn('limit', response.json['description'])

    def test_no_booleans(self):
        for word in NO_BOOLEANS:
            for path, name in (('/queues', 'detailed'), (MESSAGES, 'echo'),
                               (MESSAGES, 'include_claimed')):
                response = self.api.get(path, **{name: word})
                self.assertError(400, 'Invalid parameter', response)
                if word != '\x00':
                    self.assertIn(name, response.json['description'])
        if self.version is wire.V2:
            for path, name in (('/queues', 'with_count'), (MESSAGES, 'include_delayed')):
                self.assertError(400, 'Invalid parameter', self.api.get(path, **{name: 'x'}))

    def test_booleans(self):
        for word in ('true', 'True', 't', 'yes', 'y', '1', 'on'):
            [queue] = self.api.get('/queues', detailed=word).json['queues']
            self.assertIn('metadata', queue)
        for word in ('false', 'False', 'f', 'no', 'n', '0', 'off', ''):
            [queue] = self.api.get('/queues', detailed=word).json['queues']
            self.assertNotIn('metadata', queue)

    def test_unknown_ones_are_ignored(self):
        for name in ('x', 'Limit', 'ж', 'limit[]', '', ' ', 'claim'):
            response = self.api.get(MESSAGES, **{name: 'x', 'echo': True})
            self.assertEqual(1, len(response.json['messages']), name)

    def test_an_empty_one_is_absent(self):
        response = self.api.get(MESSAGES + '?limit=&echo=true&marker=&include_claimed=&ids=')
        self.assertEqual(1, len(response.json['messages']))
        self.assertStatus(200, self.api.get('/queues?limit=&marker=&detailed='))

    def test_without_a_value(self):
        response = self.api.get(MESSAGES + '?limit&echo=true&marker&&&=&=x&')
        self.assertEqual(1, len(response.json['messages']))

    def test_percent_encoding(self):
        response = self.api.get(MESSAGES + '?%65cho=%74rue&%6cimit=%31')
        self.assertEqual(1, len(response.json['messages']))
        response = self.api.get('/%71ueues/%61larms/messages?echo=true')
        self.assertEqual(1, len(response.json['messages']))


class TestPages(base.ApiTest):
    """What the operator may allow in one page."""

    # SQLite alone: numbers are checked before the storage is asked.
    scenarios = base.scenarios(*wire.ALL, databases=False)
    options = {'transport.max_queues_per_page': 3, 'transport.max_messages_per_page': 4,
               'transport.max_messages_per_claim_or_pop': 5}

    def setUp(self):
        super().setUp()
        for name in 'abcdef':
            self.api.create(name)
        self.ids = self.api.post('a', *range(30))

    def test_queues(self):
        self.assertEqual(3, len(self.api.get('/queues').json['queues']))
        self.assertEqual(3, len(self.api.get('/queues', limit=3).json['queues']))
        self.assertError(400, 'Invalid API request', self.api.get('/queues', limit=4))

    def test_messages(self):
        self.assertEqual(4, len(self.api.list('a')))
        self.assertEqual(4, len(self.api.list('a', limit=4)))
        self.assertError(400, 'Invalid API request', self.api.get('/queues/a/messages', limit=5))

    def test_ids(self):
        path = '/queues/a/messages'
        self.assertStatus(200, self.api.get(path, ids=self.ids[:4]))
        self.assertError(400, 'Invalid API request', self.api.get(path, ids=self.ids[:5]))
        self.assertError(400, 'Invalid API request', self.api.delete(path, ids=self.ids[:5]))
        self.assertStatus(204, self.api.delete(path, ids=self.ids[:4]))

    def test_claims_and_pops(self):
        self.assertEqual(5, len(self.api.claim('a').messages))
        self.assertError(400, 'Invalid API request', self.api.request(
            'POST', '/queues/a/claims', {'ttl': 60, 'grace': 60}, limit=6))
        if self.version is not wire.V1:
            self.assertEqual(5, len(self.api.pop('a', 5)))
            self.assertError(400, 'Invalid API request',
                             self.api.delete('/queues/a/messages', pop=6))

    def test_more_than_is_usual(self):
        caller = self.caller(app=self.serve({'transport.max_messages_per_page': 100}))
        self.assertEqual(30, len(caller.list('a', limit=100)))
        self.assertEqual(10, len(caller.list('a')))
        self.assertError(400, 'Invalid API request', caller.get('/queues/a/messages', limit=101))
