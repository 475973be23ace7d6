"""Limits that are remembered, with time in our hand."""

import threading

from marconi import exception
from marconi import quota
from marconi.quota import memory
from tests import base

LIFETIME = 60


class MemoryTest(base.TestCase):
    """A memory whose background is asked by the test, and not by its thread."""

    def setUp(self):
        super().setUp()
        self.now = 1000.0
        self.asked = []
        self.gone = False
        self.limit = 10
        self.memory = memory.Memory(self.ask, quota.Limits(queues=7), LIFETIME,
                                    clock=lambda: self.now)
        self.memory._refresher = threading.current_thread()  # it is there, and does nothing

    def ask(self, project):
        self.asked.append(project)
        if self.gone:
            raise exception.LimitsUnavailable(reason='gone')
        return quota.Limits(queues=self.limit)

    def queues(self, project='red'):
        return self.memory.of(project).queues

    def test_asked_once(self):
        self.assertEqual([10, 10], [self.queues(), self.queues()])
        self.assertEqual(['red'], self.asked)
        self.queues('blue')
        self.assertEqual(['red', 'blue'], self.asked)

    def test_refreshed_in_the_background_from_half_the_lifetime_on(self):
        self.queues()
        self.limit = 11
        self.now += LIFETIME / 2
        self.assertEqual([10, 10], [self.queues(), self.queues()])
        self.assertEqual(1, len(self.asked))
        self.memory.refresh_once()
        self.assertEqual(2, len(self.asked))
        self.memory.refresh_once()
        self.assertEqual(2, len(self.asked))
        self.assertEqual(11, self.queues())

    def test_never_older_than_the_lifetime(self):
        self.queues()
        self.limit = 11
        self.now += LIFETIME - 0.001
        self.assertEqual(10, self.queues())
        self.now += 0.001
        self.assertEqual(11, self.queues())
        self.memory.refresh_once()
        self.assertEqual(11, self.queues())

    def test_age_counts_from_the_question_not_from_the_answer(self):
        ask = self.memory._ask

        def slow(project):
            self.now += LIFETIME - 1
            return ask(project)
        self.memory._ask = slow
        self.assertEqual(10, self.queues())
        self.limit = 11
        self.now += 1
        self.assertEqual(11, self.queues())

    def test_one_after_the_other(self):
        self.queues('red'), self.queues('blue')
        self.now += LIFETIME / 2
        self.queues('blue'), self.queues('red'), self.queues('blue')
        self.memory.refresh_once()
        self.assertEqual(['blue'], self.asked[2:])
        self.memory.refresh_once()
        self.assertEqual(['blue', 'red'], self.asked[2:])

    def test_while_there_is_no_answer_the_last_known_limits_go_on(self):
        self.queues()
        self.gone = True
        for _ in range(3):
            self.now += LIFETIME
            self.assertEqual(10, self.queues())
        self.assertEqual(2, len(self.asked))  # then nobody waits in vain
        self.memory.refresh_once()
        self.assertEqual(3, len(self.asked))
        self.assertEqual(1, self.log.output.count('gone'))

    def test_what_the_configuration_says_while_nothing_is_known(self):
        self.gone = True
        self.assertEqual([7, 7, 7], [self.queues(), self.queues('blue'), self.queues()])
        self.assertEqual(['red'], self.asked)

    def test_back_again(self):
        self.queues()
        self.gone = True
        self.now += LIFETIME
        self.assertEqual([10, 7], [self.queues(), self.queues('blue')])
        self.gone, self.limit = False, 11
        self.assertEqual([10, 7], [self.queues(), self.queues('blue')])
        self.memory.refresh_once()
        self.assertFalse(self.memory.down)
        self.assertEqual([11, 11], [self.queues(), self.queues('blue')])
        self.assertIn('again', self.log.output)

    def test_somebody_goes_on_asking_although_nobody_wants_to_know(self):
        self.gone = True
        self.queues()
        for number in range(2, 5):
            self.memory.refresh_once()
            self.assertEqual(number, len(self.asked))

    def test_a_crowd_asks_once(self):
        entered, answer = threading.Event(), threading.Event()
        ask = self.memory._ask

        def wait(project):
            entered.set()
            answer.wait(30)
            return ask(project)
        self.memory._ask = wait
        found = []
        crowd = [threading.Thread(target=lambda: found.append(self.queues())) for _ in range(8)]
        for thread in crowd:
            thread.start()
        entered.wait(30)
        answer.set()
        for thread in crowd:
            thread.join(30)
        self.assertEqual(([10] * 8, ['red']), (found, self.asked))

    def test_bounded(self):
        self.patch(memory, 'MOST_REMEMBERED', 3)
        for number in range(5):
            self.queues(f'project-{number}')
        self.assertEqual(3, len(self.memory._entries))


class TestBackground(base.TestCase):

    def test_the_thread_refreshes_and_ends(self):
        asked = threading.Semaphore(0)

        def ask(project):
            asked.release()
            return quota.NONE
        now = 1000.0
        learnt = memory.Memory(ask, quota.NONE, 60, clock=lambda: now)
        learnt.of('red')
        self.assertTrue(asked.acquire(timeout=30))
        now += 30
        learnt.of('red')
        self.assertTrue(asked.acquire(timeout=30))
        learnt.close()
        learnt._refresher.join(30)
        self.assertFalse(learnt._refresher.is_alive())
