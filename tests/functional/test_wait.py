"""Waiting for a message, through several processes."""

import time

from tests.functional import base

WAIT = 20
#: Well before the wait would have ended by itself.
SOON = 10


class TestWait(base.FunctionalTest):

    def wait_for(self, request):
        """Start ``request`` on the first service; return (crowd, [answer, seconds])."""
        crowd, result = base.Crowd(), []

        def wait():
            began = time.monotonic()
            result.append(request())
            result.append(time.monotonic() - began)

        crowd.start(wait)
        # Give it time to be waiting; all is well too if it is not yet.
        time.sleep(0.5)
        self.assertEqual([], result)
        return crowd, result

    def test_a_claim_is_woken_from_another_process(self):
        here, there = self.services(2)
        call, poster = self.caller(here), self.caller(there)
        self.assertStatus(201, poster('PUT', poster.path))
        crowd, result = self.wait_for(lambda: call.claim(wait=WAIT))
        self.assertStatus(201, poster.post('news'))
        crowd.join(WAIT * 2)
        self.assertStatus(201, result[0])
        self.assertEqual(['news'], [message['body'] for message in result[0].json['messages']])
        self.assertLess(result[1], SOON)

    def test_a_list_is_woken_from_another_process(self):
        here, there = self.services(2)
        call, poster = self.caller(here), self.caller(there)
        self.assertStatus(201, poster.post('old'))
        marker = poster.page().json['messages'][0]['id']
        crowd, result = self.wait_for(lambda: call.page(wait=WAIT, marker=marker))
        self.assertStatus(201, poster.post('news'))
        crowd.join(WAIT * 2)
        self.assertStatus(200, result[0])
        self.assertEqual(['news'], [message['body'] for message in result[0].json['messages']])
        self.assertLess(result[1], SOON)

    def test_a_queue_that_is_made_meanwhile(self):
        here, there = self.services(2)
        call, poster = self.caller(here), self.caller(there)
        crowd, result = self.wait_for(lambda: call.claim(wait=WAIT))
        self.assertStatus(201, poster.post('news'))
        crowd.join(WAIT * 2)
        self.assertStatus(201, result[0])
        self.assertLess(result[1], SOON)

    def test_a_released_claim_wakes(self):
        here, there = self.services(2)
        call, other = self.caller(here), self.caller(there)
        self.assertStatus(201, other.post('news'))
        claim = other.claim()
        self.assertStatus(201, claim)
        crowd, result = self.wait_for(lambda: call.claim(wait=WAIT))
        self.assertStatus(204, other('DELETE', claim.headers['Location']))
        crowd.join(WAIT * 2)
        self.assertStatus(201, result[0])
        self.assertLess(result[1], SOON)

    def test_many_waiters_get_one_message_each(self):
        here, there = self.services(2)
        poster = self.caller(there)
        self.assertStatus(201, poster('PUT', poster.path))
        crowd, answers = base.Crowd(), []
        for number in range(30):
            call = self.caller((here, there)[number % 2])
            crowd.start(lambda call=call: answers.append(call.claim(wait=WAIT, limit=1)))
        time.sleep(0.5)
        for number in range(30):
            self.assertStatus(201, poster.post(number))
        crowd.join(WAIT * 2)
        self.assertEqual({201}, {answer.status for answer in answers})
        self.assertEqual(list(range(30)), sorted(
            answer.json['messages'][0]['body'] for answer in answers))

    def test_a_stop_answers_those_who_wait(self):
        service = self.own_service()
        call, lister = self.caller(service), self.caller(service)
        crowd, result = self.wait_for(lambda: call.claim(wait=WAIT))
        listers, listed = self.wait_for(lambda: lister.page(wait=WAIT))
        service.stop()
        crowd.join(SOON)
        listers.join(SOON)
        self.assertStatus(204, result[0])
        self.assertStatus(200, listed[0])
        self.assertEqual([], listed[0].json['messages'])
        self.assertLess(result[1], SOON)
