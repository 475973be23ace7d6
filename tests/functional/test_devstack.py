"""The devstack plugin: each phase is run, twice, and what it started is used."""

import os
import tempfile
import uuid

import requests

from tests import base
from tests.devstack import stack
from tests import servers
from tests.servers import keystone
from tests.servers import process

CLIENT = str(uuid.uuid4())
LIMITS = {'queues': 1000, 'messages': 1000000, 'message_bytes': 2 ** 30}


class TestDevStack(base.OnEveryDatabase, base.TestCase):

    scenarios = base.OnEveryDatabase.scenarios[1:]  # those that DevStack has
    timeout = 600

    def setUp(self):
        super().setUp()
        self.require_server(self.backend)
        self.database = servers.shared(self.backend)
        self.name = f'marconi_devstack_{os.getpid()}'
        self.addCleanup(self.database.drop_database, self.name)
        self.cloud = self.cloud_without_marconi()
        self.apache = self.own_server('apache')
        directory = tempfile.mkdtemp(dir=process.TMPDIR, prefix='marconi-devstack-')
        self.addCleanup(process.shutil.rmtree, directory)
        self.stack = stack.Stack(
            directory, self.database, self.cloud, self.apache, MARCONI_DATABASE=self.name,
            ENABLED_SERVICES='key,tempest', MARCONI_ADMIN_MODE='True')
        self.addCleanup(self.stack.close)

    def cloud_without_marconi(self):
        cloud = self.own_server('keystone')
        [service] = cloud.call('GET', '/services?type=messaging').json()['services']
        cloud.call('DELETE', f'/services/{service["id"]}')
        [user] = cloud.call('GET', '/users?name=marconi').json()['users']
        cloud.call('DELETE', f'/users/{user["id"]}')
        return cloud

    def twice(self, *phase):
        """Run a phase twice; the second time must change no file. Return the calls."""
        calls = self.stack.run(*phase)
        files = self.stack.files()
        self.assertEqual(calls, self.stack.run(*phase))
        self.assertEqual(files, self.stack.files())
        return calls

    def test_from_install_to_clean(self):
        before = self.stack.files()
        self.check_install(self.twice('stack', 'install'))
        self.twice('stack', 'post-config')
        self.check_keystone()
        self.twice('stack', 'extra')
        self.check_processes()
        self.twice('stack', 'test-config')
        self.check_service()
        self.twice('unstack')
        self.twice('clean')

    def check_install(self, calls):
        self.assertIn(('setup_develop', [str(stack.CHECKOUT), 'memcached']), calls)
        self.assertIn(('pip_install_gr', ['python-zaqarclient']), calls)

    def check_keystone(self):
        pass

    def check_processes(self):
        self.assertEqual({'devstack@marconi-api.service', 'devstack@marconi-janitor.service'},
                         set(self.stack.systemd.running))

    def check_service(self):
        session = self.cloud.session('member-red', 'red')
        url = f'{self.apache.root_url}/messaging/v2'
        headers = {'X-Auth-Token': session.get_token(), 'Client-ID': CLIENT}
        print(requests.post(f'{url}/queues/q/messages', headers=headers, json={'messages': [
            {'body': 'häl\N{GRINNING FACE}'}]}).text)
        print(requests.post(f'{url}/queues/q/claims', headers=headers, json={}).text)
