"""Tokens of a real Keystone: which are good, what they are worth, and when Keystone is away."""

import contextlib
import datetime
import itertools

import fixtures

from marconi.api import identity
from tests.api import base
from tests.api import wire
from tests import servers
from tests.servers import keystone

TITLE_401 = 'Unauthorized'
FORGED = {'X-Project-Id': 'somebody-else', 'X-Roles': 'admin,member', 'X-User-Id': 'root',
          'X-Tenant-Id': 'somebody-else', 'X-Role': 'admin', 'X-Identity-Status': 'Confirmed'}
#: Longer than a token is remembered, however it was seen.
FORGOTTEN = 300 + identity.REMEMBER + 1


class IdentityTest(base.ApiTest):

    auth = 'keystone'
    options = {'DEFAULT.admin_mode': True, 'signed_url.secret_key': 'correct horse'}

    def setUp(self):
        self._require(servers.missing('keystone'))
        self.cloud = servers.shared('keystone')
        self.config = self.cloud.config()
        super().setUp()

    @property
    def identity(self):
        return self.layer(identity.Identity)

    def with_token(self, token, **headers):
        """A caller with this token; None for without."""
        caller = self.caller(project=None)
        caller.headers.update({'X-Auth-Token': token, **headers})
        return caller

    def tenant(self, persona='member', project='red', **headers):
        return self.with_token(self.cloud.token(persona, project), **headers)

    def assertUnauthorized(self, response):
        self.assertError(401, TITLE_401, response)
        self.assertEqual(f'Keystone uri="{self.cloud.root_url}"',
                         response.headers['WWW-Authenticate'])

    @contextlib.contextmanager
    def counted(self):
        """The number of times that auth_token is asked, in a list."""
        calls, ask = [], self.identity._auth.process_request

        def process_request(request):
            calls.append(request)
            return ask(request)

        with fixtures.MonkeyPatch('keystonemiddleware.auth_token.AuthProtocol.process_request',
                                  lambda auth, request: process_request(request)):
            yield calls


class TestEveryVersion(IdentityTest):

    scenarios = base.scenarios(*wire.ALL, databases=False)

    def test_the_project_is_that_of_the_token(self):
        red, blue = self.tenant(project='red'), self.tenant(project='blue')
        red.create('alarms')
        red.post('alarms', 'one')
        self.assertEqual(['one'], red.bodies('alarms'))
        self.assertEqual([], blue.list('alarms'))
        other = self.tenant('admin', project='red')  # another user of the same project
        self.assertEqual(['one'], other.bodies('alarms'))

    def test_nothing_that_the_caller_says_of_itself_is_believed(self):
        red = self.tenant(project='red')
        red.create('alarms')
        red.post('alarms', 'one')
        project = self.cloud.project_id('red')
        forger = self.tenant('reader', 'blue', **{**FORGED, 'X-Project-Id': project})
        for _ in range(2):  # by auth_token, and from memory
            self.assertEqual([], forger.list('alarms'))
            self.assertError(403, 'Not authorized', forger.put('/queues/mine', {}))

    def test_without_a_token(self):
        for headers in ({}, FORGED, {'X-Service-Token': 'x'}, {'URL-Signature-2': 'x'}):
            caller = self.with_token(None, **headers)
            for method, path in (('GET', '/'), ('GET', '/queues'), ('PUT', '/queues/alarms'),
                                 ('POST', '/queues/alarms/messages'), ('GET', '/nowhere'),
                                 ('OPTIONS', '/queues')):
                self.assertUnauthorized(caller.request(method, path))

    def test_with_a_wrong_token(self):
        good = self.cloud.token('member', 'red')
        for token in ('', ' ', 'x', good[:-1], f'{good}x', good.swapcase(), 'é' * 20, 'x' * 9000,
                      'x' * 8000, f'{good} {good}', 'null'):
            self.assertUnauthorized(self.with_token(token).get('/queues'))

    def test_the_health_check_needs_no_token(self):
        path = '/health' if self.version is wire.V1 else '/ping'
        for caller in (self.with_token(None), self.with_token('wrong', **FORGED), self.tenant()):
            for tail in ('', '/'):
                self.assertStatus(204, caller.get(path + tail))
                self.assertStatus(204, caller.head(path + tail))

    def test_the_list_of_versions_needs_no_token(self):
        self.assertStatus(300, self.with_token(None).whole('GET', '/'))
        self.assertStatus(300, self.with_token('wrong').whole('GET', '/'))

    def test_of_a_token_without_a_project_nothing_can_be_had(self):
        for scope in ({'unscoped': True}, {'system_scope': 'all'}):
            password = keystone.v3.Password(
                self.cloud.url, username='admin', password=keystone.PASSWORD,
                user_domain_id='default', **scope)
            token = keystone.ksa_session.Session(password).get_token()
            caller = self.with_token(token, **{'X-Project-Id': 'somebody-else'})
            for _ in range(2):
                self.assertError(403, 'Not authorized', caller.get('/queues'))


class TestTokens(IdentityTest):

    def test_a_user_of_another_project_gets_no_token_for_this_one(self):
        self.assertRaises(keystone.exceptions.Unauthorized, self.cloud.token, 'member', 'red',
                          user_project='blue')

    def test_a_revoked_token_works_as_long_as_it_is_remembered(self):
        token = self.cloud.token('member', 'red')
        caller = self.with_token(token)
        self.assertStatus(200, caller.get('/queues'))
        self.cloud.revoke(token)
        self.clock.advance(FORGOTTEN - identity.REMEMBER - 2)
        self.assertStatus(200, caller.get('/queues'))
        self.clock.advance(identity.REMEMBER + 2)
        self.assertUnauthorized(caller.get('/queues'))
        self.assertUnauthorized(caller.get('/queues'))

    def test_a_token_that_was_revoked_before(self):
        token = self.cloud.token('member', 'red')
        self.cloud.revoke(token)
        self.assertUnauthorized(self.with_token(token).get('/queues'))

    def test_an_expired_token_is_not_believed_although_remembered(self):
        caller = self.tenant()
        self.assertStatus(200, caller.get('/queues'))
        self.clock.advance(identity.REMEMBER + 1)
        self.assertStatus(200, caller.get('/queues'))
        later = datetime.datetime.now() + datetime.timedelta(hours=25)
        self.clock.advance(identity.REMEMBER + 1)
        with fixtures.MonkeyPatch('keystoneauth1._utils.from_utcnow', lambda **kwargs: later):
            self.assertUnauthorized(caller.get('/queues'))

    def test_a_token_about_to_expire_is_not_remembered_for_long(self):
        caller = self.tenant()
        with fixtures.MonkeyPatch('marconi.api.identity.REMEMBER', 10 ** 6), \
                self.counted() as calls:
            for _ in range(3):
                self.assertStatus(200, caller.get('/queues'))
        self.assertEqual(3, len(calls))

    def test_a_known_token_costs_next_to_nothing(self):
        caller = self.tenant()
        with self.counted() as calls:
            for _ in range(5):
                self.assertStatus(200, caller.get('/queues'))
            self.assertEqual(1, len(calls))
            self.clock.advance(identity.REMEMBER + 1)
            self.assertStatus(200, caller.get('/queues'))
            self.assertEqual(2, len(calls))

    def test_a_memory_that_is_switched_off(self):
        self.config = self.cloud.config(token_cache_time=-1)
        self.app = self.serve()
        token = self.cloud.token('member', 'red')
        caller = self.with_token(token)
        self.assertStatus(200, caller.get('/queues'))
        self.cloud.revoke(token)
        self.assertUnauthorized(caller.get('/queues'))

    def test_the_user_is_known_to_policy_and_log(self):
        app = self.serve(policy={'queues:get_all': 'user_id:nobody'})
        token = self.cloud.token('member', 'red')
        caller = self.caller(app=app, project=None)
        caller.headers.update({'X-Auth-Token': token, 'X-User-Id': 'nobody'})
        for _ in range(2):
            self.assertStatus(403, caller.get('/queues'))

    def test_access_rules_of_an_application_credential(self):
        session = self.cloud.session('member-red', 'red')
        number = next(_numbers)
        answer = self.cloud.call(
            'POST', f'/users/{session.get_user_id()}/application_credentials', session,
            json={'application_credential': {
                'name': f'looker-{number}', 'secret': 'open sesame', 'access_rules': [
                    {'path': '/v2/queues', 'method': 'GET', 'service': 'messaging'}]}})
        credential = keystone.v3.ApplicationCredential(
            self.cloud.url, 'open sesame', answer.json()['application_credential']['id'])
        caller = self.with_token(keystone.ksa_session.Session(credential).get_token(
            ), **{'OpenStack-Identity-Access-Rules': '1.0'})
        for _ in range(2):
            self.assertStatus(200, caller.get('/queues'))
            self.assertUnauthorized(caller.put('/queues/alarms', {}))
            self.assertUnauthorized(caller.get('/queues/alarms'))


_numbers = itertools.count(1)


class TestSignedUrls(IdentityTest):

    def setUp(self):
        super().setUp()
        self.owner = self.tenant()
        self.owner.create('alarms')
        self.owner.post('alarms', 'one')
        shared = self.owner.done(200, 'POST', '/queues/alarms/share', {
            'paths': ['messages'], 'methods': ['GET', 'POST']}).json
        self.headers = {'URL-Signature': shared['signature'], 'URL-Expires': shared['expires'],
                        'URL-Methods': ','.join(shared['methods']),
                        'URL-Paths': ','.join(shared['paths']), 'X-Project-Id': shared['project']}

    def call(self, method, path, document=wire.NOTHING, **headers):
        return self.with_token(None, **{**self.headers, **headers}).request(method, path, document)

    def test_needs_no_token(self):
        self.assertStatus(201, self.call('POST', '/queues/alarms/messages',
                                         {'messages': [{'body': 'two'}]}))
        response = self.call('GET', '/queues/alarms/messages?echo=true')
        self.assertEqual(['one', 'two'], [it['body'] for it in response.json['messages']])

    def test_gives_nothing_besides(self):
        for method, path in (('GET', '/queues'), ('DELETE', '/queues/alarms'), ('GET', '/'),
                             ('DELETE', '/queues/alarms/messages?pop=1'), ('GET', '/health')):
            for headers in ({}, {'X-Roles': 'admin'}, {'X-User-Id': 'root'}):
                self.assertError(404, '404 Not Found', self.call(method, path, **headers))
        for project in (self.cloud.project_id('blue'), '', None):
            response = self.call('GET', '/queues/alarms/messages', **{'X-Project-Id': project})
            self.assertError(404, '404 Not Found', response)

    def test_roles_are_not_believed(self):
        app = self.serve(policy={'messages:get_all': 'role:admin'})
        caller = self.caller(app=app, project=None)
        caller.headers.update({**self.headers, 'X-Roles': 'admin'})
        self.assertError(403, 'Not authorized', caller.get('/queues/alarms/messages'))

    def test_is_nothing_to_older_versions(self):
        for version in (wire.V1, wire.V1_1):
            caller = self.caller(version=version, project=None)
            caller.headers.update({**self.headers, 'X-Roles': 'admin'})
            self.assertUnauthorized(caller.get('/queues/alarms/messages'))
            self.assertUnauthorized(caller.get('/queues'))


class TestWithoutKeystone(IdentityTest):
    """A Keystone of its own, which goes away."""

    def setUp(self):
        super().setUp()
        self.cloud = self.own_server('keystone')
        # By default auth_token tries again for some seconds.
        self.config = self.cloud.config(http_request_max_retries=0)
        self.app = self.serve()

    def assertUnavailable(self, response):
        self.assertError(503, 'Service temporarily unavailable', response)
        self.assertIn('Keystone', response.json['description'])
        self.assertGreater(int(response.headers['Retry-After']), 0)

    def test_those_who_are_known_go_on(self):
        known, new = self.tenant(), self.tenant('member', 'blue')
        self.assertStatus(200, known.get('/queues'))
        self.cloud.kill()
        self.assertUnavailable(new.get('/queues'))
        self.assertStatus(200, known.get('/queues'))
        self.clock.advance(200)
        self.assertStatus(200, known.get('/queues'))
        self.assertStatus(300, new.whole('GET', '/'))
        self.assertStatus(204, new.get('/ping'))
        self.assertUnauthorized(self.with_token(None).get('/queues'))
        self.clock.advance(FORGOTTEN)
        self.assertUnavailable(known.get('/queues'))
        self.cloud.start()
        self.assertStatus(200, known.get('/queues'))
        self.assertStatus(200, new.get('/queues'))


class TestMisconfigured(IdentityTest):

    def test_a_service_that_keystone_does_not_know(self):
        self.config = self.cloud.config(password='wrong')
        self.app = self.serve()
        self.assertError(503, 'Service temporarily unavailable', self.tenant().get('/queues'))

    def test_it_is_noticed_at_the_start(self):
        section = '[keystone_authtoken]\n'
        for text, said in (('', 'noauth'), (f'{section}auth_type = password\n', 'auth_url'),
                           (f'{section}auth_type = nonsense\n', 'nonsense'),
                           (self.cloud.config(memcached_servers='127.0.0.1:1',
                                              memcache_security_strategy='MAC'), 'secret_key')):
            self.config = text
            error = self.assertRaises(identity.cfg.Error, self.serve)
            self.assertIn(said, str(error))


class TestMemcached(IdentityTest):

    def setUp(self):
        super().setUp()
        self.memcached = self.own_server('memcached')
        self.config = self.cloud.config(
            memcached_servers=self.memcached.root_url, memcache_security_strategy='MAC',
            memcache_secret_key='a long random text')

    def caller_of(self, app, token):
        caller = self.caller(app=app, project=None)
        caller.headers['X-Auth-Token'] = token
        return caller

    def test_one_process_learns_from_another(self):
        token = self.cloud.token('member', 'red')
        one, two = self.serve(), self.serve()
        self.assertStatus(200, self.caller_of(one, token).get('/queues'))
        self.cloud.revoke(token)  # so that Keystone would say no
        self.assertStatus(200, self.caller_of(two, token).get('/queues'))

    def test_who_does_not_have_the_key_is_not_believed(self):
        token = self.cloud.token('member', 'red')
        self.assertStatus(200, self.caller_of(self.serve(), token).get('/queues'))
        self.cloud.revoke(token)
        self.config = self.config.replace('a long random text', 'another')
        self.assertUnauthorized(self.caller_of(self.serve(), token).get('/queues'))

    def test_without_it_all_goes_on(self):
        caller = self.caller_of(self.serve(), self.cloud.token('member', 'red'))
        self.memcached.kill()
        for _ in range(2):
            self.assertStatus(200, caller.get('/queues'))
            self.clock.advance(FORGOTTEN)

    def test_without_mac_it_is_said(self):
        self.config = self.cloud.config(memcached_servers=self.memcached.root_url)
        self.serve()
        self.assertIn('memcache_security_strategy', self.log.output)
