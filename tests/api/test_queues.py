"""Queues made, shown and deleted. v1 § 2.2, § 4.1–4.3; v1.1 § 3.2–3.4; v2 § 2.2, § 3.1–3.4."""

from urllib import parse

from tests.api import base
from tests.api import wire

RIGHT_NAMES = ('a', 'A', '0', '_', '-', '.', 'a.b', 'a-b_c.d', '...', 'x' * 64)
WRONG_NAMES = ('x' * 65, 'x' * 5000, 'a b', ' ', 'a\n', '\n', 'abc\n', 'a\r', 'a\x00', 'ä', 'a+b',
               'a*', 'a:b', 'a@b', 'a%b', 'a,b', 'a;b', 'a?b', 'a#b', 'a~', "a'b", 'a"b', '$', '日本',
               'a\\b', '%2F')


class TestQueues(base.ApiTest):

    scenarios = base.scenarios(*wire.ALL)

    def test_a_queue_is_made_once(self):
        location = self.version.prefix + '/queues/alarms'
        for status in (201, 204, 204):
            response = self.api.put('/queues/alarms')
            self.assertStatus(status, response)
            self.assertEqual(location, response.headers['Location'])
            self.assertEqual(b'', response.body)

    def test_deleting_is_never_an_error(self):
        self.assertStatus(204, self.api.delete('/queues/alarms'))
        self.api.create('alarms')
        for _ in range(2):
            self.assertStatus(204, self.api.delete('/queues/alarms'))
        self.assertStatus(201, self.api.put('/queues/alarms'))

    def test_messages_and_claims_go_with_their_queue(self):
        self.api.create('alarms')
        ids = self.api.post('alarms', 'one', 'two', 'three')
        claim = self.api.claim('alarms', limit=1)
        self.api.delete('/queues/alarms')

        self.assertEqual([], self.api.list('alarms', include_claimed=True))
        self.api.create('alarms')
        self.assertEqual([], self.api.list('alarms', include_claimed=True))
        self.assertEqual((0, 0, 0), self.api.counts('alarms'))
        for id in ids:
            self.assertStatus(404, self.api.get(f'/queues/alarms/messages/{id}'))
        self.assertStatus(404, self.api.get(f'/queues/alarms/claims/{claim.id}'))
        self.assertIsNone(self.api.claim('alarms'))

    def test_a_new_queue_of_an_old_name_starts_afresh(self):
        self.api.create('alarms', team='ops')
        [old] = self.api.post('alarms', 'old')
        self.api.delete('/queues/alarms')
        self.api.create('alarms')
        self.api.post('alarms', 'new')
        self.assertEqual(['new'], self.api.bodies('alarms'))
        self.assertStatus(204, self.api.delete(f'/queues/alarms/messages/{old}'))
        self.assertEqual(['new'], self.api.bodies('alarms'))

    def test_names_differ_by_case(self):
        self.api.create('alarms')
        self.api.create('Alarms')
        self.api.post('alarms', 'small')
        self.api.post('Alarms', 'big')
        self.assertEqual((['small'], ['big']),
                         (self.api.bodies('alarms'), self.api.bodies('Alarms')))
        self.api.delete('/queues/ALARMS')
        self.api.delete('/queues/Alarms')
        self.assertEqual((['small'], []), (self.api.bodies('alarms'), self.api.bodies('Alarms')))

    def test_names_do_not_meet_across_projects(self):
        other = self.caller(project='another')
        self.api.create('alarms')
        self.assertStatus(201, other.put('/queues/alarms'))
        other.post('alarms', 'theirs')
        self.assertEqual([], self.api.list('alarms'))
        self.api.delete('/queues/alarms')
        self.assertEqual(['theirs'], other.bodies('alarms'))

    def test_right_names(self):
        for name in RIGHT_NAMES:
            response = self.api.put(f'/queues/{name}')
            self.assertStatus(201, response)
            self.assertEqual(f'{self.version.prefix}/queues/{name}', response.headers['Location'])


class TestQueueNames(base.ApiTest):

    # SQLite alone: names are checked before the storage is asked.
    scenarios = base.scenarios(*wire.ALL, databases=False)

    def test_wrong_names(self):
        for name in WRONG_NAMES:
            response = self.api.put('/queues/' + parse.quote(name, safe=''))
            self.assertError(400, 'Invalid queue identification', response)

    def test_wrong_names_everywhere(self):
        for tail in ('', '/stats', '/messages', '/messages?ids=1', '/messages/1', '/claims/1',
                     '/metadata' if self.version is wire.V1 else ''):
            for name in ('a%20b', 'x' * 65, 'abc%0A', '%C3%A4'):
                response = self.api.get(f'/queues/{name}{tail}')
                self.assertError(400, 'Invalid queue identification', response)


class TestShowV1(base.ApiTest):
    """v1 § 4.2: GET and HEAD tell whether there is a queue, and no more."""

    scenarios = base.scenarios(wire.V1)

    def test_exists(self):
        self.api.create('alarms', team='ops')
        for method in ('GET', 'HEAD'):
            response = self.api.request(method, '/queues/alarms')
            self.assertStatus(204, response)
            self.assertContentLocation('/v1/queues/alarms', response)

    def test_does_not_exist(self):
        self.assertError(404, 'Not found', self.api.get('/queues/alarms'))
        self.assertStatus(404, self.api.head('/queues/alarms'))

    def test_the_body_of_put_is_ignored(self):
        for body in (b'{"team": "ops"}', b'{broken', b'[]', b'"x"', b'\x00\xff', b'{"_x": 1}',
                     b'{"_default_message_ttl": 1}', b' ' * 70000):
            self.assertIn(self.api.put('/queues/alarms', body=body).status_int, (201, 204))
            self.assertEqual({}, self.api.get('/queues/alarms/metadata').json)


class TestShow(base.ApiTest):
    """v1.1 § 3.2, § 3.3; v2 § 3.1, § 3.3: metadata come with PUT and stay as they are."""

    scenarios = base.scenarios(wire.V1_1, wire.V2)

    SEVEN = {'_max_messages_post_size': 262144, '_default_message_ttl': 3600,
             '_default_message_delay': 0, '_dead_letter_queue': None,
             '_dead_letter_queue_messages_ttl': None, '_max_claim_count': None,
             '_enable_encrypt_messages': False}

    def shown(self, **metadata):
        """What GET shows of a queue with these metadata."""
        return metadata if self.version is wire.V1_1 else {**self.SEVEN, **metadata}

    def metadata(self, queue='alarms'):
        response = self.api.get(f'/queues/{queue}')
        self.assertStatus(200, response)
        return response.json

    def test_without_metadata(self):
        self.api.put('/queues/alarms')
        self.assertEqual(self.shown(), self.metadata())

    def test_every_name_is_valid(self):
        self.assertEqual(self.shown(), self.metadata('absent'))
        self.assertEqual([], self.api.get('/queues').json['queues'])

    def test_metadata(self):
        metadata = {'team': 'ops', 'number': 7, 'list': [1, {'a': None}], 'object': {'b': 1.5},
                    'nothing': None, 'yes': True, 'ключ': 'значение 🐎', '': 'empty', '_mine': 1}
        self.assertStatus(201, self.api.put('/queues/alarms', metadata))
        self.assertEqual(self.shown(**metadata), self.metadata())

    def test_metadata_of_an_existing_queue_stay(self):
        self.api.put('/queues/alarms', {'team': 'ops'})
        response = self.api.put('/queues/alarms', {'team': 'dev', 'more': 1})
        self.assertStatus(204, response)
        self.assertEqual(self.version.prefix + '/queues/alarms', response.headers['Location'])
        self.assertEqual(self.shown(team='ops'), self.metadata())

    def test_metadata_of_an_existing_queue_are_validated_nevertheless(self):
        self.api.put('/queues/alarms')
        self.assertError(400, 'Invalid API request',
                         self.api.put('/queues/alarms', {'_default_message_ttl': 1}))
        self.assertError(400, 'Invalid request body', self.api.put('/queues/alarms', [1]))

    def test_a_refused_put_leaves_no_queue(self):
        for document in ([], 'x', {'_default_message_ttl': 1}):
            self.assertStatus(400, self.api.put('/queues/alarms', document))
        self.assertEqual([], self.api.get('/queues').json['queues'])

    def test_a_name_of_its_own(self):
        """openstacksdk puts the queue's name into the body."""
        self.api.put('/queues/alarms', {'name': 'alarms', 'description': 'of all kinds'})
        self.assertEqual(self.shown(name='alarms', description='of all kinds'), self.metadata())

    def test_no_content_location(self):
        self.assertNotIn('Content-Location', self.api.get('/queues/alarms').headers)
