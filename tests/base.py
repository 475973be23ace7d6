"""What every test is made of."""

import faulthandler
import logging
import os
import sys
import tempfile
import warnings

import fixtures
from sqlalchemy import exc as sa_exc
import testscenarios
import testtools

from tests import databases
from tests import servers


class TestCase(testtools.TestCase):
    """A test with its log captured, its time limited and its own temporary directory."""

    #: The database this test runs on; OnEveryDatabase sets it.
    backend = 'sqlite'
    #: Seconds that a test of this class may take when the environment sets no OS_TEST_TIMEOUT.
    timeout = 300

    def setUp(self):
        super().setUp()
        self._urls = {}
        self._limit_time()
        self._turn_warnings_into_errors()
        self.useFixture(fixtures.NestedTempfile())
        debug = os.environ.get('OS_DEBUG', '').lower() in ('1', 'true', 'yes')
        self.log = self.useFixture(fixtures.FakeLogger(
            level=logging.DEBUG if debug else logging.INFO,
            format='%(asctime)s %(levelname)s [%(name)s] %(message)s'))

    def database_url(self, name='main', *, fresh=False, server=None):
        """The URL of a migrated, empty database on ``self.backend``, for the life of this test.

        The same ``name`` gives the same database. A ``fresh`` one was never used before: it takes
        longer, and is for tests that change the schema or write so many rows that deleting them
        would take long. On a ``server`` from ``own_server()`` it is always fresh.
        """
        if server is not None:
            return databases.fresh(server)
        if fresh:
            return self._fresh_database()
        if name not in self._urls:
            self._urls[name] = self._shared_database(name)
        return self._urls[name]

    def bare_database(self):
        """The URL of a new database on ``self.backend`` that has no tables yet."""
        if self.backend == 'sqlite':
            return f'sqlite:///{tempfile.mkdtemp()}/bare.db'
        self.require_server(self.backend)
        return databases.bare(servers.shared(self.backend))

    def own_server(self, backend=None):
        """A started server that only this test uses, and may stop, kill and restart."""
        backend = backend or self.backend
        if backend == 'sqlite':
            self.skipTest('SQLite has no server')
        # A server announced by the environment is not ours to kill: this needs the binaries.
        self._require(servers.KINDS[backend].missing())
        server = servers.KINDS[backend]()
        self.addCleanup(server.close)
        return server.start()

    def require_server(self, name):
        """Skip the test when there can be no server of this name, or fail it where all must be."""
        self._require(servers.missing(name))

    def _fresh_database(self):
        if self.backend == 'sqlite':
            return databases.sqlite(tempfile.mkdtemp())
        self.require_server(self.backend)
        return databases.fresh(servers.shared(self.backend))

    def _shared_database(self, name):
        if self.backend == 'sqlite':
            return self._fresh_database()
        self.require_server(self.backend)
        database = databases.shared(self.backend, name)
        self.addCleanup(self._empty, database)
        return database.url

    def _require(self, missing):
        if missing and os.environ.get('MARCONI_TEST_REQUIRE') == 'all':
            self.fail(missing)
        elif missing:
            self.skipTest(missing)

    def _empty(self, database):
        try:
            database.empty()
        except databases.NotEmptied as error:
            databases.forget(database)
            raise AssertionError(
                'the database could not be emptied; does this test leave a transaction open?'
            ) from error

    def _limit_time(self):
        seconds = int(os.environ.get('OS_TEST_TIMEOUT') or self.timeout)
        if seconds > 0:
            self.useFixture(fixtures.Timeout(seconds, gentle=True))
            # For a test that not even an exception ends: end the whole process.
            faulthandler.dump_traceback_later(seconds + 60, exit=True, file=sys.__stderr__)
            self.addCleanup(faulthandler.cancel_dump_traceback_later)

    def _turn_warnings_into_errors(self):
        caught = warnings.catch_warnings()
        caught.__enter__()
        self.addCleanup(caught.__exit__, None, None, None)
        warnings.filterwarnings('error', category=sa_exc.SAWarning)
        # Those of other projects are theirs: only what our own modules cause.
        for category in (DeprecationWarning, PendingDeprecationWarning, SyntaxWarning):
            warnings.filterwarnings('error', category=category, module=r'(marconi|tests)(\.|$)')


class OnEveryDatabase(testscenarios.WithScenarios):
    """Mixed in before TestCase: each test runs once per database."""

    scenarios = [
        ('sqlite', {'backend': 'sqlite'}),
        ('postgresql', {'backend': 'postgresql'}),
        ('mariadb', {'backend': 'mariadb'}),
    ]
