"""The health check of oslo.middleware, before everything else."""

import os
import tempfile

import webtest

from tests.api import base
from tests.servers import process


class HealthcheckTest(base.ApiTest):

    scenarios = [scenario for scenario in base.scenarios(base.wire.V2)
                 if 'sqlite' in scenario[0]]

    def ask(self, method='GET', accept=None, status=200, path='/healthcheck'):
        headers = {'Accept': accept} if accept else {}
        return webtest.TestApp(self.app).request(
            path, method=method, headers=headers, status=status)


class TestHealthcheck(HealthcheckTest):

    def test_needs_neither_token_nor_header(self):
        self.assertEqual('OK', self.ask().text)

    def test_shapes(self):
        answer = self.ask(accept='application/json')
        self.assertEqual({'detailed': False, 'reasons': ['OK']}, answer.json)
        self.assertIn('<TD>OK</TD>', self.ask(accept='text/html').text)
        self.assertEqual('text/plain', self.ask(accept='image/png').content_type)
        self.assertEqual(b'', self.ask('HEAD', status=204).body)

    def test_has_a_request_id(self):
        self.assertIn('X-OpenStack-Request-Id', self.ask().headers)

    def test_other_paths_are_not_meant(self):
        for path in ('/healthcheck/x', '/healthchecks'):
            self.ask(path=path, status=404)

    def test_database_that_does_not_answer(self):
        self.app = self.serve({'database.connection': (
            f'postgresql://me:geheim@127.0.0.1:{process.free_port()}/it')})
        answer = self.ask(accept='application/json', status=503)
        self.assertEqual(['DATABASE DOES NOT ANSWER'], answer.json['reasons'])
        self.ask('HEAD', status=503)


class TestWithKeystone(HealthcheckTest):

    # Nobody answers there, and nobody is asked.
    auth = 'keystone'
    config = ('[keystone_authtoken]\nauth_type = password\nauth_url = http://127.0.0.1:1\n'
              'username = a\npassword = b\nproject_name = c\n'
              'user_domain_name = d\nproject_domain_name = e\n')

    def test_needs_no_token(self):
        self.assertEqual('OK', self.ask().text)


class TestDisabled(HealthcheckTest):

    def setUp(self):
        self.switch = os.path.join(tempfile.mkdtemp(), 'off')
        self.config = (f'[healthcheck]\nbackends = disable_by_file\n'
                       f'disable_by_file_path = {self.switch}\n')
        super().setUp()

    def test_by_a_file(self):
        self.ask()
        with open(self.switch, 'w'):
            answer = self.ask(accept='application/json', status=503)
        self.assertEqual(['DISABLED BY FILE', 'OK'], answer.json['reasons'])
        os.unlink(self.switch)
        self.ask()


class TestHidden(HealthcheckTest):

    config = '[healthcheck]\nallowed_source_ranges = 192.0.2.0/24\n'

    def test_from_others_it_is_not_there(self):
        headers = {'X-Project-Id': 'p'}
        app = webtest.TestApp(self.app)
        app.get('/healthcheck', headers=headers, status=404,
                extra_environ={'REMOTE_ADDR': '198.51.100.1'})
        app.get('/healthcheck', extra_environ={'REMOTE_ADDR': '192.0.2.7'}, status=200)
