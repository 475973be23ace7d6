"""The schema: made by migrations, the same as the tables in the code, never too new or too old."""

from alembic import autogenerate
from alembic.runtime import migration as runtime
import sqlalchemy as sa

from marconi import exception
from marconi.storage.sqlalchemy import engine as engines
from marconi.storage.sqlalchemy import migration
from marconi.storage.sqlalchemy import store
from marconi.storage.sqlalchemy import tables
from tests import base


class TestMigration(base.OnEveryDatabase, base.TestCase):

    def setUp(self):
        super().setUp()
        self.url = self.database_url(fresh=True)
        self.engine = engines.make_engine(self.url)
        self.addCleanup(self.engine.dispose)

    def set_revision(self, revision):
        with self.engine.connect() as connection:
            connection.execute(sa.text('UPDATE alembic_version SET version_num = :revision'),
                               {'revision': revision})

    def test_migrations_make_the_tables_in_the_code(self):
        with self.engine.connect() as connection:
            context = runtime.MigrationContext.configure(
                connection, opts={'compare_type': True})
            self.assertEqual([], autogenerate.compare_metadata(context, tables.metadata))

    def test_upgrading_again_changes_nothing(self):
        ids = store.Store(self.url)
        self.addCleanup(ids.dispose)
        before = ids.ids().encode([(1, 1)])
        migration.upgrade(self.url)
        self.assertEqual(migration.head(), migration.current(self.url))
        again = store.Store(self.url)
        self.addCleanup(again.dispose)
        self.assertEqual(before, again.ids().encode([(1, 1)]))
        migration.check(self.url)

    def test_a_newer_database_is_refused_and_left_alone(self):
        self.set_revision('9999')
        for refused in (migration.upgrade, migration.check):
            error = self.assertRaises(exception.SchemaMismatch, refused, self.url)
            self.assertIn('9999', str(error))
            self.assertNotIn('\n', str(error))
        self.assertEqual('9999', migration.current(self.url))

    def test_a_database_that_was_never_set_up_says_what_to_do(self):
        with self.engine.connect() as connection:
            connection.execute(sa.text('DELETE FROM alembic_version'))
        self.assertIsNone(migration.current(self.url))
        error = self.assertRaises(exception.SchemaMismatch, migration.check, self.url)
        self.assertIn('marconi-manage db sync', str(error))

    def test_texts_are_compared_to_their_last_byte(self):
        ours = store.Store(self.url)
        self.addCleanup(ours.dispose)
        names = ['q', 'Q', 'q-', 'q.']
        for project in ('p', 'P', 'p ', 'pé', 'pe'):
            for name in names:
                self.assertTrue(ours.queues.create(project, name, {}))
            found = [queue.name for queue in ours.queues.list(project)]
            self.assertEqual(sorted(names), found)
