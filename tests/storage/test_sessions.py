"""Connections: who gets one, and what becomes of those that break."""

import threading

from marconi import exception
from marconi.storage.sqlalchemy import store as our_store
from tests import base
from tests.storage.contract import support

THREADS = 60


class TestSessions(base.OnEveryDatabase, base.TestCase):

    def new_store(self, **options):
        store = our_store.Store(self.database_url(), **options)
        self.addCleanup(store.dispose)
        store.queues.create('project', 'queue', {})
        return store, store.streams.open(store.queues.get('project', 'queue'))

    def test_many_at_once_while_the_pool_fills(self):
        store, queue = self.new_store()
        store.dispose()
        errors, together = [], threading.Barrier(THREADS)

        def read():
            together.wait()
            try:
                for _ in range(2):
                    store.messages.list(queue)
            except exception.MarconiError as error:
                errors.append(error)

        threads = [threading.Thread(target=read) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([], errors)
        self.assertEqual(0, store.connections())

    def test_all_are_in_use(self):
        store, queue = self.new_store(pool_size=1, max_overflow=1, pool_timeout=0.1)
        with store.database.sessions.session(), store.database.sessions.session():
            self.assertEqual(2, store.connections())
            self.assertRaises(exception.StorageUnavailable, store.messages.list, queue)
        self.assertEqual([], store.messages.list(queue))
        self.assertEqual(0, store.connections())

    def test_one_that_breaks_is_replaced(self):
        store, queue = self.new_store()
        store.messages.post(queue, [support.new()], 'client')
        with store.database.sessions.session() as session:
            session.pooled.dbapi_connection.close()
        self.assertEqual(1, len(store.messages.list(queue)))
        self.assertEqual(0, store.connections())
