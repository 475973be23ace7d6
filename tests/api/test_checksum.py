"""Checksums of bodies, by option. v2 § 4.1; v1.1 § 4."""

import hashlib

from tests.api import base
from tests.api import wire

#: JSON texts with the text that is hashed: as Python prints the value.
EXAMPLES = {
    '{"disk": "full"}': 'MD5:2541d5c9d0954319879f8bfeedcb332b',
    '{"disk":\n"full"}': 'MD5:2541d5c9d0954319879f8bfeedcb332b',
    '"grün"': 'MD5:b541e1736d630a257ed37b950260695f',
    r'"gr\u00fcn"': 'MD5:b541e1736d630a257ed37b950260695f',
    '7': 'MD5:8f14e45fceea167a5a36dedd4bea2543',
    '{"b":1,"a":[true,false,null,1.5]}': '{"b": 1, "a": [true, false, null, 1.5]}',
    '"🐎"': r'"\ud83d\udc0e"', '[]': '[]', '{}': '{}', '""': '""', '[1,2]': '[1, 2]',
    '"a/b\\/c"': '"a/b/c"', r'"\u2028\u007f"': r'"\u2028\u007f"', 'false': 'false',
    '-0': '0', '1.0': '1.0', '1e5': '100000.0', '1.10': '1.1', '-0.0': '-0.0', '1E-7': '1e-07',
    '9223372036854775807': '9223372036854775807', '1e22': '1e+22', '1e16': '1e+16',
    '{"a": 1, "a": 2}': '{"a": 2}', '"\x7f"': r'"\u007f"', r'"\u0000"': r'"\u0000"',
}


class TestChecksum(base.ApiTest):

    scenarios = base.scenarios(wire.V1_1, wire.V2, databases=False)
    options = {'DEFAULT.enable_checksum': True,
               'transport.message_encryption_key': ['a long random text']}

    def post(self, text, queue='alarms'):
        response = self.api.done(201, 'POST', f'/queues/{queue}/messages',
                                 body=b'{"messages": [{"body": %s}]}' % text.encode())
        return wire.message_id(response.json['resources'][0])

    def expected(self, text):
        if text.startswith('MD5:'):
            return text
        return 'MD5:' + hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    def test_examples(self):
        for text, expected in EXAMPLES.items():
            id = self.post(text)
            self.assertEqual(self.expected(expected),
                             self.api.show('alarms', id)['checksum'], text)

    def test_everywhere(self):
        id = self.post('{"disk": "full"}')
        expected = EXAMPLES['{"disk": "full"}']
        claim = self.api.claim('alarms')
        shown = [self.api.show('alarms', id), *self.api.list('alarms', include_claimed=True),
                 *self.api.get('/queues/alarms/messages', ids=id).json['messages'],
                 *claim.messages, *self.api.show_claim('alarms', claim.id)['messages']]
        self.api.delete(claim.location)
        shown += self.api.pop('alarms', 1)
        self.assertEqual([expected] * 6, [message['checksum'] for message in shown])

    def test_nothing_of_a_null(self):
        id = self.post('null')
        self.assertFalse(self.api.show('alarms', id).get('checksum'))

    def test_of_the_clear_body(self):
        self.caller(version=wire.V2).create('secrets', _enable_encrypt_messages=True)
        id = self.post('{"disk": "full"}', 'secrets')
        self.assertEqual(EXAMPLES['{"disk": "full"}'], self.api.show('secrets', id)['checksum'])

    def test_not_in_v1(self):
        self.post('7')
        [message] = self.caller(version=wire.V1).list('alarms')
        self.assertEqual({'href', 'ttl', 'age', 'body'}, set(message))

    def test_only_by_option(self):
        self.post('7')
        [message] = self.caller(app=self.serve({'DEFAULT.enable_checksum': False})).list('alarms')
        self.assertNotIn('checksum', message)
