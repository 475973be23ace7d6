"""Real tokens, over the wire: what a server makes of headers before we see them."""

from http import client
from urllib import parse

from tests.functional import base
from tests.functional import service as service_module
from tests import servers

CLIENT = '11111111-2222-3333-4444-555555555555'
#: What servers may take for the same header.
SPELLINGS = ('X-Project-Id', 'x-project-id', 'X_Project_Id', 'X-Project_Id', 'HTTP_X_PROJECT_ID')
ROLES = ('X-Roles', 'X_Roles', 'x_roles', 'X-Role', 'X_Role')


class TestIdentity(base.FunctionalTest):

    scenarios = base.FunctionalTest.scenarios[:1]

    def setUp(self):
        super().setUp()
        self.require_server('keystone')
        self.cloud = servers.shared('keystone')

    def start(self):
        self.served = self.own_service(options=self.cloud.config(), auth='keystone')

    def call(self, method, path, *headers):
        """The status of the answer; headers are sent as they are, and may be repeated."""
        connection = client.HTTPConnection(parse.urlsplit(self.served.url).netloc, timeout=30)
        connection.putrequest(method, path)
        for name, value in (('Client-ID', CLIENT), ('Content-Length', '0'), *headers):
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        response.body = response.read()
        connection.close()
        return response

    def test_no_spelling_of_a_header_is_believed(self):
        self.start()
        red, blue = self.cloud.project_id('red'), self.cloud.token('reader', 'blue')
        owner = ('X-Auth-Token', self.cloud.token('member', 'red'))
        self.assertEqual(201, self.call('PUT', '/v2/queues/alarms', owner).status)
        for name in SPELLINGS:
            for method, status in (('HEAD', 404), ('PUT', 403)):
                response = self.call(method, '/v2/queues/alarms', (name, red), (name, red),
                                     *[(role, 'admin') for role in ROLES], ('X-Auth-Token', blue))
                self.assertEqual(status, response.status, name)
            # Without a token, nobody.
            response = self.call('GET', '/v2/queues', (name, red), ('X_Identity_Status',
                                                                    'Confirmed'))
            self.assertEqual(401, response.status, name)
            self.assertIn('Keystone uri=', response.headers['WWW-Authenticate'])
            # Nor as who has a signed URL, unless the project is what was signed.
            response = self.call('GET', '/v2/queues/alarms/messages', (name, red),
                                 ('URL-Signature', 'x'), ('URL_Signature', 'x'))
            self.assertEqual(404, response.status, name)
        self.assertEqual(204, self.call('HEAD', '/v2/queues/alarms', owner).status)

    def test_each_worker_learns_and_remembers(self):
        self.start()
        token = ('X-Auth-Token', self.cloud.token('member', 'red'))
        for _ in range(20):
            self.assertEqual(200, self.call('GET', '/v2/queues', token).status)

    def test_a_service_that_was_not_told_where_keystone_is(self):
        error = self.assertRaises(service_module.ServiceError, self.own_service, auth='keystone')
        self.assertIn('[keystone_authtoken] has no auth_type', str(error))
        self.assertIn('noauth', str(error))
