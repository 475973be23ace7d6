"""Bodies encrypted at rest. v2 § 4.8, § 3.2; v1.1 § 4.1."""

import sqlalchemy

from tests.api import base
from tests.api import wire

PATCH_TYPE = 'application/openstack-messaging-v2.0-json-patch'
SECRET = 'the eagle flies at noon'
OLD, NEW = 'an old key, long and random', 'a new key, long and random'


class EncryptionTest(base.ApiTest):

    options = {'transport.message_encryption_key': [OLD]}

    def setUp(self):
        super().setUp()
        self.owner = self.caller(version=wire.V2)
        self.owner.create('secrets', _enable_encrypt_messages=True)

    def at_rest(self):
        """Everything that is in the database, as one text of bytes."""
        engine = sqlalchemy.create_engine(self.database_url(), poolclass=sqlalchemy.NullPool)
        metadata = sqlalchemy.MetaData()
        with engine.connect() as connection:
            metadata.reflect(connection)
            rows = [value for table in metadata.sorted_tables
                    for row in connection.execute(table.select()) for value in row]
        engine.dispose()
        return b'\n'.join(bytes(value) if isinstance(value, (bytes, memoryview, bytearray))
                          else str(value).encode() for value in rows)

    def encrypt(self, on):
        response = self.owner.patch('/queues/secrets', [
            {'op': 'replace', 'path': '/metadata/_enable_encrypt_messages', 'value': on}],
            headers={'Content-Type': PATCH_TYPE})
        self.assertStatus(200, response)


class TestEncryption(EncryptionTest):

    scenarios = base.scenarios(*wire.ALL)

    def test_at_rest(self):
        self.api.create('plain')
        self.api.post('plain', 'nothing to hide')
        self.api.post('secrets', SECRET, {'code': SECRET})
        at_rest = self.at_rest()
        self.assertIn(b'nothing to hide', at_rest)
        self.assertNotIn(SECRET.encode(), at_rest)

    def test_clear_wherever_it_is_read(self):
        [id] = self.api.post('secrets', {'code': SECRET})
        path = '/queues/secrets/messages'
        claim = self.api.claim('secrets')
        shown = [self.api.show('secrets', id), *self.api.list('secrets', include_claimed=True),
                 *self.version.unwrap(self.api.get(path, ids=id).json), *claim.messages,
                 *self.api.show_claim('secrets', claim.id)['messages']]
        self.api.delete(claim.location)
        shown += self.owner.pop('secrets', 1)
        self.assertEqual([{'code': SECRET}] * 6, [message['body'] for message in shown])

    def test_every_kind_of_body(self):
        bodies = ['text', 7, 1.5, None, True, [], {}, [1, {'a': None}], 'ж🐎', '']
        self.api.post('secrets', *bodies)
        self.assertEqual(bodies, self.api.bodies('secrets'))

    def test_switched_on_and_off(self):
        self.encrypt(False)
        self.api.post('secrets', 'in the open')
        self.encrypt(True)
        self.api.post('secrets', 'under cover')
        self.encrypt(False)
        self.api.post('secrets', 'in the open again')
        self.assertEqual(['in the open', 'under cover', 'in the open again'],
                         self.api.bodies('secrets'))
        at_rest = self.at_rest()
        self.assertIn(b'in the open again', at_rest)
        self.assertNotIn(b'under cover', at_rest)


class TestKeys(EncryptionTest):

    scenarios = base.scenarios(wire.V2)

    def serve_with(self, *keys):
        return self.caller(app=self.serve({'transport.message_encryption_key': list(keys)}))

    def test_the_key_is_changed(self):
        self.api.post('secrets', 'old')
        both = self.serve_with(NEW, OLD)
        both.post('secrets', 'new')
        self.assertEqual(['old', 'new'], both.bodies('secrets'))
        only_new = self.serve_with(NEW)
        response = only_new.get('/queues/secrets/messages', limit=1, echo=True)
        self.assertError(503, 'Service temporarily unavailable', response)
        self.api.pop('secrets', 1)  # the old one
        self.assertEqual(['new'], only_new.bodies('secrets'))

    def test_another_instance_reads_it(self):
        self.api.post('secrets', SECRET)
        self.assertEqual([SECRET], self.serve_with(OLD).bodies('secrets'))

    def test_dead_letters_stay_encrypted(self):
        self.owner.create('jobs', _enable_encrypt_messages=True, _max_claim_count=1,
                          _dead_letter_queue='dead')
        self.api.post('jobs', SECRET)
        self.api.delete(self.api.claim('jobs').location)
        self.assertIsNone(self.api.claim('jobs'))
        self.assertEqual([SECRET], self.api.bodies('dead'))
        self.assertNotIn(SECRET.encode(), self.at_rest())


class TestNoKey(base.ApiTest):
    """Without a key such queues are refused."""

    scenarios = base.scenarios(wire.V2, databases=False)

    def test_refused(self):
        self.assertError(400, 'Invalid API request',
                         self.api.put('/queues/secrets', {'_enable_encrypt_messages': True}))
        self.api.create('secrets', _enable_encrypt_messages=False)
        response = self.api.patch('/queues/secrets', [
            {'op': 'add', 'path': '/metadata/_enable_encrypt_messages', 'value': True}],
            headers={'Content-Type': PATCH_TYPE})
        self.assertError(400, 'Invalid request body', response)

    def test_a_queue_that_was_encrypted_while_there_was_a_key(self):
        rich = self.caller(app=self.serve({'transport.message_encryption_key': [OLD]}))
        rich.create('secrets', _enable_encrypt_messages=True)
        for version in wire.ALL:
            caller = self.caller(version=version)
            response = caller.request('POST', '/queues/secrets/messages',
                                      version.wrap([{'ttl': 60, 'body': SECRET}]))
            self.assertError(503, 'Service temporarily unavailable', response)
            self.assertIn('Retry-After', response.headers)
        self.assertEqual([], rich.list('secrets'))
