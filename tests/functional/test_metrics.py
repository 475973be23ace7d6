"""The metrics, as Prometheus reads them from real processes."""

import os
import re
import time

from prometheus_client import parser
import requests

from tests import base as tests_base
from tests.functional import base
from tests.functional import caller
from tests.functional import test_run
from tests.servers import process

METRICS = """
[metrics]
port = {port}
backlog_interval = 1
"""


def scrape(port):
    """Return {name: {labels as a sorted tuple: value}} of a page."""
    answer = requests.get(f'http://127.0.0.1:{port}/metrics', timeout=20)
    answer.raise_for_status()
    samples = {}
    for family in parser.text_string_to_metric_families(answer.text):
        for sample in family.samples:
            samples.setdefault(sample.name, {})[
                tuple(sorted(sample.labels.items()))] = sample.value
    return samples


def value(samples, name, **labels):
    """Return one value of a page; 0 if it is not there."""
    return samples.get(name, {}).get(tuple(sorted(labels.items())), 0)


class TestMetrics(base.FunctionalTest):

    scenarios = [scenario for scenario in base.FunctionalTest.scenarios
                 if scenario[0] == 'sqlite']

    def setUp(self):
        super().setUp()
        self.port = process.free_port()
        self.served = self.own_service(options=METRICS.format(port=self.port))
        self.client = self.caller(self.served)

    def value(self, name, **labels):
        return value(scrape(self.port), name, **labels)

    def test_counts_requests_and_messages(self):
        self.client.post(1, 2, 3)
        claim = self.client.claim({'ttl': 60, 'grace': 60}, limit=2).json
        self.client('DELETE', claim['messages'][0]['href'])
        self.client('DELETE', f'{self.client.path}/messages', pop=1)
        self.client('GET', '/v1.1/queues')
        self.client('GET', '/nowhere')
        self.client('PUT', '/v2/queues/no+name')
        page = scrape(self.port)
        for labels, number in {
                ('v2', 'messages:create', '201'): 1, ('v2', 'claims:create', '201'): 1,
                ('v2', 'messages:delete', '204'): 1, ('v2', 'messages:delete_all', '200'): 1,
                ('v1.1', 'queues:get_all', '200'): 1, ('-', '-', '404'): 1,
                ('v2', 'queues:create', '400'): 1}.items():
            self.assertEqual(number, value(page, 'marconi_requests_total', **dict(zip(
                ('version', 'operation', 'status'), labels, strict=True))), labels)
        self.assertEqual(1, value(page, 'marconi_request_seconds_count',
                                  operation='claims:create'))
        for event, number in (('posted', 3), ('claimed', 2), ('deleted', 2)):
            self.assertEqual(number, value(page, 'marconi_messages_total', event=event), event)

    def test_waiting_is_no_part_of_the_time_of_a_request(self):
        started = time.monotonic()
        self.assertEqual(204, self.client.claim(wait=2).status)
        elapsed = time.monotonic() - started
        page = scrape(self.port)
        waited = value(page, 'marconi_wait_seconds_sum', outcome='nothing')
        took = value(page, 'marconi_request_seconds_sum', operation='claims:create')
        self.assertGreaterEqual(waited, 1.9)
        self.assertLessEqual(took + waited, elapsed, 'the same seconds were counted twice')

    def test_tells_what_is_true_now(self):
        self.until(lambda: self.value('marconi_processes', kind='server') == 2)
        page = scrape(self.port)
        self.assertEqual(1, value(page, 'marconi_pool_up', pool='default'))
        self.assertGreater(value(page, 'marconi_process_memory_bytes', kind='server'), 1e6)
        self.assertEqual(1, len(page['marconi_info']))
        crowd = base.Crowd()
        crowd.start(lambda: self.caller(self.served).claim(wait=20))
        self.until(lambda: self.value('marconi_waiting_requests', kind='server') == 1)
        self.client.post('x')
        crowd.join()
        self.until(lambda: self.value('marconi_waiting_requests', kind='server') == 0)

    def test_survives_the_death_of_workers(self):
        posted, dead = 0, set()
        for _ in range(3):
            for _ in range(20):
                # Each by a connection of its own, so that both workers have some.
                one = self.caller(self.served)
                one.post('x')
                one.close()
                posted += 1
            self.assertEqual(posted, self.value('marconi_messages_total', event='posted'))
            for worker in self.served.processes()[1:]:
                worker.kill()
                dead.add(worker.pid)
            self.until(self.served.answers)
            self.assertEqual(posted, self.value('marconi_messages_total', event='posted'))
            self.until(lambda: self.value('marconi_processes', kind='server') == 2)
        self.assertEqual(set(), dead & {
            int(pid) for name in os.listdir(self.directory())
            for pid in re.findall(r'_(\d+)\.', name)}, 'files of the dead are left')

    def test_directory_goes_with_the_service(self):
        directory = self.directory()
        self.served.stop()
        self.assertFalse(os.path.exists(directory))

    def test_directory_of_a_killed_service_goes_with_the_next_one(self):
        directory = self.directory()
        self.served.kill()
        self.assertTrue(os.path.exists(directory))
        self.own_service(options=METRICS.format(port=process.free_port()))
        self.assertFalse(os.path.exists(directory))

    def directory(self):
        """Where the service counts."""
        maps = self.served.processes()[0].open_files()
        return next(os.path.dirname(file.path) for file in maps
                    if os.path.basename(file.path) == 'lock')


class TestStandalone(tests_base.TestCase):

    def test_one_page_for_all_with_the_busiest_queues(self):
        port = process.free_port()
        it = test_run.Standalone()
        self.addCleanup(it.close)
        config = os.path.join(it.directory, 'metrics.conf')
        with open(config, 'w') as file:
            file.write(METRICS.format(port=port) + '[janitor]\ninterval = 0.1\n')
        it._args = ('--config', config)
        it.start()
        client = caller.Caller(it.url, 'red', queue='busy')
        self.addCleanup(client.close)
        client.post(1, 2, 3)
        client.claim(limit=1)
        labels = {'project': 'red', 'queue': 'busy'}
        self.until(lambda: value(scrape(port), 'marconi_queue_messages', state='free',
                                 **labels) == 2)
        page = scrape(port)
        self.assertEqual(1, value(page, 'marconi_queue_messages', state='held', **labels))
        self.assertGreater(value(page, 'marconi_queue_oldest_seconds', **labels), 0)
        self.assertEqual(1, value(page, 'marconi_processes', kind='janitor'))
        client('POST', f'{client.path}/purge', {'resource_types': ['messages']})
        self.until(lambda: value(scrape(port), 'marconi_sweep_rows_total',
                                 sweep='purged_messages') >= 3)

    def until(self, condition):
        base.FunctionalTest.until(self, condition)
