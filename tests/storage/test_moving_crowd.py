"""Producers, workers and a reader at work on a queue while it moves there and back."""

import threading
import time

from tests import base
from tests.storage import moving
from tests.storage.contract import crowd
from tests.storage.contract import support

WRITERS = 3
WORKERS = 3
MOVES = 6
#: Messages that are there before the first move.
FIRST = 200


class TestCrowd(moving.BetweenDatabases, base.TestCase):

    #: That of each database, all on this machine.
    new_clock = None

    def setUp(self):
        super().setUp()
        self.patience = crowd.Patience()
        self.finished = threading.Event()
        #: The writers that have posted their last message.
        self.done = []

    def test_no_message_is_lost_or_taken_twice(self):
        self.post(*support.several(FIRST, 'first '))
        self.posted, self.taken = [], []
        roles = [self.mover_of_both_ways] + [self.write] * WRITERS + [self.work] * WORKERS
        crowd.run_threads(lambda number: self.guard(roles[number], number), threads=len(roles))
        self.assertEqual(len(set(self.taken)), len(self.taken))
        expected = {f'first {number}' for number in range(FIRST)} | set(self.posted)
        self.assertEqual(expected, set(self.taken))
        self.assertEqual([], self.everything())

    def test_a_reader_sees_every_message_once_and_in_order(self):
        self.posted, self.seen = [], []
        roles = [self.mover_of_both_ways, self.read] + [self.write] * WRITERS
        crowd.run_threads(lambda number: self.guard(roles[number], number), threads=len(roles))
        self.assertEqual(len(set(self.seen)), len(self.seen))
        self.assertEqual(set(self.posted), set(self.seen))
        for number in range(len(roles)):
            own = [body for body in self.seen if body.startswith(f'{number} ')]
            self.assertEqual(own, [f'{number} {count}' for count in range(len(own))])

    def guard(self, role, number):
        """Run a role; who fails ends the others too."""
        try:
            role(number)
        except BaseException:
            self.finished.set()
            raise

    def mover_of_both_ways(self, number):
        for count in range(MOVES):
            before = len(self.posted)
            stores = self.open_stores()
            queue = stores.find_afresh('project', 'queue')
            stores.control.moves.request(queue, 'old' if count % 2 else 'new')
            self.mover(stores, batch=50).run()
            while len(self.posted) < before + 30 and not self.finished.is_set():
                self.patience()
        self.finished.set()

    def write(self, number):
        stores, count = self.open_stores(), 0
        while not self.finished.is_set():
            body = f'{number} {count}'
            stores.call('project', 'queue', lambda store, queue: store.messages.post(
                queue, [support.new(body)], 'client'))
            self.posted.append(body)
            count += 1
            time.sleep(0.002)  # who carries them has to keep up
        self.done.append(number)

    def work(self, number):
        stores, last = self.open_stores(), False
        while True:
            claim = stores.call('project', 'queue', lambda store, queue: store.claims.create(
                queue, 60, 60, 7))
            if claim is None:
                if last:
                    return
                last = self.all_posted()
            for message in claim.messages if claim else ():
                stores.call('project', 'queue', lambda store, queue: store.messages.delete(
                    queue, message.id, claim.id))
                self.taken.append(message.body.decode())

    def read(self, number):
        stores, marker, last = self.open_stores(), None, False
        while True:
            page = stores.call('project', 'queue', lambda store, queue: store.messages.list(
                queue, marker=marker, limit=20))
            if page:
                marker = page[-1].id
                self.seen += support.bodies(page)
            elif last:
                return
            else:
                last = self.all_posted()
            self.patience()

    def all_posted(self):
        """Whether all messages have been posted: who then finds none has had them all."""
        return len(self.done) == WRITERS
