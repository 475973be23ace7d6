"""P2 and P3 through HTTP, with the workers of two services on one database."""

import collections
import random

from tests.functional import base


class TestConsumers(base.FunctionalTest):

    timeout = 600
    claimers = 8
    claimed = 1500

    def test_each_message_is_consumed_exactly_once(self):
        services = self.services(2)
        call = self.caller()
        for first in range(0, self.claimed, 20):
            self.assertStatus(201, call.post(*range(first, first + 20)))
        taken = [[] for _ in range(self.claimers)]
        crowd = base.Crowd()
        for number in range(self.claimers):
            crowd.start(self.consume, services[number % 2], taken[number])
        crowd.join()
        counts = collections.Counter(body for bodies in taken for body in bodies)
        self.assertEqual({}, {body: count for body, count in counts.items() if count != 1})
        self.assertEqual(set(range(self.claimed)), set(counts))
        self.assertEqual([], call.everything())

    def consume(self, service, bodies):
        """Take messages in the three ways that there are, until nothing is left."""
        call = self.caller(service)
        while True:
            if random.random() < 0.2:
                answer = call('DELETE', f'{call.path}/messages', pop=random.randint(1, 10))
                self.assertStatus(200, answer)
                messages = answer.json['messages']
                bodies += [message['body'] for message in messages]
                continue
            answer = call.claim({'ttl': 60, 'grace': 60}, limit=random.randint(1, 20))
            if answer.status == 204:
                return
            self.assertStatus(201, answer)
            messages = answer.json['messages']
            if random.random() < 0.5:
                self.assertStatus(204, call('DELETE', f'{call.path}/messages',
                                            ids=[message['id'] for message in messages]))
                bodies += [message['body'] for message in messages]
                continue
            for message in messages:
                self.assertStatus(204, call('DELETE', message['href']))
                bodies.append(message['body'])
            claim = answer.headers['Location']
            self.assertStatus(204, call('DELETE', claim))


class TestReaders(base.FunctionalTest):

    timeout = 600
    writers = 8
    readers = 3
    listed = 20000

    def test_nobody_is_skipped(self):
        services = self.services(2)
        self.assertStatus(201, self.caller()('PUT', '/v2/queues/queue'))
        seen = [[] for _ in range(self.readers)]
        acknowledged = [[] for _ in range(self.writers)]
        crowd = base.Crowd()
        for number in range(self.readers):
            crowd.start(self.read, crowd, services[number % 2], seen[number])
        for number in range(self.writers):
            crowd.start(self.write, services[number % 2], number, acknowledged[number])
        crowd.join()
        self.assertEqual(self.listed, len(seen[0]))
        for other in seen[1:]:
            self.assertEqual(seen[0], other)
        for writer, posted in enumerate(acknowledged):
            self.assertEqual(posted, [body[1] for body in seen[0] if body[0] == writer])

    def write(self, service, number, acknowledged):
        call = self.caller(service)
        left = self.listed // self.writers
        while left:
            size = min(left, random.choice((1, 5, 20, 20)))
            numbers = range(left, left - size, -1)
            self.assertStatus(201, call.post(*([number, it] for it in numbers)))
            acknowledged += numbers
            left -= size

    def read(self, crowd, service, seen):
        """Follow the markers while they write, until all of it has been seen."""
        call = self.caller(service)
        marker = {}
        while len(seen) < self.listed and not crowd.stopping.is_set():
            # Waiting leaves the processors to the writers.
            answer = call.page(wait=5, **marker)
            self.assertStatus(200, answer)
            messages = answer.json['messages']
            seen += [message['body'] for message in messages]
            if messages:
                marker = {'marker': messages[-1]['id']}
