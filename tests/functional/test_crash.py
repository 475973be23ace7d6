"""P1: what was acknowledged is durable, and a batch is all or nothing, whoever is killed when.

What was taken and acknowledged does not come back either.
"""

import collections
import random
import time

from tests.functional import base
from tests.functional import caller

ROUNDS = 20
WRITERS = 6
#: Posts that must be acknowledged between two kills.
PROGRESS = 15
#: Messages in the queue that is emptied meanwhile.
STOCK = 4000
POP = 5


class TestCrash(base.FunctionalTest):

    timeout = 600

    def test_acknowledged_posts_survive_kill_9(self):
        service = self.own_service()
        self.assertStatus(201, self.caller(service)('PUT', '/v2/queues/queue'))
        self.fill(service)
        acknowledged, taken = [{} for _ in range(WRITERS)], []
        crowd = base.Crowd()
        crowd.start(self.take, crowd, service, taken)
        for number in range(WRITERS):
            crowd.start(self.write, crowd, service, number, acknowledged[number])
        try:
            for _ in range(ROUNDS):
                goal = sum(map(len, acknowledged)) + PROGRESS
                self.until(lambda: crowd.check() or sum(map(len, acknowledged)) >= goal,
                           why=f'no progress:\n{service.log()}')
                time.sleep(random.random() * 0.05)
                service.kill()
                service.start()
        finally:
            crowd.stopping.set()
            crowd.join()
        self.check(self.caller(service).everything(), acknowledged)
        self.check_stock(service, taken)

    def fill(self, service):
        call = self.caller(service, 'stock')
        for first in range(0, STOCK, 200):
            self.assertStatus(201, call.post(*range(first, first + 200)))

    def take(self, crowd, service, taken):
        """Pop messages; note None for an answer that did not come."""
        call = self.caller(service, 'stock')
        while not crowd.stopping.is_set():
            try:
                answer = call('DELETE', f'{call.path}/messages', pop=POP)
            except caller.NoAnswer:
                taken.append(None)
                time.sleep(0.02)
                continue
            if answer.status != 503:
                self.assertStatus(200, answer)
                taken.append([message['body'] for message in answer.json['messages']])
            time.sleep(0.01)  # so that there are some left

    def check_stock(self, service, taken):
        left = [message['body'] for message in self.caller(service, 'stock').everything()]
        known = [body for bodies in taken if bodies for body in bodies]
        self.assertEqual(len(known), len(set(known)), 'a message was taken twice')
        self.assertEqual(set(), set(known) & set(left), 'a message came back')
        self.assertEqual(sorted(left), left)
        lost = STOCK - len(left) - len(known)
        self.assertLessEqual(lost, POP * taken.count(None), 'messages went, and nobody asked')

    def write(self, crowd, service, number, acknowledged):
        """Post single messages and batches; never the same one twice."""
        call = self.caller(service)
        batch = 0
        while not crowd.stopping.is_set():
            batch += 1
            size = random.choice((1, 1, 2, 7, 20))
            try:
                answer = call.post(*({'writer': number, 'batch': batch, 'part': part, 'of': size}
                                     for part in range(size)))
            except caller.NoAnswer:
                time.sleep(0.02)
                continue
            if answer.status == 503:
                continue
            self.assertStatus(201, answer)
            acknowledged[batch] = [href.rpartition('/')[2] for href in answer.json['resources']]

    def check(self, messages, acknowledged):
        ids = [message['id'] for message in messages]
        self.assertEqual(len(ids), len(set(ids)), 'a message is listed twice')
        batches = collections.defaultdict(list)
        for position, message in enumerate(messages):
            body = message['body']
            batches[body['writer'], body['batch']].append((position, message))
        for key, parts in batches.items():
            size = parts[0][1]['body']['of']
            self.assertEqual(list(range(size)), [part['body']['part'] for _, part in parts],
                             f'batch {key} is not whole')
            first = parts[0][0]
            self.assertEqual(list(range(first, first + size)),
                             [position for position, _ in parts],
                             f'batch {key} does not stand together')
        for writer, posted in enumerate(acknowledged):
            for batch, batch_ids in posted.items():
                self.assertEqual(
                    batch_ids, [part['id'] for _, part in batches.get((writer, batch), ())],
                    f'batch {batch} of writer {writer} was acknowledged')
            order = [batch for (who, batch) in batches if who == writer]
            self.assertEqual(sorted(order), order, f'writer {writer} finds another order')
