"""Purging a queue. v2 § 3.8."""

from tests.api import base
from tests.api import wire


class TestPurge(base.ApiTest):

    scenarios = base.scenarios(wire.V2)

    def setUp(self):
        super().setUp()
        self.api.create('alarms', team='ops')
        self.ids = self.api.post('alarms', 'one', 'two', 'three')

    def purge(self, *document, queue='alarms', **kwargs):
        return self.api.request('POST', f'/queues/{queue}/purge', *document, **kwargs)

    def assertGone(self):
        self.assertEqual((0, 0, 0), self.api.counts('alarms'))
        self.assertEqual([], self.api.list('alarms', include_claimed=True, include_delayed=True))

    def test_without_a_body(self):
        response = self.purge()
        self.assertStatus(204, response)
        self.assertGone()

    def test_what_is_purged(self):
        for types, left in ((['messages'], 0), (['messages', 'subscriptions'], 0),
                            (['subscriptions', 'messages'], 0), (['subscriptions'], 3), ([], 3)):
            self.api.delete('/queues/alarms')
            self.api.post('alarms', 'one', 'two', 'three')
            self.assertStatus(204, self.purge({'resource_types': types, 'more': 1}))
            self.assertEqual((left, 0, left), self.api.counts('alarms'), types)

    def test_all_kinds_of_messages_go(self):
        claim = self.api.claim('alarms', limit=1)
        self.api.post('alarms', 'later', delay=100)
        self.purge()
        self.assertGone()
        self.clock.advance(400)
        self.assertGone()
        self.assertIsNone(self.api.claim('alarms'))
        self.assertEqual([], self.api.pop('alarms', 5))
        for id in self.ids:
            self.assertStatus(404, self.api.get(f'/queues/alarms/messages/{id}'))
            self.assertStatus(204, self.api.delete(f'/queues/alarms/messages/{id}'))
        self.assertStatus(204, self.api.delete(f'/queues/alarms/claims/{claim.id}'))

    def test_the_queue_goes_on(self):
        [marker] = [message['id'] for message in self.api.list('alarms')][-1:]
        self.purge()
        self.assertEqual('ops', self.api.get('/queues/alarms').json['team'])
        self.api.post('alarms', 'new')
        self.assertEqual(['new'], self.api.bodies('alarms'))
        self.assertEqual(['new'], self.api.bodies('alarms', marker=marker))
        self.assertEqual((1, 0, 1), self.api.counts('alarms'))
        self.assertEqual(['new'], self.api.claim('alarms').bodies)

    def test_other_queues_stay(self):
        self.api.post('builds', 'mine')
        other = self.caller(project='another')
        other.post('alarms', 'theirs')
        self.purge()
        self.assertEqual((['mine'], ['theirs']),
                         (self.api.bodies('builds'), other.bodies('alarms')))

    def test_no_such_queue(self):
        for document in ([], [{'resource_types': ['messages']}]):
            self.assertStatus(204, self.purge(*document, queue='absent'))
        self.assertEqual(['alarms'], [queue['name']
                                      for queue in self.api.get('/queues').json['queues']])

    def test_twice(self):
        for _ in range(2):
            self.assertStatus(204, self.purge())
        self.assertGone()


class TestBadPurges(base.ApiTest):

    # SQLite alone: nothing gets as far as the storage.
    scenarios = base.scenarios(wire.V2, databases=False)

    def test_refused(self):
        self.api.post('alarms', 'one')
        path = '/queues/alarms/purge'
        for document in ({}, {'more': 1}, {'resource_types': None}, {'resource_types': 'messages'},
                         {'resource_types': {}}, {'resource_types': ['queues']},
                         {'resource_types': ['messages', 'x']}, {'resource_types': [1]},
                         {'resource_types': [['messages']]}, {'resource_types': [{}]}):
            self.assertError(400, 'Invalid API request', self.api.request('POST', path, document))
        for body in (b'{broken', b'[]', b'"x"', b'7', b'null', b'["messages"]'):
            response = self.api.request('POST', path, body=body)
            self.assertStatus(400, response)
            self.assertIn(response.json['title'], ('Invalid API request', 'Invalid request body'))
        self.assertEqual(['one'], self.api.bodies('alarms'))
