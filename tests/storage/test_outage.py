"""A missing database is said to be missing, soon, and missed no longer than it is (P8)."""

import socket
import threading
import time

from marconi import exception
from marconi.storage.sqlalchemy import store as our_store
from tests import base
from tests.storage.contract import support

#: Seconds until an answer; "about one" is promised, and tests share their processors.
SOON = 5


class TestOutage(base.OnEveryDatabase, base.TestCase):

    scenarios = [scenario for scenario in base.OnEveryDatabase.scenarios
                 if scenario[0] != 'sqlite']  # has no server to be missing

    def start(self):
        self.server = self.own_server()
        self.store = our_store.Store(self.database_url(server=self.server))
        self.addCleanup(self.store.dispose)
        self.store.queues.create('project', 'name', {})
        self.queue = self.store.streams.open(self.store.queues.get('project', 'name'))

    def operations(self):
        store, queue, claim = self.store, self.queue, 'f' * 32
        [id] = store.messages.post(queue, [support.new()], 'client')
        return {
            'ping': store.ping,
            'create': lambda: store.queues.create('project', 'other', {}),
            'find': lambda: store.queues.get('project', 'name'),
            'open': lambda: store.streams.open(queue),
            'post': lambda: store.messages.post(queue, [support.new()], 'client'),
            'list': lambda: store.messages.list(queue),
            'get': lambda: store.messages.get(queue, [id]),
            'delete': lambda: store.messages.delete(queue, id),
            'pop': lambda: store.messages.pop(queue, 1),
            'stats': lambda: store.messages.stats(queue),
            'signals': lambda: store.messages.signals([queue]),
            'claim': lambda: store.claims.create(queue, 60, 60, 1),
            'release': lambda: store.claims.release(queue, claim),
            'lease': lambda: store.leases.acquire('sweep', 'one', 60),
            'sweep': lambda: store.sweeps.expired_messages(10),
        }

    def post_until(self, over, acknowledged, surprises):
        number = 0
        while not over.is_set():
            number += 1
            body = f'{threading.get_ident()}-{number}'
            try:
                began = time.monotonic()
                self.store.messages.post(self.queue, [support.new(body)] * 5, 'client')
                acknowledged.append(body)
            except exception.StorageUnavailable:
                if time.monotonic() - began > 2 * SOON:
                    surprises.append('late')
                time.sleep(0.05)
            except BaseException as error:
                surprises.append(error)

    def test_killed_and_restarted(self):
        self.start()
        operations = self.operations()
        over, acknowledged, surprises = threading.Event(), [], []
        threads = [threading.Thread(target=self.post_until, args=[over, acknowledged, surprises])
                   for _ in range(4)]
        for thread in threads:
            thread.start()
        self.addCleanup(over.set)
        while len(acknowledged) < 40:
            time.sleep(0.01)

        self.server.kill()
        for name, operation in operations.items():
            began = time.monotonic()
            error = self.assertRaises(exception.StorageUnavailable, operation)
            self.assertLess(time.monotonic() - began, SOON, name)
            self.assertGreater(error.retry_after, 0)
        before = len(acknowledged)
        self.server.start()
        deadline = time.monotonic() + 60
        while len(acknowledged) < before + 40 and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertGreaterEqual(len(acknowledged), before + 40)  # resumes by itself
        over.set()
        for thread in threads:
            thread.join()

        self.assertEqual([], surprises)
        found = support.bodies(self.store.messages.list(self.queue, limit=1_000_000))
        self.assertEqual(set(), set(acknowledged) - set(found))
        batches = [found[start:start + 5] for start in range(1, len(found), 5)]
        self.assertEqual([], [batch for batch in batches if len(set(batch)) > 1])
        for operation in operations.values():
            operation()

    def test_restarted_unnoticed(self):
        # All pooled connections are dead, and nobody knows: a request or two may fail.
        self.start()
        operations = self.operations()
        errors = []
        for name, operation in operations.items():
            self.server.restart()
            for _ in range(3):
                try:
                    operation()
                    break
                except exception.StorageUnavailable as error:
                    errors.append((name, error))
            else:
                self.fail(f'{name} does not recover')
            if name in ('post', 'claim'):
                break
        self.assertLessEqual(len(errors), 2, errors)

    def test_a_server_that_accepts_and_says_nothing(self):
        self.start()
        with socket.socket() as silent:
            silent.bind(('127.0.0.1', 0))
            silent.listen(50)
            url = self.store.engine.url.set(port=silent.getsockname()[1])
            store = our_store.Store(url.render_as_string(hide_password=False))
            self.addCleanup(store.dispose)
            began = time.monotonic()
            self.assertRaises(exception.StorageUnavailable, store.ping)
            self.assertLess(time.monotonic() - began, 2 * SOON)
