"""``wait``: an empty answer is held back until a message comes. Issue 2, v1.1 and v2."""

import threading
import time

from tests.api import base
from tests.api import wire

CLAIMS, MESSAGES = '/queues/alarms/claims', '/queues/alarms/messages'


class WaitTest(base.ApiTest):

    def start(self, request):
        """Make a request in another thread, and return when it waits; ``end`` gives its answer."""
        answer = []
        thread = threading.Thread(target=lambda: answer.append(request()), daemon=True)
        thread.start()
        deadline = time.monotonic() + 15
        while not self.broker.waiters.number and thread.is_alive():
            self.assertLess(time.monotonic(), deadline)
            thread.join(0.002)
        self.assertTrue(thread.is_alive(), 'it did not wait')

        def end():
            thread.join(60)
            self.assertFalse(thread.is_alive())
            return answer[0]
        return end

    def claim(self, caller=None, **query):
        return (caller or self.api).request('POST', CLAIMS, {'ttl': 60}, **query)

    def list(self, caller=None, **query):
        return (caller or self.api).get(MESSAGES, **query)

    def bodies(self, response):
        return [message['body'] for message in response.json['messages']]


class TestWait(WaitTest):

    scenarios = base.scenarios(wire.V1_1, wire.V2)

    def setUp(self):
        super().setUp()
        self.other = self.caller()

    def test_a_post_ends_a_waiting_claim(self):
        self.api.create('alarms')
        end = self.start(lambda: self.claim(wait=20))
        self.other.post('alarms', 'news')
        response = end()
        self.assertStatus(201, response)
        self.assertEqual(['news'], self.bodies(response))
        self.assertIsNone(self.api.claim('alarms'))

    def test_a_post_ends_a_waiting_list(self):
        self.api.create('alarms')
        end = self.start(lambda: self.list(wait=20))
        self.other.post('alarms', 'news')
        response = end()
        self.assertStatus(200, response)
        self.assertEqual(['news'], self.bodies(response))
        self.assertEqual(1, len(response.json['links']))

    def test_a_queue_that_is_not_there_yet(self):
        ends = [self.start(lambda: self.claim(wait=20))]
        self.other.post('alarms', 'news')
        self.assertEqual(['news'], self.bodies(ends[0]()))

    def test_waiting_makes_no_queue(self):
        end = self.start(lambda: self.list(wait=20))
        self.assertEqual([], self.other.get('/queues').json['queues'])
        self.other.post('alarms', 'news')
        self.assertStatus(200, end())

    def test_a_reader_follows_a_queue(self):
        [marker] = self.other.post('alarms', 'old')
        end = self.start(lambda: self.list(wait=20, marker=marker))
        self.other.post('alarms', 'new')
        self.assertEqual(['new'], self.bodies(end()))

    def test_what_does_not_concern_it_does_not_wake_it(self):
        self.api.create('alarms')
        end = self.start(lambda: self.list(wait=20))  # without echo
        self.api.post('alarms', 'my own')
        self.other.post('other', 'elsewhere')
        self.other.post('alarms', 'news')
        self.assertEqual(['news'], self.bodies(end()))

    def test_a_released_claim(self):
        self.other.post('alarms', 'one')
        held = self.other.claim('alarms')
        end = self.start(lambda: self.claim(wait=20))
        self.other.done(204, 'DELETE', held.location)
        self.assertEqual(['one'], self.bodies(end()))

    def test_an_expired_claim(self):
        self.other.post('alarms', 'one')
        self.other.claim('alarms', ttl=60)
        end = self.start(lambda: self.claim(wait=20))
        self.clock.advance(60)
        self.assertEqual(['one'], self.bodies(end()))

    def test_the_end_of_a_delay(self):
        self.caller(version=wire.V2).post('alarms', 'later', delay=30)
        end = self.start(lambda: self.claim(wait=20))
        self.clock.advance(30)
        self.assertEqual(['later'], self.bodies(end()))

    def test_a_message_of_another_process(self):
        """Another broker on the same database stands for it."""
        broker = self.broker
        self.api.create('alarms')
        other = self.caller(app=self.serve())
        self.broker = broker
        end = self.start(lambda: self.claim(wait=20))
        other.post('alarms', 'news')
        self.assertEqual(['news'], self.bodies(end()))

    def test_one_message_for_each_of_two(self):
        self.api.create('alarms')
        ends = [self.start(lambda: self.claim(wait=20, limit=1)) for _ in range(2)]
        self.other.post('alarms', 'one')
        self.other.post('alarms', 'two')
        self.assertEqual(['one', 'two'], sorted(body for end in ends
                                                for body in self.bodies(end())))


class TestNoWait(WaitTest):

    # SQLite alone: nobody has to be woken here.
    scenarios = base.scenarios(wire.V1_1, wire.V2, databases=False)

    def test_a_message_that_is_there(self):
        self.api.post('alarms', 'one')
        for wait in (0, 20):
            self.assertEqual(['one'], self.bodies(self.list(wait=wait, echo=True)))
        self.assertEqual(['one'], self.bodies(self.claim(wait=20)))

    def test_without_it(self):
        for query in ({}, {'wait': 0}, {'wait': ''}):
            self.assertStatus(204, self.claim(**query))
            self.assertEqual({'messages': [], 'links': []}, self.list(**query).json)

    def test_in_vain(self):
        """The one test here that waits in earnest: a second."""
        self.api.create('alarms')
        self.assertStatus(204, self.claim(wait=1))

    def test_the_server_ends(self):
        end = self.start(lambda: self.list(wait=20))
        self.broker.waiters.close()
        self.assertEqual({'messages': [], 'links': []}, end().json)

    def test_range(self):
        for wait in (-1, 21, 10 ** 9):
            for response in (self.claim(wait=wait), self.list(wait=wait)):
                self.assertError(400, 'Invalid API request', response)
        for wait in ('x', '1.5', 'true', ' ', '1e1'):
            for response in (self.claim(wait=wait), self.list(wait=wait)):
                self.assertError(400, 'Invalid parameter', response)

    def test_the_option(self):
        caller = self.caller(app=self.serve({'transport.max_wait': 2}))
        self.assertError(400, 'Invalid API request', self.claim(caller, wait=3))

    def test_it_is_not_for_ids(self):
        self.assertStatus(404, self.list(ids='x', wait=20))

    def test_the_next_link(self):
        """Whether it repeats ``wait`` or not, it leads to the next page."""
        self.api.post('alarms', 'one', 'two')
        [link] = self.list(wait=20, echo=True, limit=1).json['links']
        self.assertEqual(['two'], self.bodies(self.api.get(link['href'])))


class TestNotInV1(base.ApiTest):

    scenarios = base.scenarios(wire.V1, databases=False)

    def test_ignored(self):
        self.api.create('alarms')
        for wait in (20, 99, 'x'):
            self.assertStatus(204, self.api.get(MESSAGES, wait=wait))
            self.assertStatus(204, self.api.request('POST', CLAIMS, {'ttl': 60, 'grace': 60},
                                                    wait=wait))
