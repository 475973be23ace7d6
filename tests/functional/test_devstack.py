"""The devstack plugin: each phase is run, twice, and what it started is used."""

import os
import shutil
import tempfile
import time
import uuid

from openstack import connection
from openstack.message.v2 import claim
import requests
import sqlalchemy
from zaqarclient.queues import client

from tests import base
from tests.devstack import stack
from tests.functional import base as functional
from tests import servers
from tests.servers import databases
from tests.servers import keystone
from tests.servers import process

LIMITS = {('queues', 1000), ('messages', 1000000), ('message_bytes', 2 ** 30)}
#: That of one project, for queues.
OWN_LIMIT = 500
UNITS = {'devstack@marconi-api.service', 'devstack@marconi-janitor.service'}
#: A server that nobody runs.
NOWHERE = '127.0.0.1:1'


class DevStackTest(base.TestCase):

    timeout = 600

    def new_stack(self, database, cloud, **variables):
        self.require_server('apache')
        self.apache = self.own_server('apache')
        directory = tempfile.mkdtemp(dir=process.TMPDIR, prefix='marconi-devstack-')
        self.addCleanup(shutil.rmtree, directory)
        it = stack.Stack(directory, database, cloud, self.apache, **variables)
        self.addCleanup(it.close)
        return it

    def twice(self, *phase):
        """Run a phase twice; the second time must change no file. Return the calls."""
        calls = self.stack.run(*phase)
        files = self.stack.files()
        self.assertEqual(calls, self.stack.run(*phase))
        self.assertEqual(files, self.stack.files())
        return calls


class TestStack(base.OnEveryDatabase, DevStackTest):
    """One host with everything, on each database that DevStack has."""

    scenarios = [('postgresql', {'backend': 'postgresql', 'limits': True}),
                 ('mariadb', {'backend': 'mariadb', 'limits': False})]

    def setUp(self):
        super().setUp()
        for name in (self.backend, 'keystone', 'memcached'):
            self.require_server(name)
        self.database = servers.shared(self.backend)
        self.name = f'marconi_devstack_{os.getpid()}'
        self.addCleanup(self.database.drop_database, self.name)
        self.cloud = self.cloud_without_marconi()
        self.stack = self.new_stack(
            self.database, self.cloud, ENABLED_SERVICES='key,rabbit,tempest',
            MARCONI_DATABASE=self.name, MARCONI_USE_KEYSTONE_LIMITS=str(self.limits),
            MEMCACHE_SERVERS=servers.shared('memcached').root_url,
            # The bus is a hint: where there is no server, all the rest works.
            TRANSPORT_URL=os.environ.get(
                servers.variable('rabbitmq'), f'rabbit://guest:guest@{NOWHERE}').rstrip('/'))

    def cloud_without_marconi(self):
        cloud = self.own_server('keystone')
        for kind, query in (('services', 'type=messaging'), ('users', 'name=marconi')):
            [thing] = cloud.call('GET', f'/{kind}?{query}').json()[kind]
            cloud.call('DELETE', f'/{kind}/{thing["id"]}')
        return cloud

    def ask(self, path):
        """What Keystone lists there."""
        [things] = [value for value in self.cloud.call('GET', path).json().values()
                    if isinstance(value, list)]
        return things

    def test_from_install_to_clean(self):
        before = self.stack.files()
        self.check_install(self.twice('stack', 'install'))
        self.twice('stack', 'post-config')
        self.check_keystone()
        self.twice('stack', 'extra')
        self.assertEqual(UNITS, set(self.stack.systemd.running))
        self.twice('stack', 'test-config')
        self.assertIn('[service_available]\nzaqar = True\n', self.stack.read('tempest.conf'))
        self.check_service()
        self.twice('unstack')
        self.assertEqual({}, self.stack.systemd.running)
        self.assertEqual(503, requests.get(f'{self.apache.root_url}/messaging/').status_code)
        self.twice('clean')
        self.check_nothing_is_left(before)

    def check_install(self, calls):
        self.assertIn(('setup_develop', [str(stack.CHECKOUT), 'memcached']), calls)
        self.assertIn(('pip_install_gr', ['python-zaqarclient']), calls)
        self.assertIn('git_clone', [name for name, _ in calls])

    def check_keystone(self):
        [user] = self.ask('/users?name=marconi')
        grants = {(role['role']['name'], *role['scope']) for role in self.ask(
            f'/role_assignments?user.id={user["id"]}&include_names=true')}
        self.assertEqual({('service', 'project')} | (
            {('reader', 'system')} if self.limits else set()), grants)
        [service] = self.ask('/services?type=messaging')
        [endpoint] = self.ask(f'/endpoints?service_id={service["id"]}')
        self.assertEqual(f'{self.apache.root_url}/messaging', endpoint['url'])
        registered = self.ask(f'/registered_limits?service_id={service["id"]}')
        self.assertEqual(LIMITS if self.limits else set(), {
            (limit['resource_name'], limit['default_limit']) for limit in registered})
        if self.limits:  # one that stands in the way of removing the registered ones
            self.cloud.call('POST', '/limits', json={'limits': [
                {'service_id': service['id'], 'region_id': keystone.REGION,
                 'resource_name': 'queues', 'resource_limit': OWN_LIMIT,
                 'project_id': self.cloud.project_id('red')}]})

    def check_service(self):
        self.sdk = connection.Connection(
            region_name=keystone.REGION, auth={
                'auth_url': self.cloud.url, 'username': 'member-red',
                'password': keystone.PASSWORD, 'project_name': 'red',
                'user_domain_id': 'default', 'project_domain_id': 'default'})
        self.addCleanup(self.sdk.close)
        self.url = f'{self.apache.root_url}/messaging'
        self.headers = {'X-Auth-Token': self.sdk.auth_token, 'Client-ID': str(uuid.uuid4())}
        self.check_sdk()
        self.check_zaqarclient()
        self.check_waiting()
        self.check_signed_url()
        self.check_janitor()
        self.check_limits()

    def check_limits(self):
        """What the plugin registered in Keystone is what the service enforces."""
        limits = self.call('GET', '/v2/limits').json()['limits']
        # The project has a limit of its own: see check_keystone.
        self.assertEqual(dict(LIMITS) | {'queues': OWN_LIMIT} if self.limits
                         else dict.fromkeys(dict(LIMITS), -1),
                         {limit['resource']: limit['limit'] for limit in limits})

    def call(self, method, path, document=None, **headers):
        answer = requests.request(method, self.url + path, json=document, timeout=60,
                                  headers={**self.headers, **headers})
        self.assertLess(answer.status_code, 300, answer.text)
        return answer

    def check_sdk(self):
        """openstacksdk finds the service in the catalogue, and version 2 by itself."""
        message = self.sdk.message
        self.assertEqual(f'{self.url}/v2/', message.get_endpoint())
        bodies = [f'caf\N{LATIN SMALL LETTER E WITH ACUTE} \N{GRINNING FACE} {number}'
                  for number in range(25)]
        for part in (bodies[:20], bodies[20:]):
            message.post_message('sdk', [{'body': body, 'ttl': 300} for body in part])
        self.assertEqual(bodies, [it.body for it in message.messages('sdk', echo=True)])
        held = claim.Claim.new(queue_name='sdk', ttl=60, grace=60).create(message)
        self.assertEqual(bodies[0], held.messages[0]['body'])
        message.delete_message('sdk', held.messages[0]['id'], held.id)

    def check_zaqarclient(self):
        """python-zaqarclient follows the links in answers, over several pages."""
        options = {'os_auth_url': self.cloud.url, 'os_auth_token': self.sdk.auth_token,
                   'os_project_id': self.sdk.current_project_id}
        queue = client.Client(self.url, 2, {'auth_opts': {
            'backend': 'keystone', 'options': options}}).queue('zaqar')
        queue.post([{'body': number, 'ttl': 300} for number in range(5)])
        self.assertEqual(list(range(5)), [
            message.body for message in queue.messages(echo=True, limit=2).stream()])
        [message] = queue.claim(ttl=60, grace=60, limit=1)
        message.delete()

    def check_waiting(self):
        """More clients wait than there are processes, and one can still post."""
        bodies = []

        def wait():
            answer = self.call('POST', '/v2/queues/awaited/claims?limit=1&wait=20', {})
            bodies.extend(it['body'] for it in answer.json()['messages'])

        crowd = functional.Crowd()
        for _ in range(3):
            crowd.start(wait)
        self.call('POST', '/v2/queues/awaited/messages',
                  {'messages': [{'body': number} for number in range(3)]})
        crowd.join()
        self.assertEqual([0, 1, 2], sorted(bodies))

    def check_signed_url(self):
        signed = self.call('POST', '/v2/queues/sdk/share', {'paths': ['messages']}).json()
        answer = requests.get(f'{self.url}{signed["paths"][0]}', timeout=60, headers={
            'Client-ID': self.headers['Client-ID'], 'URL-Signature': signed['signature'],
            'URL-Expires': signed['expires'], 'URL-Methods': ','.join(signed['methods']),
            'URL-Paths': ','.join(signed['paths']), 'X-Project-Id': signed['project']})
        self.assertEqual(200, answer.status_code, answer.text)

    def check_janitor(self):
        engine = sqlalchemy.create_engine(
            self.database.url(self.name), poolclass=sqlalchemy.pool.NullPool)

        def count():
            with engine.connect() as it:
                return it.exec_driver_sql('SELECT count(*) FROM messages').scalar()

        self.assertLess(0, count())
        for name in ('sdk', 'zaqar', 'awaited'):
            self.call('DELETE', f'/v2/queues/{name}')
        deadline = time.monotonic() + 60
        while count():
            if time.monotonic() > deadline:
                self.fail(f'the janitor does nothing:\n{self.stack.systemd.log()}')
            time.sleep(0.05)

    def check_nothing_is_left(self, before):
        after = self.stack.files()
        del after[str(self.stack.directory / 'tempest.conf')]  # which is Tempest's
        self.assertEqual(before, after)
        self.assertFalse(self.stack.conf_dir.exists())
        self.assertEqual([], os.listdir(self.apache.path('sites')))
        self.assertEqual([], os.listdir(self.apache.path('sockets')))
        self.assertEqual(404, requests.get(f'{self.url}/').status_code)
        for path in ('/services?type=messaging', '/users?name=marconi', '/registered_limits'):
            self.assertEqual([], self.ask(path))
        with self.database.administer() as it:
            names = set(it.exec_driver_sql(
                'SELECT datname FROM pg_database' if self.backend == 'postgresql'
                else 'SHOW DATABASES').scalars())
        self.assertIn({'postgresql': 'postgres', 'mariadb': 'mysql'}[self.backend], names)
        self.assertNotIn(self.name, names)


class TestHosts(DevStackTest):
    """Where only part of it is, or is left."""

    def host(self, **variables):
        return self.new_stack(databases.Announced(f'mysql+pymysql://root@{NOWHERE}/'),
                              keystone.Cloud(f'http://{NOWHERE}'), **variables)

    def test_a_host_with_a_janitor_only(self):
        self.stack = self.host(DISABLED_SERVICES='marconi-api')
        calls = [name for phase in ('install', 'post-config')
                 for name, _ in self.twice('stack', phase)]
        self.assertIn('setup_develop', calls)
        self.assertEqual(set(), set(calls) & {
            'create_service_user', 'get_or_create_service', 'write_uwsgi_config',
            'recreate_database'})
        self.assertEqual(['marconi.conf'], os.listdir(self.stack.conf_dir))
        self.twice('clean')
        self.assertFalse(self.stack.conf_dir.exists())

    def test_a_host_without_marconi(self):
        self.stack = self.host(DISABLED_SERVICES='marconi-api,marconi-janitor')
        for phase in (('stack', 'install'), ('stack', 'post-config'), ('stack', 'extra'),
                      ('stack', 'test-config'), ('unstack',), ('clean',)):
            self.assertEqual([], self.stack.run(*phase))

    def test_clean_after_keystone_and_the_database_are_gone(self):
        """As clean.sh has it: it stops both first, and then removes all that was in them."""
        self.stack = self.host()
        self.stack.conf_dir.mkdir()
        self.assertIn('remove_uwsgi_config', [name for name, _ in self.twice('clean')])
        self.assertFalse(self.stack.conf_dir.exists())
