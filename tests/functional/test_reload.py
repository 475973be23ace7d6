"""SIGHUP: new values of some options, and no request is lost over it."""

import os
import signal

from tests import base as tests_base
from tests.functional import base
from tests.functional import caller
from tests.functional import test_run

OPTIONS = """
[transport]
max_messages_per_page = 7
max_claim_ttl = 600
"""


class ReloadTest(tests_base.TestCase):

    backend = 'sqlite'

    def pages(self, client):
        """The longest page that each of some new connections allows: all workers are asked."""
        lengths = set()
        for _ in range(30):
            client.close()
            answer = client.page(limit=8)
            lengths.add({200: 'long', 400: 'short'}[answer.status])
        return lengths

    def until(self, condition, seconds=30):
        base.FunctionalTest.until(self, condition, seconds)


class TestServer(ReloadTest, base.FunctionalTest):

    scenarios = [scenario for scenario in base.FunctionalTest.scenarios
                 if scenario[0] == 'sqlite']

    def setUp(self):
        super().setUp()
        self.served = self.own_service(options=OPTIONS)
        self.client = self.caller(self.served)
        self.client.post('x')

    def change(self, old, new):
        with open(self.served.config) as file:
            text = file.read()
        self.assertIn(old, text)
        with open(self.served.config, 'w') as file:
            file.write(text.replace(old, new))
        self.served.processes()[0].send_signal(signal.SIGHUP)

    def logged(self, text):
        return self.served.log(10_000).count(text)

    def test_new_limits_hold_in_all_workers_and_in_those_to_come(self):
        workers = self.served.processes()[1:]
        self.assertEqual({'short'}, self.pages(self.client))
        self.change('per_page = 7', 'per_page = 9')
        self.until(lambda: self.pages(self.client) == {'long'})
        self.assertEqual(workers, self.served.processes()[1:], 'no process was replaced')
        for worker in workers:
            worker.kill()
        self.until(self.served.answers)
        self.assertEqual({'long'}, self.pages(self.client))

    def test_wrong_file_changes_nothing(self):
        self.change('per_page = 7', 'per_page = many')
        self.until(lambda: self.logged('The configuration stays as it was'))
        self.assertEqual({'short'}, self.pages(self.client))
        self.change('per_page = many', 'per_page = 9\n[no end')
        self.until(lambda: self.logged('The configuration stays as it was') == 2)
        self.assertEqual({'short'}, self.pages(self.client))
        self.assertEqual(0, self.logged('Traceback'))
        self.change('per_page = 9\n[no end', 'per_page = 9')
        self.until(lambda: self.pages(self.client) == {'long'})
        self.assertEqual(2, self.logged('The configuration stays as it was'))

    def test_what_cannot_be_changed_is_told(self):
        self.change('workers = 2', 'workers = 3')
        self.until(lambda: self.logged('immutable option drivers:transport:wsgi.workers'))
        self.assertTrue(self.served.answers())

    def test_no_request_is_lost(self):
        crowd, done = base.Crowd(), [0] * 6

        def work(number):
            client = self.caller(self.served, queue=f'queue-{number}')
            while not crowd.stopping.is_set():
                self.assertStatus(201, client.post('x'))
                done[number] += 1

        def wait():
            self.assertStatus(201, self.caller(self.served, queue='slow').claim(wait=20))

        crowd.start(wait)
        for number in range(len(done)):
            crowd.start(work, number)
        for length in range(10, 15):
            before = list(done)
            self.change(f'per_page = {"7" if length == 10 else length - 1}',
                        f'per_page = {length}')
            self.until(lambda before=before: crowd.check() or all(
                now > then + 5 for now, then in zip(done, before, strict=True)))
        self.caller(self.served, queue='slow').post('x')
        crowd.stopping.set()
        crowd.join()


class TestStandalone(ReloadTest):

    def test_all_processes_read_their_files_again(self):
        it = test_run.Standalone()
        self.addCleanup(it.close)
        config = os.path.join(it.directory, 'more.conf')
        self.write(config, OPTIONS)
        it._args = ('--config', config)
        it.start()
        client = caller.Caller(it.url, 'red', queue='queue')
        self.addCleanup(client.close)
        client.post('x')
        family = it.family()
        self.assertEqual({'short'}, self.pages(client))
        self.write(config, OPTIONS.replace('7', '9') + '[janitor]\nreport_interval = 1\n')
        it.process.send_signal(signal.SIGHUP)
        self.until(lambda: self.pages(client) == {'long'})
        before = it.output().count('Rows cleared')
        self.until(lambda: it.output().count('Rows cleared') > before + 1)
        self.write(config, '[janitor]\nreport_interval = -1\n')
        it.process.send_signal(signal.SIGHUP)
        self.until(lambda: 'The configuration stays as it was' in it.output())
        self.assertEqual({'long'}, self.pages(client))
        self.assertEqual(family, it.family())

    def write(self, path, text):
        with open(path, 'w') as file:
            file.write(text)
