"""What the tests stand on: their databases, their time limit, their warnings."""

import os
import time
import warnings

import fixtures
import sqlalchemy
from sqlalchemy import exc as sa_exc
from sqlalchemy import pool
import testtools

from tests import base
from tests import databases
from tests import servers


def connect(url):
    return sqlalchemy.create_engine(url, poolclass=pool.NullPool).begin()


def tables(url):
    with connect(url) as connection:
        return set(sqlalchemy.inspect(connection).get_table_names())


class DatabaseUrlCase(base.TestCase):

    def setUp(self):
        super().setUp()
        # Not the databases of the other tests, which must not see the tables made here.
        self.useFixture(fixtures.MonkeyPatch('tests.databases._by_purpose', {}))

    def one_of_many(self, test, **kwargs):
        """The URL that some other test would get, and its clean-up."""
        other = base.TestCase('database_url')
        other.backend = self.backend
        other._urls = {}
        try:
            with fixtures.NestedTempfile():
                url = other.database_url(**kwargs)
                test(url)
        finally:
            failures = []
            for function, args, kwargs in reversed(other._cleanups):
                try:
                    function(*args, **kwargs)
                except AssertionError as error:
                    failures.append(error)
        return url, failures


class TestDatabaseUrl(base.OnEveryDatabase, DatabaseUrlCase):

    def test_is_migrated(self):
        self.assertLess({'alembic_version', 'settings'}, tables(self.database_url()))
        self.assertLess({'alembic_version', 'settings'}, tables(self.database_url(fresh=True)))

    def test_names(self):
        main = self.database_url()
        self.assertEqual(main, self.database_url('main'))
        self.assertEqual(4, len({main, self.database_url('other'),
                                 self.database_url(fresh=True), self.database_url(fresh=True)}))

    def test_is_empty_for_the_next_test(self):
        def write(url):
            if 'child' not in tables(url):
                with connect(url) as connection:
                    connection.exec_driver_sql('CREATE TABLE parent (id integer PRIMARY KEY)')
                    connection.exec_driver_sql(
                        'CREATE TABLE child (id integer, FOREIGN KEY (id) REFERENCES parent (id))')
            with connect(url) as connection:
                for table in ('parent', 'child'):
                    connection.exec_driver_sql(f'INSERT INTO {table} VALUES (7)')
                kept.append(connection.exec_driver_sql('SELECT * FROM settings').all())
                connection.exec_driver_sql('SELECT version_num FROM alembic_version').one()

        kept = []
        first, failures = self.one_of_many(write)
        self.assertEqual([], failures)
        second, failures = self.one_of_many(write)  # The primary key would collide.
        self.assertEqual([], failures)
        if self.backend != 'sqlite':
            self.assertEqual(first, second)
        self.assertEqual(kept[0], kept[1])


class TestDatabaseUrlOnServers(base.OnEveryDatabase, DatabaseUrlCase):

    scenarios = base.OnEveryDatabase.scenarios[1:]  # SQLite makes a file for each test

    def test_one_that_leaves_a_transaction_open_fails_alone(self):
        def leak(url):
            with connect(url) as connection:
                connection.exec_driver_sql('CREATE TABLE thing (id integer)')
                connection.exec_driver_sql('INSERT INTO thing VALUES (1)')
            open_transaction.append(
                sqlalchemy.create_engine(url, poolclass=pool.NullPool).connect())
            open_transaction[0].exec_driver_sql('UPDATE thing SET id = 2')

        open_transaction = []
        self.useFixture(fixtures.MonkeyPatch('tests.databases.LOCK_TIMEOUT', 1))
        leaked, failures = self.one_of_many(leak)
        self.addCleanup(open_transaction[0].close)
        self.assertIn('transaction open', str(failures[0]))
        self.assertNotEqual(leaked, self.database_url())

    def test_on_an_own_server(self):
        server = self.own_server()
        url = self.database_url(server=server)
        self.assertIn(f':{server.port}/', url)
        before = tables(url)
        server.kill()
        self.assertRaises(sa_exc.OperationalError, tables, url)
        server.start()
        self.assertEqual(before, tables(url))


class TestMissingServer(base.TestCase):

    def setUp(self):
        super().setUp()
        self.backend = 'nosuch'

        class NoSuch(servers.process.Server):
            @classmethod
            def missing(cls):
                return 'it is not there'

        self.useFixture(fixtures.MonkeyPatch('tests.servers.KINDS', {'nosuch': NoSuch}))
        self.useFixture(fixtures.EnvironmentVariable('MARCONI_TEST_REQUIRE'))

    def test_skips(self):
        for use in (self.database_url, self.own_server):
            error = self.assertRaises(testtools.TestCase.skipException, use)
            self.assertIn('it is not there', str(error))

    def test_fails_where_nothing_may_be_skipped(self):
        self.useFixture(fixtures.EnvironmentVariable('MARCONI_TEST_REQUIRE', 'all'))
        for use in (self.database_url, self.own_server):
            error = self.assertRaises(AssertionError, use)
            self.assertIn('it is not there', str(error))


class TestEveryTest(base.TestCase):

    def run_test(self, body):
        class Inner(base.TestCase):
            timeout = 1

            def test(self):
                body(self)

        result = testtools.TestResult()
        Inner('test').run(result)
        return [str(error) for _, error in result.errors + result.failures]

    def test_has_a_time_limit(self):
        self.useFixture(fixtures.EnvironmentVariable('OS_TEST_TIMEOUT'))
        began = time.monotonic()
        errors = self.run_test(lambda test: time.sleep(30))
        self.assertLess(time.monotonic() - began, 10)
        self.assertIn('TimeoutException', errors[0])

    def test_fails_on_a_warning_of_ours(self):
        errors = self.run_test(lambda test: warnings.warn('old', DeprecationWarning))
        self.assertIn('DeprecationWarning: old', errors[0])
        errors = self.run_test(lambda test: warnings.warn('odd SQL', sa_exc.SAWarning))
        self.assertIn('odd SQL', errors[0])

    def test_has_a_directory_of_its_own(self):
        left = []
        self.assertEqual([], self.run_test(
            lambda test: left.append(databases.tempfile.mkdtemp())))
        self.assertFalse(os.path.exists(left[0]))
