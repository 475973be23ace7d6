"""What the tests of the whole service are made of: served applications, and threads that call."""

import atexit
import itertools
import os
import tempfile
import threading
import time

from tests import base
from tests import databases
from tests import servers
from tests.functional import caller
from tests.functional import service as service_module
from tests.servers import process

_numbers = itertools.count(1)
_shared = {}


def new_database(backend, server=None):
    """A migrated database that outlives the test that asked for it."""
    if backend != 'sqlite':
        return databases.fresh(server or servers.shared(backend))
    # Not in the directory of a test, which goes with the test.
    directory = tempfile.mkdtemp(prefix='marconi-service-', dir=process.TMPDIR)
    atexit.register(process.shutil.rmtree, directory, ignore_errors=True)
    return databases.sqlite(directory)


class FunctionalTest(base.OnEveryDatabase, base.TestCase):
    """A test of the service as it is served, on each database.

    All tests of a process share one service per database, and do not meet: each has a project of
    its own.
    """

    def setUp(self):
        super().setUp()
        name = self.id().rpartition('.')[2].partition('(')[0]
        self.project = f'{name[:40]}-{os.getpid()}-{next(_numbers)}'
        if self.backend != 'sqlite':
            self.require_server(self.backend)

    def services(self, number=1):
        """That many running services on one database; other tests use them too."""
        if self.backend not in _shared:
            _shared[self.backend] = (new_database(self.backend), [])
        database, started = _shared[self.backend]
        while len(started) < number:
            service = service_module.Service(database)
            atexit.register(service.close)
            started.append(service.start())
        return started[:number]

    @property
    def service(self):
        """A running service that other tests use too."""
        return self.services()[0]

    def own_service(self, database=None, **kwargs):
        """A running service that this test may kill and restart."""
        service = service_module.Service(database or new_database(self.backend), **kwargs)
        self.addCleanup(service.close)
        return service.start()

    def caller(self, service=None, queue='queue', **kwargs):
        """A client of a service, in the project of this test."""
        it = caller.Caller((service or self.service).url, self.project, queue=queue, **kwargs)
        self.addCleanup(it.close)
        return it

    def assertStatus(self, status, answer):
        self.assertEqual(status, answer.status, answer)

    def until(self, condition, seconds=60, why='it does not happen'):
        """Wait until ``condition()`` is true."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                self.fail(why)
            time.sleep(0.01)


class Crowd:
    """Threads that run at the same time; what one of them raises is raised by ``join``."""

    def __init__(self):
        self.stopping = threading.Event()
        self._threads = []
        self._errors = []

    def start(self, function, *args):
        thread = threading.Thread(target=self._run, args=(function, *args), daemon=True)
        self._threads.append(thread)
        thread.start()

    def join(self, seconds=240):
        """Wait until all have ended."""
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0, deadline - time.monotonic()))
        if self._errors:
            raise self._errors[0]
        if any(thread.is_alive() for thread in self._threads):
            raise AssertionError(f'somebody does not end within {seconds} s')

    def check(self):
        """Raise what a thread has raised so far."""
        if self._errors:
            raise self._errors[0]

    def _run(self, function, *args):
        try:
            function(*args)
        except BaseException as error:
            self._errors.append(error)
            self.stopping.set()
