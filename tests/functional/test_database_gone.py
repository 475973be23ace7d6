"""P8: the database is gone; the service says so, and goes on by itself when it is back."""

import time

from tests.functional import base
from tests.functional import caller

WRITERS = 4
#: "Within a second or so", on a machine that is busy with other tests.
SOON = 8


class TestDatabaseGone(base.FunctionalTest):

    scenarios = [scenario for scenario in base.FunctionalTest.scenarios
                 if scenario[0] != 'sqlite']
    timeout = 600

    def test_503_and_service_again(self):
        server = self.own_server()
        service = self.own_service(base.new_database(self.backend, server))
        workers = {process.pid for process in service.processes()}
        acknowledged, refused = set(), []
        crowd = base.Crowd()
        for number in range(WRITERS):
            crowd.start(self.write, crowd, service, number, acknowledged, refused)
        try:
            self.until(lambda: crowd.check() or len(acknowledged) > 50, why=service.log())
            server.kill()
            self.refuse(service)
            server.start()
            back = len(acknowledged)
            self.until(lambda: crowd.check() or len(acknowledged) > back + 50, why=service.log())
        finally:
            crowd.stopping.set()
            crowd.join()
        self.assertNotEqual([], refused)
        self.assertEqual(workers, {process.pid for process in service.processes()})
        messages = [tuple(message['body']) for message in self.caller(service).everything()]
        self.assertEqual(len(messages), len(set(messages)))
        self.assertEqual(set(), acknowledged - set(messages))

    def refuse(self, service):
        """Every kind of request is refused soon, with a hint when to come back."""
        call = self.caller(service)
        for request in (('GET', '/v2/ping'), ('GET', '/v1/health'), ('GET', '/v2/queues'),
                        ('GET', call.path), ('GET', f'{call.path}/messages'),
                        ('POST', f'{call.path}/claims', {}), ('PUT', '/v2/queues/other'),
                        ('POST', f'{call.path}/messages', {'messages': [{'body': 1}]}),
                        ('DELETE', f'{call.path}/messages?pop=1'),
                        ('GET', '/v1.1/queues/queue/stats'),
                        ('POST', f'{call.path}/claims?wait=20', {})):
            began = time.monotonic()
            answer = call(*request)
            self.assertLess(time.monotonic() - began, SOON, request)
            self.assertEqual((503, request), (answer.status, request), service.log())
            self.assertTrue(answer.headers['Retry-After'].isdigit(), answer)
            self.assertEqual('Service temporarily unavailable', answer.json['title'])
            self.assertIn('description', answer.json)
        # What needs no database is still there, and a fault of the caller's is still one.
        self.assertStatus(300, call('GET', '/'))
        self.assertStatus(400, call('PUT', '/v2/queues/!'))

    def write(self, crowd, service, number, acknowledged, refused):
        call = self.caller(service)
        batch = 0
        while not crowd.stopping.is_set():
            batch += 1
            try:
                answer = call.post((number, batch))
            except caller.NoAnswer as error:
                self.fail(f'no answer: {error!r}')
            if answer.status == 503:
                refused.append(answer)
                time.sleep(0.05)
                continue
            self.assertEqual(201, answer.status, service.log())
            acknowledged.add((number, batch))
