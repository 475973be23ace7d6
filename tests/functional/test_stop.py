"""SIGTERM under load: who was let in gets an answer."""

from http import client
import time

from tests.functional import base

CLIENTS = 12
WAITING = 6


class TestStop(base.FunctionalTest):

    def setUp(self):
        super().setUp()
        self.served = self.own_service()
        self.crowd = base.Crowd()
        self.done = [0] * CLIENTS
        self.sent = [0] * CLIENTS

    def work(self, number):
        """Post over a kept connection until nobody lets us in; a lost answer is an error."""
        caller = self.caller(self.served, queue=f'queue-{number}')
        while True:
            connection = client.HTTPConnection('127.0.0.1', self.served.port, timeout=40)
            try:
                connection.connect()
            except OSError:
                return  # nobody accepts a byte from us any more
            caller._connection = connection
            self.post_while_it_lasts(caller, number)

    def post_while_it_lasts(self, caller, number):
        while caller._connection.sock is not None:
            self.sent[number] += 1
            self.assertStatus(201, caller.post('x'))  # raises if it is not whole
            self.done[number] += 1

    def wait(self, number):
        caller = self.caller(self.served, queue=f'slow-{number}')
        self.assertStatus(204, caller.claim(wait=20))

    def test_every_request_under_way_is_answered(self):
        for number in range(CLIENTS):
            self.crowd.start(self.work, number)
        for number in range(WAITING):
            self.crowd.start(self.wait, number)
        self.until(lambda: self.crowd.check() or min(self.done) > 20)
        started = time.monotonic()
        self.served.stop()
        took = time.monotonic() - started
        self.crowd.join()
        self.assertEqual(self.sent, self.done)
        self.assertLess(took, 5, 'the whole service has five seconds')
        self.assertNotIn('Traceback', self.served.log())

    def test_what_was_answered_is_stored(self):
        self.crowd.start(self.work, 0)
        self.until(lambda: self.crowd.check() or self.done[0] > 20)
        self.served.stop()
        self.crowd.join()
        self.served.start()
        reader = self.caller(self.served, queue='queue-0')
        self.assertEqual(self.done[0], len(reader.everything()))
