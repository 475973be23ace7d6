"""Changes of tables that are in use: others go on writing meanwhile."""

import threading
import time

from alembic import operations
from alembic.runtime import migration as runtime
import sqlalchemy as sa

from marconi.storage.sqlalchemy import online
from marconi.storage.sqlalchemy import store as our_store
from tests import base
from tests.storage.contract import support

#: Posts that must go through while the change waits.
POSTS = 20


class OnlineTest(base.OnEveryDatabase, base.TestCase):

    def setUp(self):
        super().setUp()
        self.store = our_store.Store(self.database_url(fresh=True))
        self.addCleanup(self.store.dispose)
        self.store.queues.create('project', 'queue', {})
        self.queue = self.store.streams.open(self.store.queues.get('project', 'queue'))
        self.errors = []

    def migrate(self, change, *args):
        """Run a change as a migration does."""
        with self.store.engine.connect() as connection:
            context = runtime.MigrationContext.configure(connection)
            with operations.Operations.context(context):
                change(*args)

    def background(self, change, *args):
        """Run a change in a thread, and return that."""
        def run():
            try:
                self.migrate(change, *args)
            except BaseException as error:
                self.errors.append(error)
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def indexes(self):
        return {it['name']: it['column_names']
                for it in sa.inspect(self.store.engine).get_indexes('messages')}

    def columns(self):
        return {it['name'] for it in sa.inspect(self.store.engine).get_columns('messages')}

    def post(self):
        self.store.messages.post(self.queue, support.several(2), 'client')


class TestChanges(OnlineTest):

    def test_index(self):
        self.post()
        for _ in range(2):
            self.migrate(online.create_index, 'ix_new', 'messages', ['queue_id', 'created_at'])
            self.assertEqual(['queue_id', 'created_at'], self.indexes()['ix_new'])
        self.post()

    def test_column(self):
        self.post()
        for _ in range(2):
            self.migrate(online.add_column, 'messages', sa.Column('new', sa.BigInteger))
            self.assertIn('new', self.columns())
        self.post()

    def test_column_that_old_code_would_not_fill(self):
        error = self.assertRaises(ValueError, self.migrate, online.add_column, 'messages',
                                  sa.Column('new', sa.BigInteger, nullable=False))
        self.assertIn('messages.new must be nullable', str(error))


class TestWriters(OnlineTest):
    """A transaction that stays open makes the change wait; who comes later does not wait for it."""

    scenarios = [it for it in base.OnEveryDatabase.scenarios if it[0] != 'sqlite']

    def check(self, change, *args):
        self.post()
        with self.store.engine.connect() as connection:
            connection.exec_driver_sql('BEGIN')
            connection.exec_driver_sql('UPDATE messages SET claim_count = claim_count')
            thread = self.background(change, *args)
            deadline = time.monotonic() + 60
            while thread.is_alive() and not self.waits() and time.monotonic() < deadline:
                time.sleep(0.01)
            self.assertTrue(self.waits(), self.errors)
            for _ in range(POSTS):
                self.post()
            self.assertTrue(thread.is_alive(), self.errors)
            connection.exec_driver_sql('ROLLBACK')
        thread.join(60)
        self.assertEqual([], self.errors)

    def waits(self):
        """Whether the change has begun, and waits for its lock."""
        question = {
            'postgresql': "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                          "AND (query LIKE 'CREATE INDEX%%' OR query LIKE 'ALTER TABLE%%')",
            'mariadb': "SELECT count(*) FROM information_schema.processlist WHERE state LIKE "
                       "'Waiting for table metadata lock' "
                       "AND (info LIKE 'CREATE INDEX%%' OR info LIKE 'ALTER TABLE%%')",
        }[self.backend]
        with self.store.engine.connect() as connection:
            return connection.exec_driver_sql(question).scalar() > 0

    def test_index(self):
        self.check(online.create_index, 'ix_new', 'messages', ['queue_id', 'created_at'])
        self.assertIn('ix_new', self.indexes())

    def test_column(self):
        self.check(online.add_column, 'messages', sa.Column('new', sa.BigInteger))
        self.assertIn('new', self.columns())

    def test_settings_of_the_session_come_back(self):
        setting = {'postgresql': 'SHOW lock_timeout',
                   'mariadb': 'SELECT @@lock_wait_timeout'}[self.backend]
        with self.store.engine.connect() as connection:
            before = connection.exec_driver_sql(setting).scalar()
            context = runtime.MigrationContext.configure(connection)
            with operations.Operations.context(context):
                online.create_index('ix_new', 'messages', ['created_at'])
                online.add_column('messages', sa.Column('new', sa.BigInteger))
            self.assertEqual(before, connection.exec_driver_sql(setting).scalar())


class TestInterrupted(OnlineTest):
    """PostgreSQL keeps an index whose making was interrupted, and does not use it."""

    scenarios = [it for it in base.OnEveryDatabase.scenarios if it[0] == 'postgresql']

    def test_index_is_made_anew(self):
        self.post()
        with self.store.engine.connect() as busy:
            busy.exec_driver_sql('BEGIN')
            busy.exec_driver_sql('UPDATE messages SET claim_count = claim_count')
            with self.store.engine.connect() as connection:
                connection.exec_driver_sql("SET statement_timeout = '200ms'")
                self.assertRaises(
                    sa.exc.OperationalError, connection.exec_driver_sql,
                    'CREATE INDEX CONCURRENTLY ix_new ON messages (created_at)')
                connection.exec_driver_sql('SET statement_timeout = 0')
            busy.exec_driver_sql('ROLLBACK')
        self.migrate(online.create_index, 'ix_new', 'messages', ['created_at'])
        with self.store.engine.connect() as connection:
            valid = connection.exec_driver_sql(
                "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_new'::regclass")
            self.assertIs(True, valid.scalar())
