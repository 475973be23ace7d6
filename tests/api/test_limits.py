"""Limits and usage as they are shown, and what counts towards them. v2 alone."""

from tests.api import base
from tests.api import test_quotas
from tests.api import wire


class TestLimits(test_quotas.QuotaTest):

    scenarios = base.scenarios(wire.V2)

    def limits(self, caller=None, **query):
        response = (caller or self.api).get('/limits', **query)
        self.assertStatus(200, response)
        self.assertEqual(['limits'], list(response.json))
        return {limit.pop('resource'): (limit.pop('limit'), limit.pop('usage'))
                for limit in response.json['limits'] if set(limit) == {
                    'resource', 'limit', 'usage'}}

    def test_limits_and_usage(self):
        self.limit(queues=5, messages=10, message_bytes=1000)
        self.assertEqual({'queues': (5, 0), 'messages': (10, 0), 'message_bytes': (1000, 0)},
                         self.limits())
        self.post('a', 'b', '123')
        expected = {'queues': (5, 1), 'messages': (10, 3), 'message_bytes': (1000, 11)}
        self.clock.advance(60)
        self.janitor()
        self.assertEqual(expected, self.limits())
        self.post('c')
        self.assertEqual((10, 4), self.limits()['messages'])

    def test_without_limits(self):
        self.post('a', 'b', '123')
        self.assertEqual({'queues': (-1, 1), 'messages': (-1, 3), 'message_bytes': (-1, 11)},
                         self.limits())
        self.assertIsNone(self.broker.stores.control.usage.get(wire.PROJECT))

    def test_of_another_project(self):
        self.limit(messages=10)
        self.post('a', 'b')
        admin = self.caller(project='cloud', roles='admin')
        self.assertEqual((10, 0), self.limits(admin)['messages'])
        self.assertEqual((10, 2), self.limits(admin, project_id=wire.PROJECT)['messages'])
        self.assertEqual((10, 0), self.limits(admin, project_id='nobody')['messages'])
        reader = self.caller(project=wire.PROJECT, roles='reader')
        self.assertEqual((10, 2), self.limits(reader, project_id=wire.PROJECT)['messages'])
        for roles in ('reader', 'member'):
            stranger = self.caller(project='another', roles=roles)
            for project in (wire.PROJECT, 'nobody'):
                self.assertError(403, 'Not authorized',
                                 stranger.get('/limits', project_id=project))

    def test_what_no_project_can_be(self):
        admin = self.caller(roles='admin')
        for project in ('x' * 257, 'a\nb'):
            self.assertError(400, 'Invalid parameter', admin.get('/limits', project_id=project))

    def test_purging_is_counted_at_once(self):
        self.limit(messages=2)
        self.assertStatus(201, self.post('a', 'b'))
        self.janitor()
        self.assertStatus(204, self.api.request('POST', '/queues/alarms/purge'))
        self.assertEqual((2, 0), self.limits()['messages'])
        self.janitor()
        self.assertStatus(201, self.post('c', 'd'))

    def test_claims_go_on_without_a_dead_letter_queue(self):
        self.limit(queues=1)
        self.api.create('alarms', _dead_letter_queue='grave', _max_claim_count=1)
        self.post('a')
        for _ in range(3):
            claim = self.api.claim('alarms')
            self.assertEqual(['a'], claim.bodies)
            self.assertStatus(204, self.api.delete(claim.location))
        self.limit(queues=2)
        self.assertIsNone(self.api.claim('alarms'))
        self.assertEqual(['a'], self.api.bodies('grave'))

    def test_dead_letters_stay_in_the_usage(self):
        self.limit(messages=1)
        self.api.create('alarms', _dead_letter_queue='grave', _max_claim_count=1)
        self.post('a')
        self.assertStatus(204, self.api.delete(self.api.claim('alarms').location))
        self.assertIsNone(self.api.claim('alarms'))
        self.janitor()
        self.assertRefused(self.post('b'), 'messages', 1, 1, 1)

    def test_the_health_check_is_above_quotas(self):
        self.options = {'DEFAULT.admin_mode': True}
        self.limit(queues=0, messages=0, message_bytes=0)
        report = self.caller(roles='admin').get('/health').json
        self.assertEqual([], [name for name, status in report['operation_status'].items()
                              if not status['succeeded']])
        self.assertEqual({'queues': (0, 0), 'messages': (0, 0), 'message_bytes': (0, 0)},
                         self.limits())

    def test_encrypted_bodies_count_as_they_are_stored(self):
        self.options = {'transport.message_encryption_key': ['key']}
        self.limit(message_bytes=100)
        self.api.create('alarms', _enable_encrypt_messages=True)
        self.assertStatus(201, self.post('1'))
        self.assertEqual((100, 3 + 32), self.limits()['message_bytes'])

    def test_presigned_urls_give_no_room(self):
        self.options = {'signed_url.secret_key': 'key'}
        self.limit(messages=1)
        self.api.create('alarms')
        shared = self.api.request('POST', '/queues/alarms/share', {'methods': ['POST']}).json
        guest = self.caller(project=shared['project'])
        guest.headers.update({
            'URL-Signature': shared['signature'], 'URL-Expires': shared['expires'],
            'URL-Methods': ','.join(shared['methods']), 'URL-Paths': ','.join(shared['paths'])})
        self.assertStatus(201, self.post('a', caller=guest))
        self.assertRefused(self.post('b', caller=guest), 'messages', 1, 1, 1)
        self.assertRefused(self.post('b'), 'messages', 1, 1, 1)

    def test_who_refuses_can_tell_others(self):
        self.limit(messages=1, queues=1)
        told = []
        self.broker.notifier.quota_exceeded = lambda context, *what: told.append(
            (context.project, *what))
        self.post('a', 'b', queue='one')
        self.post('a', queue='one')
        self.api.put('/queues/two', {})
        self.assertEqual([(wire.PROJECT, 'messages', 1, 0, 2), (wire.PROJECT, 'queues', 1, 1, 1)],
                         told)
