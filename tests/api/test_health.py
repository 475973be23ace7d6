"""Ping and health. v1 § 7; v1.1 § 6; v2 § 8."""

from tests.api import base
from tests.api import wire

OPERATIONS = {'create_queue', 'post_messages', 'list_messages', 'claim_messages',
              'delete_messages', 'delete_claim', 'bulk_delete_messages', 'delete_queue'}


class TestPing(base.ApiTest):

    scenarios = base.scenarios(*wire.ALL)

    def test_well(self):
        path = '/health' if self.version is wire.V1 else '/ping'
        for method in ('GET', 'HEAD'):
            self.assertStatus(204, self.api.request(method, path))

    def test_what_v1_needs(self):
        if self.version is wire.V1:
            nobody = {'Client-ID': None, 'X-Project-Id': None}
            self.assertStatus(204, self.api.get('/health', headers=nobody))
            self.assertError(400, 'Wrong UUID value',
                             self.api.get('/health', headers={'Client-ID': 'x'}))


class TestReport(base.ApiTest):

    scenarios = base.scenarios(wire.V1_1, wire.V2)
    options = {'DEFAULT.admin_mode': True}

    def test_for_admins(self):
        admin = self.caller(roles='admin')
        for caller in (admin, self.caller(roles='member,admin')):
            response = caller.get('/health')
            self.assertStatus(200, response)
            self.assertIs(True, response.json['storage_reachable'])
            report = response.json['operation_status']
            self.assertEqual(OPERATIONS, set(report))
            for operation in report.values():
                self.assertEqual({'succeeded', 'seconds', 'ref'}, set(operation))
                self.assertEqual((True, None), (operation['succeeded'], operation['ref']))
                self.assertTrue(0 <= operation['seconds'] < 60)

    def test_nothing_is_left_behind(self):
        self.caller(roles='admin').get('/health')
        self.assertEqual([], self.api.get('/queues').json['queues'])

    def test_not_for_others(self):
        for roles in (None, '', 'member', 'administrator', 'admin2', 'not admin'):
            response = self.caller(roles=roles).get('/health')
            self.assertError(403, 'Not authorized', response)

    def test_only_in_admin_mode(self):
        app = self.serve({'DEFAULT.admin_mode': False})
        self.assertError(404, '404 Not Found',
                         self.caller(app=app, roles='admin').get('/health'))
