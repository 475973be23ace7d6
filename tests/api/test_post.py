"""Posting messages. v1 § 5.1; v1.1 § 4.1; v2 § 4.2."""

from tests.api import base
from tests.api import wire


class TestPost(base.ApiTest):

    scenarios = base.scenarios(*wire.ALL)

    def post(self, messages, queue='alarms', **kwargs):
        return self.api.request('POST', f'/queues/{queue}/messages', self.version.wrap(messages),
                                **kwargs)

    def test_the_answer(self):
        self.api.create('alarms')
        response = self.post([{'ttl': 60, 'body': 'one'}, {'ttl': 60, 'body': 'two'}])
        self.assertStatus(201, response)
        base_path = self.version.prefix + '/queues/alarms/messages'
        ids = [wire.message_id(href) for href in response.json['resources']]
        self.assertEqual(2, len(set(ids)))
        expected = {'resources': [f'{base_path}/{id}' for id in ids]}
        if self.version is wire.V1:
            expected['partial'] = False
        self.assertEqual(expected, response.json)
        self.assertEqual(f'{base_path}?ids={",".join(ids)}', response.headers['Location'])
        self.assertEqual('application/json', response.content_type)

    def test_ids_are_safe_in_a_url(self):
        self.api.create('alarms')
        for id in self.api.post('alarms', *range(5)):
            self.assertRegex(id, r'^[A-Za-z0-9_.~-]+$')

    def test_the_location_leads_to_the_messages(self):
        self.api.create('alarms')
        response = self.post([{'ttl': 60, 'body': 'one'}, {'ttl': 60, 'body': 'two'}])
        found = self.version.unwrap(self.api.get(response.headers['Location']).json)
        self.assertEqual(['one', 'two'], [message['body'] for message in found])
        for href, body in zip(response.json['resources'], ('one', 'two')):
            self.assertEqual(body, self.api.get(href).json['body'])

    def test_in_posted_order(self):
        self.api.create('alarms')
        for start in range(0, 30, 10):
            ids = self.api.post('alarms', *range(start, start + 10))
            self.assertEqual(10, len(set(ids)))
        self.assertEqual(list(range(30)), list(self.api.walk('alarms', limit=7)))

    def test_as_many_as_fit(self):
        self.api.create('alarms')
        self.assertEqual(1000, len(set(self.api.post('alarms', *range(1000)))))
        self.assertEqual((1000, 0, 1000), self.api.counts('alarms'))

    def test_a_queue_that_is_not_there(self):
        response = self.post([{'ttl': 60, 'body': 1}], queue='absent')
        if self.version is wire.V1:
            self.assertError(404, 'Not found', response)
            self.assertStatus(404, self.api.get('/queues/absent'))
        else:
            self.assertStatus(201, response)
            self.assertEqual([1], self.api.bodies('absent'))
            self.assertEqual(['absent'], [queue['name']
                                          for queue in self.api.get('/queues').json['queues']])

    def test_all_or_nothing(self):
        self.api.create('alarms')
        right = {'ttl': 60, 'body': 1}
        for wrong in ({'ttl': 59, 'body': 1}, {'ttl': 60}, {'ttl': 'x', 'body': 1}, 7):
            for messages in ([right, wrong], [wrong, right], [right] * 50 + [wrong]):
                self.assertStatus(400, self.post(messages))
        self.assertEqual([], self.api.list('alarms'))
        self.assertEqual((0, 0, 0), self.api.counts('alarms'))

    def test_a_refused_post_makes_no_queue(self):
        for messages in ([], [{'ttl': 59, 'body': 1}], [{'ttl': 60}], ['x']):
            self.assertStatus(400, self.post(messages, queue='absent'))
        too_large = wire.json.dumps(self.version.wrap([{'ttl': 60, 'body': 'x' * 262144}]))
        self.assertStatus(400, self.api.request('POST', '/queues/absent/messages',
                                                body=too_large.encode()))
        self.assertStatus(self.version.nothing, self.api.get('/queues'))

    def test_fields_that_are_not_known(self):
        self.api.create('alarms')
        message = {'ttl': 60, 'body': 1, 'id': 'mine', 'age': 5, 'href': '/x', 'claim_id': 'x',
                   'checksum': 'MD5:0', 'priority': {'a': [1]}}
        self.assertStatus(201, self.post([message]))
        [shown] = self.api.list('alarms')
        self.assertEqual(self.version.message_keys, set(shown))
        self.assertEqual((60, 0), (shown['ttl'], shown['age']))

    def test_the_last_of_duplicate_keys_counts(self):
        self.api.create('alarms')
        messages = b'[{"ttl": 60, "ttl": 90, "body": 1, "body": 2}]'
        body = b'{"messages": 1, "messages": ' + messages + b'}'
        self.assertStatus(201, self.api.request('POST', '/queues/alarms/messages',
                                                body=body if self.version.wrapped else messages))
        [message] = self.api.list('alarms')
        self.assertEqual((90, 2), (message['ttl'], message['body']))


class TestBadPosts(base.ApiTest):

    # SQLite alone: nothing gets as far as the storage.
    scenarios = base.scenarios(*wire.ALL, databases=False)

    def setUp(self):
        super().setUp()
        self.api.create('alarms')

    def post(self, *document, **kwargs):
        return self.api.request('POST', '/queues/alarms/messages', *document, **kwargs)

    def assertRefused(self, title, *document, **kwargs):
        self.assertError(400, title, self.post(*document, **kwargs))
        self.assertEqual([], self.api.list('alarms'))

    def test_no_messages(self):
        self.assertRefused('Invalid API request', self.version.wrap([]))

    def test_the_wrong_kind_of_document(self):
        for body in (b'', b'7', b'"x"', b'null', b'true'):
            self.assertRefused('Invalid request body', body=body)
        if self.version is wire.V1:
            for document in ({}, {'messages': [{'ttl': 60, 'body': 1}]}):
                self.assertRefused('Invalid request body', document)
        else:
            for document in ([], [{'ttl': 60, 'body': 1}], {}, {'message': []}):
                self.assertRefused('Invalid API request', document)
            for messages in (None, {}, 'x', 7, {'0': {'ttl': 60, 'body': 1}}):
                self.assertRefused('Invalid request body', {'messages': messages})

    def test_messages_that_are_not_objects(self):
        for message in (7, 'x', None, True, [], [{'ttl': 60, 'body': 1}]):
            self.assertRefused('Invalid request body', self.version.wrap([message]))

    def test_ill_typed_ttl(self):
        for ttl in (None, '60', 300.0, True, False, [], {}, [60], 'x'):
            self.assertRefused('Invalid request body', self.version.wrap([{'ttl': ttl, 'body': 1}]))
        for ttl in ('1e3', '6e1', '60.0', '9223372036854775808', '-9223372036854775809',
                    '1' * 400):
            document = '[{"ttl": %s, "body": 1}]' % ttl
            if self.version.wrapped:
                document = '{"messages": %s}' % document
            self.assertRefused('Invalid request body', body=document.encode())

    def test_ttl_out_of_range(self):
        for ttl in (59, 1209601, 0, -1, -60, 2 ** 63 - 1, -2 ** 63):
            self.assertRefused('Invalid API request', self.version.wrap([{'ttl': ttl, 'body': 1}]))

    def test_ttl_at_the_edges(self):
        for ttl in (60, 1209600):
            self.api.post('alarms', ttl, ttl=ttl)
        self.assertEqual([60, 1209600], [message['ttl'] for message in self.api.list('alarms')])

    def test_without_a_body(self):
        self.assertRefused('Invalid request body', self.version.wrap([{'ttl': 60}]))

    def test_without_a_ttl(self):
        document = self.version.wrap([{'body': 1}])
        if self.version is wire.V1:
            self.assertRefused('Invalid request body', document)
        else:
            self.assertStatus(201, self.post(document))
            self.assertEqual([3600], [message['ttl'] for message in self.api.list('alarms')])

    def test_the_fault_is_named(self):
        right = {'ttl': 60, 'body': 1}
        for wrong, words in (({'ttl': 59, 'body': 1}, ('ttl', '60')),
                             ({'ttl': 'x', 'body': 1}, ('ttl',)), ({'ttl': 60}, ('body',))):
            description = self.post(self.version.wrap([right, wrong])).json['description']
            for word in words:
                self.assertIn(word, description)

    def test_size(self):
        document = wire.json.dumps(self.version.wrap([{'ttl': 60, 'body': 'x'}])).encode()
        self.assertRefused('Invalid API request', body=document.ljust(262145))
        self.assertStatus(201, self.post(body=document.ljust(262144)))
        self.assertEqual(['x'], self.api.bodies('alarms'))

    def test_the_options(self):
        caller = self.caller(app=self.serve({'transport.max_message_ttl': 100,
                                             'transport.max_messages_post_size': 100}))
        path = '/queues/alarms/messages'
        for ttl, status in ((100, 201), (101, 400)):
            self.assertStatus(status, caller.request(
                'POST', path, self.version.wrap([{'ttl': ttl, 'body': 1}])))
        for size, status in ((100, 201), (101, 400)):
            document = wire.json.dumps(self.version.wrap([{'ttl': 60, 'body': 'x'}])).encode()
            self.assertStatus(status, caller.request('POST', path, body=document.ljust(size)))
