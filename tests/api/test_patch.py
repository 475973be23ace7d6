"""Metadata changed by JSON patch. v2 § 3.5."""

from tests.api import base
from tests.api import wire

TYPE = 'application/openstack-messaging-v2.0-json-patch'
SEVEN = {'_max_messages_post_size': 262144, '_default_message_ttl': 3600,
         '_default_message_delay': 0, '_dead_letter_queue': None,
         '_dead_letter_queue_messages_ttl': None, '_max_claim_count': None,
         '_enable_encrypt_messages': False}


def operation(op, key, *value):
    path = key if key.startswith('/') else f'/metadata/{key}'
    return {'op': op, 'path': path, **({'value': value[0]} if value else {})}


def add(key, value):
    return operation('add', key, value)


def replace(key, value):
    return operation('replace', key, value)


def remove(key):
    return operation('remove', key)


class PatchTest(base.ApiTest):

    def setUp(self):
        super().setUp()
        self.api.create('alarms', team='ops', size=3)

    def patch(self, *operations, queue='alarms', type=TYPE, **kwargs):
        return self.api.patch(f'/queues/{queue}', list(operations),
                              headers={'Content-Type': type}, **kwargs)

    def assertPatched(self, metadata, *operations):
        """The patch is done, and answers with the metadata that GET shows as well."""
        response = self.patch(*operations)
        self.assertStatus(200, response)
        self.assertEqual({**SEVEN, **metadata}, response.json)
        self.assertEqual({**SEVEN, **metadata}, self.api.get('/queues/alarms').json)

    def assertRefused(self, status, title, *operations):
        """The patch is refused, and nothing of it was done."""
        before = self.api.get('/queues/alarms').json
        self.assertError(status, title, self.patch(*operations))
        self.assertEqual(before, self.api.get('/queues/alarms').json)


class TestPatch(PatchTest):

    scenarios = base.scenarios(wire.V2)

    def test_add(self):
        self.assertPatched({'team': 'ops', 'size': 3, 'new': [1, {'a': None}]},
                           add('new', [1, {'a': None}]))

    def test_add_overwrites(self):
        self.assertPatched({'team': 'dev', 'size': 3}, add('team', 'dev'))

    def test_replace(self):
        self.assertPatched({'team': {'a': 1}, 'size': 3}, replace('team', {'a': 1}))

    def test_remove(self):
        self.assertPatched({'size': 3}, remove('team'))

    def test_nothing(self):
        self.assertPatched({'team': 'ops', 'size': 3})

    def test_any_value(self):
        for value in (None, False, 0, '', [], {}, 1.5, 'ж', 2 ** 63 - 1, -2 ** 63):
            self.assertPatched({'team': value, 'size': 3}, replace('team', value))

    def test_in_order(self):
        self.assertPatched({'team': 'dev', 'size': 4}, remove('size'), add('size', 1),
                           replace('size', 2), replace('team', 'dev'), add('x', 1), remove('x'),
                           replace('size', 4))

    def test_all_or_nothing(self):
        self.assertRefused(409, 'Resource conflict', replace('team', 'dev'), remove('absent'))
        self.assertRefused(400, 'Invalid request body', remove('team'), add('x', 1),
                           operation('move', 'size'))
        self.assertRefused(400, 'Invalid request body', remove('team'),
                           add('_default_message_ttl', 1))

    def test_no_such_queue(self):
        for operations in ([], [add('team', 'ops')]):
            self.assertError(404, 'Not found', self.patch(*operations, queue='absent'))
        self.assertEqual(1, len(self.api.get('/queues').json['queues']))

    def test_keys_that_are_not_there(self):
        for key in ('absent', '_flavor', '_retry_policy', '_mine', 'Team'):
            self.assertRefused(409, 'Resource conflict', replace(key, 1))
            self.assertRefused(409, 'Resource conflict', remove(key))
        self.assertRefused(409, 'Resource conflict', remove('team'), remove('team'))

    def test_the_seven(self):
        """They can be replaced and removed though they are not stored."""
        for key, value in (('_max_messages_post_size', 1000), ('_default_message_ttl', 60),
                           ('_default_message_delay', 5), ('_dead_letter_queue', 'dead'),
                           ('_dead_letter_queue_messages_ttl', 60), ('_max_claim_count', 2)):
            self.assertPatched({'team': 'ops', 'size': 3}, remove(key))
            self.assertPatched({'team': 'ops', 'size': 3, key: value}, replace(key, value))
            self.assertPatched({'team': 'ops', 'size': 3}, remove(key))
        self.assertPatched({'team': 'ops', 'size': 3}, replace('_enable_encrypt_messages', False))
        self.assertPatched({'team': 'ops', 'size': 3}, remove('_enable_encrypt_messages'))

    def test_null_unsets_a_reserved_attribute(self):
        self.assertPatched({'team': 'ops', 'size': 3, '_default_message_ttl': 60},
                           add('_default_message_ttl', 60))
        self.assertPatched({'team': 'ops', 'size': 3}, replace('_default_message_ttl', None))

    def test_other_attributes_that_mean_something(self):
        self.assertPatched({'team': 'ops', 'size': 3, '_flavor': 'fast', '_retry_policy': {}},
                           add('_flavor', 'fast'), add('_retry_policy', {}))
        self.assertPatched({'team': 'ops', 'size': 3}, remove('_flavor'), remove('_retry_policy'))

    def test_as_zaqarclient_sets_metadata(self):
        """It reads, then replaces or adds each new key, and removes all others that it saw."""
        seen = self.api.get('/queues/alarms').json
        new = {'size': 5, 'colour': 'red', '_default_message_ttl': 90}
        operations = [(replace if key in seen else add)(key, value) for key, value in new.items()]
        operations += [remove(key) for key in seen if key not in new]
        self.assertPatched(new, *operations)

    def test_metadata_in_any_case(self):
        self.assertPatched({'team': 'dev', 'size': 3}, replace('/Metadata/team', 'dev'))
        self.assertPatched({'team': 'ops', 'size': 3}, replace('/METADATA/team', 'ops'))

    def test_escapes(self):
        self.assertPatched({'team': 'ops', 'size': 3, 'a/b': 1, 'c~d': 2, '~1': 3, 'e~/': 4},
                           add('a~1b', 1), add('c~0d', 2), add('~01', 3), add('e~0~1', 4))
        self.assertPatched({'team': 'ops', 'size': 3, 'c~d': 2, '~1': 3, 'e~/': 5},
                           remove('a~1b'), replace('e~0~1', 5))

    def test_odd_keys(self):
        self.assertPatched({'team': 'ops', 'size': 3, 'ключ': 1, ' ': 2, '"': 3, '-': 4, '0': 5},
                           add('ключ', 1), add(' ', 2), add('"', 3), add('-', 4), add('0', 5))

    def test_it_takes_effect_at_once(self):
        self.api.done(201, 'POST', '/queues/alarms/messages', {'messages': [{'body': 1}]})
        self.patch(add('_default_message_ttl', 77))
        self.api.done(201, 'POST', '/queues/alarms/messages', {'messages': [{'body': 2}]})
        self.assertEqual([3600, 77], [message['ttl'] for message in self.api.list('alarms')])


class TestBadPatches(PatchTest):

    # SQLite alone: patches are validated before anything is stored.
    scenarios = base.scenarios(wire.V2, databases=False)

    def test_the_type(self):
        for type in (None, 'application/json', 'application/json-patch+json', 'text/plain', '',
                     'application/openstack-messaging-v2.0-json-patchx', TYPE + 'x'):
            response = self.patch(add('x', 1), type=type)
            self.assertError(415, '415 Unsupported Media Type', response)
            self.assertEqual(TYPE, response.headers['Accept-Patch'])
        self.assertNotIn('x', self.api.get('/queues/alarms').json)

    def test_the_type_in_any_spelling(self):
        for type in (TYPE, TYPE + '; charset=utf-8', TYPE + ';charset=utf-8', TYPE.upper()):
            self.assertStatus(200, self.patch(add('x', 1), type=type))

    def test_the_type_before_the_body(self):
        response = self.api.patch('/queues/alarms', body=b'{', headers={'Content-Type': 'x/y'})
        self.assertStatus(415, response)

    def test_not_an_array_of_operations(self):
        for body in (b'', b'{broken', b'{}', b'{"op": "add", "path": "/metadata/x", "value": 1}',
                     b'"x"', b'7', b'null', b'[1]', b'["x"]', b'[null]', b'[[]]', b'[{}]',
                     b'[{"op": "add", "path": "/metadata/x", "value": 9223372036854775808}]',
                     b'[{"op": "add", "path": "/metadata/x", "value": NaN}]'):
            response = self.api.patch('/queues/alarms', body=body, headers={'Content-Type': TYPE})
            self.assertError(400, 'Invalid request body', response)

    def test_operations(self):
        for op in ('move', 'copy', 'test', 'Add', '', None, 1, ['add']):
            self.assertRefused(400, 'Invalid request body',
                               {'op': op, 'path': '/metadata/team', 'value': 1})
        for incomplete in ({'path': '/metadata/x', 'value': 1}, {'op': 'add', 'value': 1},
                           {'op': 'add', 'path': '/metadata/x'},
                           {'op': 'replace', 'path': '/metadata/team'}, {'op': 'remove'}):
            self.assertRefused(400, 'Invalid request body', incomplete)

    def test_members_that_are_not_known(self):
        self.assertPatched({'team': 'dev', 'size': 3},
                           {**replace('team', 'dev'), 'from': '/metadata/size', 'x': 1})
        self.assertPatched({'size': 3}, {**remove('team'), 'value': 1})

    def test_paths(self):
        for op in ('add', 'replace', 'remove'):
            for path in ('', '/', 'metadata/team', '/metadata', '/metadata/', '/metadata/team/',
                         '//team', '/metadata//team', '/metadata/team/x', '/team', '/foo/team',
                         '/metadata/te~am', '/metadata/team~', '/metadata/~2', '/metadata/~',
                         'team', ' /metadata/team', 1, None, ['metadata', 'team'], {}):
                document = {'op': op, 'path': path, 'value': 1}
                self.assertRefused(400, 'Invalid request body', document)

    def test_reserved_attributes(self):
        for op in (add, replace):
            for key, value in (('_default_message_ttl', 59), ('_default_message_ttl', '60'),
                               ('_default_message_delay', 901), ('_max_messages_post_size', 0),
                               ('_max_claim_count', 0), ('_dead_letter_queue', 'a b'),
                               ('_dead_letter_queue_messages_ttl', 1),
                               ('_enable_encrypt_messages', 'yes')):
                self.assertRefused(400, 'Invalid request body', op(key, value))
        self.assertRefused(400, 'Invalid request body', add('_flavor', 1))
        self.assertRefused(400, 'Invalid request body', add('_retry_policy', 1))

    def test_size(self):
        """The limit is on the body of the request, as for PUT."""
        empty = len(wire.json.dumps([add('x', '')]))
        self.assertStatus(200, self.patch(add('x', 'y' * (65536 - empty))))
        self.assertRefused(400, 'Invalid request body', add('x', 'z' * (65537 - empty)))

    def test_earlier_versions_have_none(self):
        for version in (wire.V1, wire.V1_1):
            response = self.caller(version=version).patch(
                '/queues/alarms', [], headers={'Content-Type': TYPE})
            self.assertError(405, '405 Method Not Allowed', response)
