"""The rules about headers, and the order in which they are applied.

v1 § 2, § 2.1; v1.1 § 2, § 2.1; v2 § 2, § 2.1.
"""

import uuid

from tests.api import base
from tests.api import wire

FORM = 'application/x-www-form-urlencoded'


class TestHeaders(base.ApiTest):

    # SQLite alone: headers are looked at before the storage is asked.
    scenarios = base.scenarios(*wire.ALL, databases=False)

    def setUp(self):
        super().setUp()
        self.api.create('alarms')

    def get(self, **headers):
        headers = {name.replace('_', '-'): value for name, value in headers.items()}
        return self.api.get('/queues/alarms/messages', headers=headers)

    def test_accept(self):
        for accept in (None, '*/*', 'application/json', 'application/*', 'APPLICATION/JSON',
                       'text/html, application/json;q=0.1', 'application/json; charset=utf-8',
                       'text/html;q=0.9, */*;q=0.1'):
            self.assertEqual(self.version.nothing, self.get(Accept=accept).status_int, accept)
        for accept in ('text/html', 'application/xml', 'application/json;q=0', 'text/*',
                       'image/png, text/html;q=0.9', 'application/json-seq'):
            self.assertError(406, '406 Not Acceptable', self.get(Accept=accept))

    def test_the_home_document_goes_as_json(self):
        for accept in ('application/json', '*/*'):
            self.assertStatus(200, self.api.get('/', headers={'Accept': accept}))
        self.assertStatus(406, self.api.get('/', headers={'Accept': 'text/html'}))

    def test_any_content_type_is_read_as_json(self):
        document = self.version.wrap([{'ttl': 60, 'body': 1}])
        for type in (None, 'application/json', 'text/plain', 'application/octet-stream', 'nonsense',
                     'application/xml; charset=latin-1', 'multipart/form-data; boundary=x'):
            self.assertStatus(201, self.api.request(
                'POST', '/queues/alarms/messages', document, headers={'Content-Type': type}))
        self.assertStatus(200, self.api.get('/queues', headers={'Content-Type': 'text/plain'}))

    def test_forms_are_refused(self):
        document = self.version.wrap([{'ttl': 60, 'body': 1}])
        for type in (FORM, FORM.upper(), FORM + '; charset=utf-8', FORM + ';x'):
            self.assertError(400, 'Invalid Content-Type', self.api.request(
                'POST', '/queues/alarms/messages', document, headers={'Content-Type': type}))
            # A length of nothing is a length.
            self.assertError(400, 'Invalid Content-Type', self.api.delete(
                '/queues/alarms/messages/x',
                headers={'Content-Type': type, 'Content-Length': '0'}))

    def test_a_form_without_a_length_is_none(self):
        self.assertStatus(self.version.nothing, self.get(Content_Type=FORM))

    def test_malformed_client_id(self):
        for value in ('', 'x', '1234567890', str(uuid.uuid4())[:-1], str(uuid.uuid4()) + '0',
                      'g' * 32, 'urn:uuid:', '{}', '0' * 31 + ' ', 'null'):
            for path in ('/queues/alarms/messages', '/queues/alarms/messages/1', '/queues', '/',
                         '/queues/alarms/stats', '/queues/alarms/claims/1'):
                response = self.api.get(path, headers={'Client-ID': value})
                self.assertError(400, 'Wrong UUID value', response)

    def test_missing_client_id(self):
        """In v1 posting and listing need one; later versions need it everywhere."""
        needed = [('GET', '/queues/alarms/messages'), ('POST', '/queues/alarms/messages')]
        elsewhere = [('GET', '/'), ('GET', '/queues'), ('PUT', '/queues/alarms'),
                     ('GET', '/queues/alarms'), ('DELETE', '/queues/alarms/messages/1'),
                     ('GET', '/queues/alarms/messages?ids=1'), ('GET', '/queues/alarms/stats'),
                     ('DELETE', '/queues/alarms/messages?ids=1'),
                     ('GET', '/queues/alarms/messages/1'), ('GET', '/queues/alarms/claims/1'),
                     ('POST', '/queues/alarms/claims'), ('DELETE', '/queues/alarms/claims/1'),
                     ('GET', '/health' if self.version is wire.V1 else '/ping')]
        if self.version.strict_headers:
            needed, elsewhere = needed + elsewhere, []
        for method, path in needed:
            self.assertError(400, 'Missing header value', self.api.request(
                method, path, headers={'Client-ID': None}))
        for method, path in elsewhere:
            response = self.api.request(method, path, headers={'Client-ID': None})
            self.assertNotIn('Missing header value', response.text, path)

    def test_missing_project(self):
        """v1 has a project without a name; later versions want one."""
        for path in ('/', '/queues', '/queues/alarms', '/queues/alarms/messages',
                     '/queues/alarms/messages/1', '/queues/alarms/claims/1',
                     '/health' if self.version is wire.V1 else '/ping'):
            response = self.api.get(path, headers={'X-Project-Id': None})
            if self.version.strict_headers:
                self.assertError(400, 'Project-Id Missing', response)
            else:
                self.assertIn(response.status_int, (200, 204, 404), path)

    def test_empty_project(self):
        for path in ('/', '/queues', '/queues/alarms', '/queues/alarms/messages'):
            self.assertError(400, 'Empty project header not allowed', self.api.get(
                path, headers={'X-Project-Id': ''}))

    def test_length_of_the_project(self):
        for length, status in ((1, 201), (255, 201), (256, 201), (257, 400), (5000, 400)):
            response = self.api.put('/queues/alarms', headers={'X-Project-Id': 'p' * length})
            self.assertStatus(status, response)
            if status == 400:
                self.assertEqual('Invalid queue identification', response.json['title'])

    def test_every_answer_has_its_own_request_id(self):
        ids = {self.get().headers['X-OpenStack-Request-Id'] for _ in range(20)}
        self.assertEqual(20, len(ids))

    def test_a_request_id_is_not_taken_from_the_caller(self):
        mine = f'req-{uuid.uuid4()}'
        response = self.get(X_OpenStack_Request_Id=mine)
        self.assertNotEqual(mine, response.headers['X-OpenStack-Request-Id'])

    def test_extra_spec_opens_no_door(self):
        """In the reference this header switched authentication off."""
        response = self.get(EXTRA_SPEC='x', X_Project_Id='')
        self.assertError(400, 'Empty project header not allowed', response)


class TestOrder(base.ApiTest):
    """Route, content type, Accept, Client-ID, project, queue name, method, body."""

    # SQLite alone: all this is before the storage is asked.
    scenarios = base.scenarios(*wire.ALL, databases=False)

    #: Each fault with what it leads to, first come first.
    FAULTS = (('Content-Type', FORM, 400, 'Invalid Content-Type'),
              ('Accept', 'text/html', 406, None),
              ('Client-ID', 'nonsense', 400, 'Wrong UUID value'),
              ('X-Project-Id', '', 400, 'Empty project header not allowed'))

    def assertFault(self, number, response):
        _, _, status, title = self.FAULTS[number]
        self.assertStatus(status, response)
        if title:
            self.assertEqual(title, response.json['title'])

    def test_headers_before_the_rest(self):
        for number in range(len(self.FAULTS)):
            headers = {name: value for name, value, *_ in self.FAULTS[number:]}
            for method, path in (('POST', '/queues/alarms/messages'),
                                 ('POST', '/queues/wrong%20name/messages'),
                                 ('PUT', '/queues/alarms/stats'), ('PATCH', '/queues')):
                self.assertFault(number, self.api.request(
                    method, path, body=b'{broken', headers=headers))

    def test_the_route_before_the_headers(self):
        headers = {name: value for name, value, *_ in self.FAULTS}
        response = self.api.request('POST', '/nothing', body=b'{', headers=headers)
        self.assertError(404, '404 Not Found', response)

    def test_the_queue_name_before_the_method(self):
        for path in ('/queues/wrong%20name/stats', '/queues/wrong%20name/claims/1'):
            response = self.api.request('PUT', path, body=b'{')
            self.assertError(400, 'Invalid queue identification', response)
        response = self.api.put('/queues/alarms/stats', headers={'X-Project-Id': 'p' * 257})
        self.assertError(400, 'Invalid queue identification', response)

    def test_the_method_before_the_body(self):
        response = self.api.put('/queues/alarms/stats', body=b'{broken', limit='x')
        self.assertError(405, '405 Method Not Allowed', response)


class TestClientsByLength(base.ApiTest):
    """client_id_uuid_safe = off: any text of 10 to 36 characters."""

    # SQLite alone: about a header.
    scenarios = base.scenarios(*wire.ALL, databases=False)
    options = {'transport.client_id_uuid_safe': 'off'}

    def test_length(self):
        for length, right in ((0, False), (9, False), (10, True), (36, True), (37, False)):
            response = self.api.get('/queues/alarms/messages',
                                    headers={'Client-ID': 'x' * length})
            self.assertStatus(self.version.nothing if right else 400, response)

    def test_who_is_who(self):
        self.api.create('alarms')
        one = self.caller(client_id='the first client')
        two = self.caller(client_id='The First Client')
        one.post('alarms', 'of one')
        two.post('alarms', 'of two')
        self.assertEqual(['of two'], one.bodies('alarms', echo=False))
        self.assertEqual(['of one'], two.bodies('alarms', echo=False))

    def test_other_lengths(self):
        app = self.serve({'transport.min_length_client_id': 3,
                          'transport.max_length_client_id': 4})
        caller = self.caller(app=app)
        for length, right in ((2, False), (3, True), (4, True), (5, False)):
            response = caller.get('/queues/alarms/messages', headers={'Client-ID': 'x' * length})
            self.assertStatus(self.version.nothing if right else 400, response)
