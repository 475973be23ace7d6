"""The heartbeat of a process, on a real database."""

import os
import time

from marconi import exception
from marconi import storage
from marconi.core import heart
from tests import base
from tests.storage.contract import support


class TestHeart(base.TestCase):

    backend = 'sqlite'

    def setUp(self):
        super().setUp()
        self.store = storage.connect('sqlalchemy', self.database_url())
        self.addCleanup(self.store.dispose)
        self.clock = self.store.clock = support.Clock()
        self.heart = heart.Heart(self.store.services, 'server', lambda: 3600)

    def listed(self):
        return self.store.services.list()

    def until(self, condition):
        deadline = time.monotonic() + 20
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

    def test_says_who_it_is(self):
        self.heart.beat()
        service, = self.listed()
        self.assertEqual(('server', os.getpid(), heart.version()),
                         (service.kind, service.pid, service.version))

    def test_beats_until_it_stops(self):
        beating = heart.Heart(self.store.services, 'janitor', lambda: 0.01)
        beating.start()
        self.addCleanup(beating.stop)
        self.until(self.listed)
        self.clock.move(60)
        self.until(lambda: self.listed()[0].silent == 0)
        beating.stop()
        self.assertEqual([], self.listed())

    def test_stops_without_the_database(self):
        self.heart.start()
        self.until(self.listed)
        self.heart._services = Gone()
        self.heart.stop()
        self.assertEqual(1, len(self.listed()))

    def test_forgets_those_who_ended_without_a_word(self):
        self.heart.beat()
        self.clock.move(heart.FORGOTTEN)
        new = heart.Heart(self.store.services, 'server', lambda: 3600)
        new.beat()
        self.assertEqual([new.service.id], [service.id for service in self.listed()])

    def test_goes_on_when_the_database_is_back(self):
        real, self.heart._services = self.store.services, Gone()
        self.heart.beat()
        self.heart._services = real
        self.heart.beat()
        self.assertEqual(1, len(self.listed()))


class Gone:
    """A list of services in a database that does not answer."""

    def beat(self, service, uptime):
        raise exception.StorageUnavailable()

    def remove(self, id):
        raise exception.StorageUnavailable()
