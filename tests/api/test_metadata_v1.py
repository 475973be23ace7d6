"""v1's own URL for metadata. v1 § 4.5."""

import json

from tests.api import base
from tests.api import wire

PATH = '/queues/alarms/metadata'
LIMIT = 65536


def document_of(size):
    """An object that has ``size`` bytes as JSON."""
    return b'{"k": "' + b'x' * (size - 9) + b'"}'


class TestMetadataV1(base.ApiTest):

    scenarios = base.scenarios(wire.V1)

    def setUp(self):
        super().setUp()
        self.api.create('alarms')

    def metadata(self):
        response = self.api.get(PATH)
        self.assertStatus(200, response)
        self.assertContentLocation('/v1' + PATH, response)
        return response.json

    def test_new(self):
        self.assertEqual({}, self.metadata())

    def test_replaced_whole(self):
        for document in ({'team': 'ops', 'size': 3}, {'list': [1, None, {'a': 1.5}]},
                         {'ключ': '🐎'}, {}):
            response = self.api.put(PATH, document)
            self.assertStatus(204, response)
            self.assertEqual('/v1' + PATH, response.headers['Location'])
            self.assertEqual(document, self.metadata())

    def test_no_such_queue(self):
        for response in (self.api.get('/queues/absent/metadata'),
                         self.api.put('/queues/absent/metadata', {'team': 'ops'})):
            self.assertError(404, 'Not found', response)
        self.assertStatus(404, self.api.get('/queues/absent'))

    def test_not_an_object(self):
        self.api.put(PATH, {'team': 'ops'})
        for body in (b'', b'{broken', b'[]', b'[{"a": 1}]', b'"x"', b'7', b'null', b'true',
                     b'{"a": 9223372036854775808}', b'{"a": NaN}', b'{"a": 1} x'):
            self.assertError(400, 'Invalid request body', self.api.put(PATH, body=body))
        self.assertEqual({'team': 'ops'}, self.metadata())

    def test_keys_that_are_reserved(self):
        for key in ('_x', '_', '_default_message_ttl', '__'):
            self.assertStatus(400, self.api.put(PATH, {'team': 'ops', key: 60}))
        self.assertEqual({}, self.metadata())

    def test_size(self):
        self.assertStatus(204, self.api.put(PATH, body=document_of(LIMIT)))
        self.assertEqual(json.loads(document_of(LIMIT)), self.metadata())
        self.assertError(400, 'Invalid API request',
                         self.api.put(PATH, body=document_of(LIMIT + 1)))
        self.assertEqual(json.loads(document_of(LIMIT)), self.metadata())

    def test_other_versions_see_it(self):
        self.api.put(PATH, {'team': 'ops'})
        for version in (wire.V1_1, wire.V2):
            metadata = self.caller(version=version).get('/queues/alarms').json
            self.assertEqual('ops', metadata['team'])

    def test_it_sees_what_other_versions_stored(self):
        stored = {'team': 'ops', '_default_message_ttl': 300}
        self.caller(version=wire.V2).put('/queues/builds', stored)
        self.assertEqual(stored, self.api.get('/queues/builds/metadata').json)
