"""A body comes back as it was sent, byte for byte. v1 § 5, § 5.1; v1.1 § 4.1; v2 § 4.2."""

import re

from tests.api import base
from tests.api import wire

#: JSON texts that a decoder and an encoder would not leave as they are.
TEXTS = [
    'null', 'true', 'false', '0', '-0', '""', '[]', '{}', '7', '"x"',
    '{"b": 1, "a": 2}', '{"a":1,"b":2}', '{ "a" :  1 ,\t"b":[ 1,2 , 3 ] }', '{"a": 1, "a": 2}',
    '[\n  1,\n  2\n]', '[1.0, 1.00, 1e2, 1E+2, 1e-7, -0.0, 100000000000000000000.0]',
    '3.141592653589793238462643383279502884197169399375105820974944592307816406286',
    '1.7976931348623157e308', '5e-324', '9223372036854775807', '-9223372036854775808',
    r'"gr\u00fcn"', '"grün"', r'"\u0041\/\b\f\n\r\t\"\\"', r'"\uD83D\uDC0E"', '"🐎"',
    '"\u2028\u2029"',
    r'"\u0000"', '"<script>&amp;\'"', '"\x7f"', '[[[[[[[[[[{"a": [{}]}]]]]]]]]]]', '"日本語"',
    '{"": {"": ""}}', '{"ttl": 60, "body": {"body": [{"body": 1}]}}', '"' + 'x' * 10000 + '"',
]


class TestBodies(base.ApiTest):

    scenarios = base.scenarios(*wire.ALL)

    def setUp(self):
        super().setUp()
        self.api.create('alarms')

    def post(self, *texts):
        messages = '[%s]' % ','.join('{"ttl": 3600, "body": %s}' % text for text in texts)
        document = '{"messages": %s}' % messages if self.version.wrapped else messages
        response = self.api.done(201, 'POST', '/queues/alarms/messages', body=document.encode())
        return [wire.message_id(href) for href in response.json['resources']]

    def assertHas(self, text, response):
        self.assertStatus(200 if response.request.method != 'POST' else 201, response)
        # Nothing but the body itself between the colon and what follows.
        pattern = rb'"body": ?' + re.escape(text.encode()) + rb' ?[,}]'
        self.assertTrue(re.search(pattern, response.body), (text, response.body[:1000]))

    def test_everywhere(self):
        ids = []
        for start in range(0, len(TEXTS), 9):
            ids += self.post(*TEXTS[start:start + 9])
        path = '/queues/alarms/messages'
        for id, text in zip(ids, TEXTS):
            self.assertHas(text, self.api.get(f'{path}/{id}'))
            self.assertHas(text, self.api.get(path, ids=id))
        listed = [self.api.get(path, echo=True, limit=20)]
        listed.append(self.api.get(listed[0].json['links'][0]['href']))
        claims = [self.api.request('POST', '/queues/alarms/claims', {'ttl': 60, 'grace': 60},
                                   limit=20) for _ in range(2)]
        shown = [self.api.get(claim.headers['Location']) for claim in claims]
        for pages in (listed, claims, shown):
            for number, text in enumerate(TEXTS):
                self.assertHas(text, pages[number // 20])
        if self.version is not wire.V1:
            self.clock.advance(60)
            popped = [self.api.delete(path, pop=20) for _ in range(2)]
            for number, text in enumerate(TEXTS):
                self.assertHas(text, popped[number // 20])

    def test_the_largest(self):
        frame = len(wire.json.dumps(self.version.wrap([{'ttl': 3600, 'body': ''}])))
        text = '"' + 'é' * ((262144 - frame - 20) // 2) + '"'
        [id] = self.post(text)
        self.assertHas(text, self.api.get(f'/queues/alarms/messages/{id}'))


class TestNoBodies(base.ApiTest):
    """What is no JSON text is no body, wherever in it the fault is."""

    # SQLite alone: nothing gets as far as the storage.
    scenarios = base.scenarios(*wire.ALL, databases=False)

    BROKEN = [b'', b'NaN', b'Infinity', b'-Infinity', b'nan', b'undefined', b'True', b"'x'", b'01',
              b'+1', b'1.', b'.5', b'-', b'1e', b'0x10', b'1_000', b'[1,]', b'{"a":1,}', b'{a: 1}',
              b'{"a"}', b'{"a" 1}', b'[1 2]', b'"x', b'"\n"', b'"\t"', b'"\x00"', b'\x00', b'"\\x"',
              b'"\\u12"', b'"\\u12g4"', b'"\xff"', b'"\xed\xa0\x80"', b'"\xc0\x80"', b'"\xf5"',
              b'[', b'{', b']', b'}', b'/* x */ 1', b'1 // x', b'\xef\xbb\xbf1', b'"a" "b"', b'tru',
              b'[NaN]', b'{"a": [Infinity]}', b'[1, [2, [3, ]]]', b'"\x1f"',
              b'9223372036854775808', b'-9223372036854775809', b'[9223372036854775808]',
              b'{"a": {"b": 123456789012345678901234567890}}']

    def test_broken(self):
        self.api.create('alarms')
        for text in self.BROKEN:
            document = b'[{"ttl": 3600, "body": ' + text + b'}]'
            if self.version.wrapped:
                document = b'{"messages": ' + document + b'}'
            response = self.api.request('POST', '/queues/alarms/messages', body=document)
            self.assertError(400, 'Invalid request body', response)
        self.assertEqual([], self.api.list('alarms'))

    def test_numbers_beyond_all_measure(self):
        """Legal JSON, though no double holds it: stored as it is, or refused."""
        self.api = self.caller(app=self.serve({'DEFAULT.enable_checksum': True}))
        self.api.create('alarms')
        for text in (b'1e400', b'-1E999', b'[1e-400]', b'0.' + b'1' * 1000, b'1' * 1000 + b'.0'):
            document = b'[{"ttl": 3600, "body": ' + text + b'}]'
            if self.version.wrapped:
                document = b'{"messages": ' + document + b'}'
            response = self.api.request('POST', '/queues/alarms/messages', body=document)
            if response.status_int == 201:
                self.assertIn(text, self.api.get(response.json['resources'][0]).body)
            else:
                self.assertError(400, 'Invalid request body', response)

    def test_half_a_surrogate_pair(self):
        self.api.create('alarms')
        for text in (r'"\ud83d"', r'"\udc0e"', r'["\udc0e\ud83d"]', r'{"\ud83d": 1}',
                     r'"\ud83dx"'):
            document = '[{"ttl": 3600, "body": %s}]' % text
            if self.version.wrapped:
                document = '{"messages": %s}' % document
            response = self.api.request('POST', '/queues/alarms/messages',
                                        body=document.encode())
            self.assertError(400, 'Invalid request body', response)
        self.assertEqual([], self.api.list('alarms'))
