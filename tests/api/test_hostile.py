"""What nobody should send, on every route: a 4xx in the contract's shape that names the fault.

Issue 2, item 7; v1 § 2.3; v1.1 § 2.3; v2 § 2.3. That every error has the shape is checked for
every answer by ``wire.check``, and that none is a 500.
"""

import io

from tests.api import base
from tests.api import wire

QUEUE = '/queues/alarms'
PATCH_TYPE = 'application/openstack-messaging-v2.0-json-patch'
V1, LATER, ALL = ('v1',), ('v1.1', 'v2'), ('v1', 'v1.1', 'v2')

#: The operations that read a body: (method, path, versions)
BODIES = [('POST', QUEUE + '/messages', ALL), ('POST', QUEUE + '/claims', ALL),
          ('PATCH', QUEUE + '/claims/CLAIM', ALL), ('PUT', QUEUE + '/metadata', V1),
          ('PUT', QUEUE, LATER), ('PATCH', QUEUE, ('v2',)), ('POST', QUEUE + '/purge', ('v2',)),
          ('POST', QUEUE + '/share', ('v2',)), ('PUT', '/pools/fast', ALL),
          ('PATCH', '/pools/fast', ALL), ('PUT', '/flavors/gold', LATER),
          ('PATCH', '/flavors/gold', LATER)]
#: The operations that do not.
OTHERS = [('GET', '/', ALL), ('GET', '/queues', ALL), ('GET', QUEUE, ALL), ('PUT', QUEUE, V1),
          ('GET', QUEUE + '/stats', ALL), ('GET', QUEUE + '/messages', ALL),
          ('GET', QUEUE + '/messages/1', ALL), ('DELETE', QUEUE + '/messages/1', ALL),
          ('DELETE', QUEUE + '/messages?ids=1', ALL), ('GET', QUEUE + '/claims/1', ALL),
          ('DELETE', QUEUE + '/claims/1', ALL), ('DELETE', '/queues/other', ALL),
          ('GET', '/pools', ALL), ('GET', '/pools/fast', ALL), ('DELETE', '/pools/none', ALL),
          ('GET', '/flavors', LATER), ('GET', '/flavors/gold', LATER),
          ('DELETE', '/flavors/none', LATER)]

NO_JSON = [
    b'{', b'[', b'"', b'{"a"', b'[1', b'nul', b'{broken', b'\x00', b'\xff', b'\xfe\xff\x00{\x00}',
    b'\xef\xbb\xbf{}', b'{}{}', b'{} x', b'[] []', b'{"a": NaN}', b'[Infinity]', b"{'a': 1}",
    b'{"a": 01}', b'{"a": "\n"}', b'{"a": "\x00"}', b'{"a": "\xff"}', b'{"\xff": 1}',
    b'{"a": "\xed\xa0\x80"}', b'{"a": "\\x"}', b'{"a": "\\ud800"}', b'{"\\udc00": 1}',
    '{}'.encode('utf-16'), '{}'.encode('utf-32'), b'{"a": 9223372036854775808}',
    b'[-9223372036854775809]', b'{"a": ' + b'9' * 5000 + b'}', b'<xml/>', b'a=1&b=2',
    b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--', b'PK\x03\x04',
    b'\x1f\x8b\x08\x00', b'//', b'/* */ {}', b'#', b',', b':', b'-', b'+', b'.', b'[,]', b'{,}']
DEEP = [b'[' * 100000, b'{"a":' * 30000, b'[' * 100000 + b']' * 100000,
        b'{"a":' * 30000 + b'1' + b'}' * 30000]


class HostileTest(base.ApiTest):

    # SQLite alone: nothing of this should get as far as the storage.
    scenarios = base.scenarios(*wire.ALL, databases=False)
    options = {'signed_url.secret_key': 'correct horse', 'DEFAULT.admin_mode': True}

    def setUp(self):
        super().setUp()
        self.api.headers['X-Roles'] = 'admin'
        self.api.create('alarms')
        self.api.post('alarms', 'one', 'two')
        self.claim = self.api.claim('alarms', limit=1)

    def tearDown(self):
        """Whatever was sent, nothing came of it."""
        self.assertEqual(['one', 'two'], self.api.bodies('alarms', include_claimed=True))
        self.assertEqual((1, 1, 2), self.api.counts('alarms'))
        super().tearDown()

    def operations(self, table):
        for method, path, versions in table:
            if self.version.name in versions:
                yield method, path.replace('CLAIM', self.claim.id)

    def send(self, method, path, body=b'', **environ):
        """A request with its environment changed at will."""
        headers = dict(self.api.headers)
        if method == 'PATCH' and path.endswith('alarms'):
            headers['Content-Type'] = PATCH_TYPE
        request = wire.Request.blank(self.version.prefix + path, method=method)
        request.body = body
        request.headers.update({name: value for name, value in headers.items() if value})
        for name, value in environ.items():
            if value is None:
                request.environ.pop(name, None)
            else:
                request.environ[name.replace('wsgi_', 'wsgi.')] = value
        self.api.app.lint = False  # it would refuse what we send
        response = self.api.app.do_request(request, status='*', expect_errors=True)
        wire.check(method, response)
        return response


class TestHostileBodies(HostileTest):

    def assertRefused(self, response, body):
        place = (response.request.method, response.request.path, body[:60])
        self.assertEqual(400, response.status_int, place)
        titles = ('Invalid request body', 'Invalid API request')
        self.assertIn(response.json['title'], titles, place)

    def test_what_is_no_json(self):
        for method, path in self.operations(BODIES):
            for body in NO_JSON:
                response = self.send(method, path, body)
                self.assertRefused(response, body)
                self.assertEqual('Invalid request body', response.json['title'], (path, body))

    def test_deep_nesting(self):
        for method, path in self.operations(BODIES):
            for body in DEEP:
                self.assertRefused(self.send(method, path, body), body)

    def test_deep_nesting_inside_a_message(self):
        for depth in (2000, 100000):
            body = b'[{"ttl": 60, "body": ' + b'[' * depth + b']' * depth + b'}]'
            if self.version.wrapped:
                body = b'{"messages": ' + body + b'}'
            self.assertRefused(self.send('POST', QUEUE + '/messages', body), body)

    def test_bodies_over_every_limit(self):
        for method, path in self.operations(BODIES):
            for body in (b' ' * 300000, b'{"a": "' + b'x' * 300000 + b'"}',
                         b'[' + b'1,' * 150000 + b'1]'):
                self.assertRefused(self.send(method, path, body), body)

    def test_scalars(self):
        for method, path in self.operations(BODIES):
            for body in (b'0', b'7', b'-1.5e3', b'"x"', b'true', b'false', b'null', b'""'):
                self.assertRefused(self.send(method, path, body), body)

    def test_what_is_not_read_does_not_matter(self):
        for method, path in self.operations(OTHERS):
            for body in (b'{broken', b'\x00\xff', b'[' * 100000, b'x' * 300000):
                bare, laden = self.send(method, path), self.send(method, path, body)
                self.assertIn(laden.status_int, (bare.status_int, 201, 204), (method, path))

    def test_a_body_that_breaks_off(self):
        for method, path in self.operations(BODIES):
            response = self.send(method, path, CONTENT_LENGTH='100', wsgi_input=io.BytesIO(b'{"a'))
            self.assertTrue(400 <= response.status_int < 500, (method, path, response.status))

    def test_lengths_that_are_none(self):
        for method, path in self.operations(BODIES):
            for length in ('-1', 'x', '1.5', '0x10', '9' * 30, ' ', '1 1', '٣'):
                response = self.send(method, path, CONTENT_LENGTH=length,
                                     wsgi_input=io.BytesIO(b'{broken'))
                self.assertTrue(400 <= response.status_int < 500 or length.isspace(),
                                (method, path, length, response.status))


class TestHostileRequests(HostileTest):

    def both(self):
        yield from self.operations(BODIES + OTHERS)

    def test_unknown_methods(self):
        for _, path in self.both():
            for method in ('BREW', 'get', 'PROPFIND', 'A' * 3000, 'GET,POST', '*', 'CONNECT'):
                response = self.send(method, path)
                self.assertError(405, '405 Method Not Allowed', response)

    def test_headers(self):
        for method, path in self.both():
            for environ in ({'HTTP_CLIENT_ID': '\x00' * 36}, {'HTTP_CLIENT_ID': 'é' * 36},
                            {'HTTP_CLIENT_ID': 'x' * 100000}, {'HTTP_CLIENT_ID': '0' * 31 + 'é'},
                            {'HTTP_CLIENT_ID': "' OR 1=1 --" + 'x' * 25},
                            {'HTTP_X_PROJECT_ID': ''}, {'HTTP_ACCEPT': 'x/y'},
                            {'CONTENT_TYPE': 'application/x-www-form-urlencoded'}):
                response = self.send(method, path, **environ)
                self.assertIn(response.status_int, (400, 406), (method, path, environ))

    def test_headers_that_must_not_hurt(self):
        for method, path in (('GET', QUEUE + '/messages'), ('GET', '/queues'), ('GET', '/')):
            for environ in ({'HTTP_ACCEPT': ''}, {'HTTP_ACCEPT': ';;;,,,q='}, {'HTTP_ACCEPT': 'é'},
                            {'HTTP_ACCEPT': '*/*;q=x'}, {'HTTP_ACCEPT': ',' * 50000},
                            {'HTTP_ACCEPT': 'a/b,' * 10000}, {'CONTENT_TYPE': 'é\x00'},
                            {'CONTENT_TYPE': 'x' * 50000}, {'HTTP_X_PROJECT_ID': '\x00'},
                            {'HTTP_X_PROJECT_ID': 'é\xff'}, {'HTTP_X_PROJECT_ID': ' '},
                            {'HTTP_X_PROJECT_ID': 'x' * 100000}, {'HTTP_X_ROLES': '\x00,é,,,'},
                            {'HTTP_X_ROLES': 'x,' * 50000}, {'HTTP_X_PROJECT_ID': '../..'},
                            {'HTTP_X_PROJECT_ID': "'; DROP TABLE queues; --"},
                            {'HTTP_URL_SIGNATURE': '\xff\x00'}, {'HTTP_HOST': 'é\x00'},
                            {'HTTP_X_FORWARDED_PROTO': 'é'}, {'HTTP_RANGE': 'bytes=0-1'},
                            {'HTTP_IF_NONE_MATCH': '*'}, {'HTTP_EXPECT': 'the unexpected'},
                            {'HTTP_COOKIE': 'é=\x00;' * 1000}, {'HTTP_X_ROLES': 'é'},
                            {'HTTP_X_HTTP_METHOD_OVERRIDE': 'DELETE'}, {'HTTP_HOST': ''},
                            {'HTTP_ACCEPT_ENCODING': 'gzip;q=x'},
                            {'HTTP_ACCEPT_LANGUAGE': '*;q=é'}):
                response = self.send(method, path, **environ)
                self.assertLess(response.status_int, 500, (method, path, environ))

    def test_paths(self):
        """As a server hands them on: percent-decoded, bytes as Latin-1."""
        prefix = self.version.prefix
        for path in ('\x00', '/queues/\x00', '/queues/\xff', '/queues/\xc3\xa4', '/queues/a\nb',
                     '/queues/%', '/queues/%zz', '/queues/alarms/messages/\x00',
                     '/queues/alarms/messages/\xff\xfe', '/queues/alarms/claims/\xed\xa0\x80',
                     '/pools/\x00', '/pools/\xff', '/pools/' + 'x' * 100000, '/flavors/a\nb',
                     '/queues//messages', '//', '/queues/../queues', '/queues/./x',
                     '/queues/alarms\\messages', '/queues/' + 'x' * 100000, '/' + 'x/' * 10000,
                     '/queues/alarms/messages/' + '9' * 100000, '/queues/alarms/messages/a b',
                     '/queues/alarms/messages/\u2028'.encode().decode('latin-1')):
            response = self.send('GET', '/', PATH_INFO=prefix + path)
            self.assertTrue(400 <= response.status_int < 500, (path[:60], response.status))
            for method in ('DELETE', 'PUT', 'POST', 'PATCH', 'HEAD'):
                response = self.send(method, '/', PATH_INFO=prefix + path)
                self.assertLess(response.status_int, 500, (method, path[:60]))
                self.assertNotEqual(201, response.status_int, (method, path[:60]))

    def test_queries(self):
        reads = {(method, path, self.version.name)
                 for method, path in self.operations(BODIES)}
        for method, path in self.both():
            for query in ('%', '%zz', '%00', '%ff', '%ff=%fe', 'limit=%', 'limit=%ff', 'ids=%ff%fe',
                          'marker=%00', 'marker=%ed%a0%80', '&' * 10000, '=' * 10000, 'é=é',
                          'limit=1&limit=x', 'limit=x&limit=1', 'ids=' + ',' * 10000,
                          'claim_id=%00', 'claim_id=%ff', 'pop=%ff', 'echo=%00', 'name=%00',
                          'name=%ff', '%00=%00', '\xff', 'wait=%ff', 'a' * 100000, 'marker=' +
                          'x' * 100000, 'x=1&' * 5000, 'ids=' + 'x' * 100000):
                response = self.send(method, path.partition('?')[0], b'{broken',
                                     QUERY_STRING=query)
                if (method, path, self.version.name) in reads:
                    self.assertStatus(400, response)
                else:
                    self.assertLess(response.status_int, 500, (method, path, query[:60]))


class TestHostileTexts(base.ApiTest):
    """Texts that are legal, and that databases are known to stumble over. So on each of them."""

    scenarios = base.scenarios(wire.V2)

    TEXTS = ('\x00', 'a\x00b', '\u2028', '🐎', '\U0010ffff', '\ufffe', "'; DROP TABLE messages; --",
             '\\', '%s %(a)s {0} :name ?', '"', '`', '\r\n', ' ' * 300, 'x' * 60000, '\x7f\x1b[31m')

    def test_in_messages(self):
        self.api.post('alarms', *self.TEXTS)
        self.assertEqual(list(self.TEXTS), list(self.api.walk('alarms')))

    def test_in_metadata(self):
        for number, text in enumerate(self.TEXTS):
            text = text[:20000]
            response = self.api.put(f'/queues/q{number}', {'key': text, text: 'value'})
            self.assertStatus(201, response)
            shown = self.api.get(f'/queues/q{number}').json
            self.assertEqual((text, 'value'), (shown['key'], shown[text]))

    def test_in_filters(self):
        self.api.create('alarms', key='value')
        for text in self.TEXTS:
            for query in ({'name': text}, {'key': text}, {text: 'value'}, {'marker': text}):
                response = self.api.get('/queues', **query)
                self.assertLess(response.status_int, 500, query)

    def test_in_ids_and_projects(self):
        self.api.post('alarms', 'one')
        for text in self.TEXTS:
            for query in ({'ids': text}, {'marker': text, 'echo': True}):
                response = self.api.get('/queues/alarms/messages', **query)
                self.assertLess(response.status_int, 500, query)
            for query in ({'ids': text}, {'ids': 'x', 'claim_ids': text}):
                response = self.api.delete('/queues/alarms/messages', **query)
                self.assertLess(response.status_int, 500, query)
            if text.isprintable() and text.isascii() and len(text) < 256:
                other = self.caller(project=text)
                other.post('alarms', text)
                self.assertEqual([text], other.bodies('alarms'))
        self.assertEqual(['one'], self.api.bodies('alarms'))
