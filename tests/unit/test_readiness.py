"""Is the process ready? With a database that answers when we want it to."""

import threading

from marconi import exception
from marconi.core import readiness
from tests import base


class TestReadiness(base.TestCase):

    def setUp(self):
        super().setUp()
        self.now = 1000.0
        self.asked = 0
        self.error = None
        self.answering = threading.Event()
        self.answering.set()
        self.addCleanup(self.answering.set)

    def ping(self):
        self.asked += 1
        self.answering.wait(60)
        if self.error:
            raise self.error

    def readiness(self, patience=20):
        return readiness.Readiness(self.ping, clock=lambda: self.now, patience=patience)

    def test_many_questions_are_one(self):
        it = self.readiness()
        for _ in range(10):
            it.check()
        self.assertEqual(1, self.asked)
        self.now += readiness.REMEMBERED
        it.check()
        self.assertEqual(2, self.asked)

    def test_bad_news_is_remembered_too_and_passes(self):
        it = self.readiness()
        self.error = exception.StorageUnavailable()
        for _ in range(3):
            self.assertRaises(exception.StorageUnavailable, it.check)
        self.assertEqual(1, self.asked)
        self.error = None
        self.now += readiness.REMEMBERED
        it.check()

    def test_database_that_says_nothing_is_not_asked_again_and_again(self):
        it = self.readiness(patience=0.01)
        self.answering.clear()
        for _ in range(3):
            self.assertRaises(exception.StorageUnavailable, it.check)
            self.now += 60
        self.assertEqual(1, self.asked)

    def test_and_is_well_when_it_answers(self):
        it = self.readiness(patience=0.01)
        self.answering.clear()
        self.assertRaises(exception.StorageUnavailable, it.check)
        self.answering.set()
        self.readiness_of(it).result(20)
        it.check()

    @staticmethod
    def readiness_of(it):
        """The question under way."""
        return it._question()

    def test_defect_is_no_answer(self):
        it = self.readiness()
        self.error = ZeroDivisionError()
        self.assertRaises(ZeroDivisionError, it.check)
