"""Code that runs on an older schema, and does without what is not there."""

import sqlalchemy as sa

from marconi import exception
from marconi.storage.sqlalchemy import migration
from marconi.storage.sqlalchemy import schema
from marconi.storage.sqlalchemy import store as our_store
from marconi.storage.sqlalchemy import tables
from tests import base
from tests.storage.contract import support

WITHOUT = 'usage is not kept'


class TestSchema(base.OnEveryDatabase, base.TestCase):

    def setUp(self):
        super().setUp()
        url = self.database_url(fresh=True)
        self.store = our_store.Store(url)
        self.addCleanup(self.store.dispose)
        self.now = 1000.0
        self.schema = schema.Schema(self.store.database, clock=lambda: self.now)
        self.questions = 0
        sa.event.listen(self.store.engine, 'before_cursor_execute', self.count)

    def count(self, connection, cursor, statement, *args):
        self.questions += statement.startswith('SELECT')

    def be_at(self, revision):
        with self.store.engine.connect() as connection:
            connection.execute(sa.text('UPDATE alembic_version SET version_num = :revision'),
                               {'revision': revision})

    def test_what_this_release_has(self):
        self.assertIs(True, self.store.schema.reached(migration.head(), WITHOUT))
        self.assertNotIn(WITHOUT, self.log.output)

    def test_yes_is_remembered(self):
        for revision in ('0001', '0002', '0001'):
            self.assertIs(True, self.schema.reached(revision, WITHOUT))
        self.assertEqual(1, self.questions)

    def test_no_is_told_once_and_asked_again_later(self):
        self.be_at('0002')
        for _ in range(5):
            self.assertIs(True, self.schema.reached('0002', WITHOUT))
            self.assertIs(False, self.schema.reached('0003', WITHOUT))
        self.assertEqual(1, self.questions)
        self.assertEqual(1, self.log.output.count(WITHOUT))
        self.assertIn('older than revision 0003', self.log.output)
        self.be_at('0003')
        self.now += self.schema.RECHECK
        self.assertIs(True, self.schema.reached('0003', WITHOUT))
        self.assertEqual(2, self.questions)

    def test_a_newer_schema_has_what_an_older_one_has(self):
        self.be_at('9999')
        self.assertIs(True, self.schema.reached('0003', WITHOUT))


class TestWithoutTables(base.OnEveryDatabase, base.TestCase):
    """What is kept in the new tables does without them, or says what to do."""

    def setUp(self):
        super().setUp()
        url = self.database_url(fresh=True)
        self.store = our_store.Store(url)
        self.addCleanup(self.store.dispose)
        with self.store.engine.connect() as connection:
            for name in ('pools', 'flavors', 'moves', 'usage', 'services'):
                tables.metadata.tables[name].drop(connection)
            connection.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))

    def test_what_does_without(self):
        self.assertEqual([], self.store.pools.list())
        self.assertEqual([], self.store.moves.list())
        self.assertIsNone(self.store.usage.get('project'))
        self.assertIsNone(self.store.usage.begin_count(False))
        self.store.usage.mark('project')
        [usage] = self.store.usage.add({'project': (1, 1)}).values()
        self.assertIs(False, usage.counted)
        self.assertEqual([], self.store.services.list())
        self.store.services.remove('one')
        self.store.services.forget(1)
        self.assertIs(True, self.store.queues.create('project', 'queue', {}))

    def test_what_cannot_says_what_to_do(self):
        if self.backend == 'sqlite':
            return  # it does not tell what was wrong
        for attempt in (lambda: self.store.pools.put(support.a_pool()),
                        lambda: self.store.flavors.get('project', 'fast')):
            error = self.assertRaises(exception.StorageUnavailable, attempt)
            self.assertIn('marconi-manage db sync', str(error))
