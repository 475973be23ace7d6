"""Quotas over several processes: they see each other with a lag, and the janitor corrects."""

import signal
import subprocess
import sys
import tempfile

from tests.functional import base
from tests import servers
from tests.servers import keystone
from tests.servers import process

LIMIT = 150
OPTIONS = f"""\
[quota]
messages = {LIMIT}
sync_interval = 0.2
recount_interval = 1
limits_lifetime = 1
"""


class QuotaTest(base.FunctionalTest):

    def limits(self, call):
        return {limit['resource']: (limit['limit'], limit['usage'])
                for limit in call('GET', '/v2/limits').json['limits']}

    def janitor(self, database, options):
        handle, path = tempfile.mkstemp(dir=process.TMPDIR)
        with open(handle, 'w') as file:
            file.write('[DEFAULT]\nuse_stderr = false\n[database]\n'
                       f'connection = {database.replace("$", "$$")}\n{options}')
        janitor = process.spawn([sys.executable, '-m', 'marconi.cmd.janitor',
                                 '--config-file', path], signal.SIGTERM,
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
        self.addCleanup(janitor.wait)
        self.addCleanup(janitor.terminate)


class TestProcesses(QuotaTest):

    def setUp(self):
        super().setUp()
        database = base.new_database(self.backend)
        self.served = self.own_service(database, options=OPTIONS)
        self.janitor(database, OPTIONS)

    def fill(self):
        """Post by many connections until each is refused; return how many are there."""
        crowd = base.Crowd()
        for number in range(6):
            crowd.start(self.post, f'queue-{number % 2}')
        crowd.join()
        call = self.caller(self.served)
        return sum(call('GET', f'/v2/queues/queue-{number}/stats').json['messages']['total']
                   for number in range(2))

    def post(self, queue):
        call = self.caller(self.served, queue)
        while (answer := call.post('a', ttl=300)).status == 201:
            pass
        self.assertStatus(403, answer)

    def test_full_and_emptied_again(self):
        self.assertGreaterEqual(self.fill(), LIMIT)
        call = self.caller(self.served, 'queue-0')
        # What others did comes to be known, and then no worker lets anybody in.
        self.until(lambda: self.limits(call)['messages'][1] >= LIMIT)
        self.until(lambda: [self.caller(self.served, 'queue-0').post('a', ttl=300).status
                            for _ in range(8)] == [403] * 8, why='somebody is let in')
        for number in range(2):  # in one alone there may be all that the project may have
            self.assertStatus(204, call('POST', f'/v2/queues/queue-{number}/purge'))
        self.until(lambda: call.post('a', ttl=300).status == 201, why='a purge makes no room')
        # Counts and what is there come to agree when nobody posts any more.
        call.post(*range(20), ttl=300)
        self.assertStatus(200, call('DELETE', f'{call.path}/messages', pop=5))
        left = call.everything()
        self.until(lambda: self.limits(call)['messages'] == (LIMIT, len(left)),
                   why='the usage stays wrong')


class TestKeystone(QuotaTest):

    scenarios = base.FunctionalTest.scenarios[:1]

    def test_a_change_takes_effect_in_every_worker(self):
        self.require_server('keystone')
        cloud = servers.shared('keystone')
        kind = f'messaging-{self.project}'
        service = cloud.make('service', name=kind, type=kind)
        self.addCleanup(cloud.call, 'DELETE', f'/services/{service}')
        cloud.make('endpoint', service_id=service, interface='public',
                   region_id=keystone.REGION, url='http://127.0.0.1:8888')
        made = cloud.call('POST', '/registered_limits', json={'registered_limits': [
            {'service_id': service, 'region_id': keystone.REGION, 'resource_name': name,
             'default_limit': limit} for name, limit in (('queues', 2), ('messages', -1))]})
        ids = {limit['resource_name']: limit['id'] for limit in made.json()['registered_limits']}
        for id in ids.values():
            self.addCleanup(cloud.call, 'DELETE', f'/registered_limits/{id}')
        served = self.own_service(options=cloud.limits_config(kind) + OPTIONS.replace(
            '[quota]', '[quota]\ndriver = keystone'))
        self.assertStatus(201, self.caller(served)('PUT', '/v2/queues/one'))
        cloud.call('PATCH', f'/registered_limits/{ids["queues"]}',
                   json={'registered_limit': {'default_limit': 1}})

        def put():
            # Each has a connection, and so a worker, of its own.
            call = self.caller(served)
            statuses = [call('PUT', '/v2/queues/two').status, call('DELETE', '/v2/queues/two')]
            call.close()
            return statuses[0]
        self.until(lambda: [put() for _ in range(8)] == [403] * 8, why='the change has no effect')
