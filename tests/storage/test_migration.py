"""The schema: made by migrations, the same as the tables in the code, never too new or too old."""

from alembic import autogenerate
from alembic.runtime import migration as runtime
import sqlalchemy as sa

from marconi import exception
from marconi.storage.sqlalchemy import connecting
from marconi.storage.sqlalchemy import migration
from marconi.storage.sqlalchemy import store
from marconi.storage.sqlalchemy import tables
from tests import base


class TestMigration(base.OnEveryDatabase, base.TestCase):

    def setUp(self):
        super().setUp()
        self.url = self.database_url(fresh=True)
        self.engine = connecting.make_engine(self.url)
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

    def test_migrations_make_what_alembic_does_not_compare(self):
        """Primary keys, sequences, and the collation of texts."""
        inspector = sa.inspect(self.engine)
        for table in tables.metadata.sorted_tables:
            self.assertEqual([column.name for column in table.primary_key],
                             inspector.get_pk_constraint(table.name)['constrained_columns'])
            self.assertEqual(self.collations_in_code(table), self.collations(table))
        if self.backend == 'postgresql':
            self.assertEqual({*tables.metadata._sequences, 'queues_id_seq'},
                             set(inspector.get_sequence_names()))

    def collations_in_code(self, table):
        types = {column.name: column.type.dialect_impl(self.engine.dialect)
                 for column in table.columns}
        return {name: type_.collation or 'as the table' for name, type_ in types.items()
                if isinstance(type_, sa.String)}

    def collations(self, table):
        """Of each text of a table; where the table has one for all, that is checked here."""
        if self.backend == 'sqlite':  # compares bytes
            return dict.fromkeys(self.collations_in_code(table), 'as the table')
        where = 'current_schema()' if self.backend == 'postgresql' else 'database()'
        with self.engine.connect() as connection:
            found = dict(connection.execute(sa.text(
                'SELECT column_name, collation_name FROM information_schema.columns '
                f"WHERE table_schema = {where} AND table_name = '{table.name}' "
                'AND data_type LIKE :texts'), {'texts': '%char%'}).all())
        if self.backend == 'postgresql':
            return found
        self.assertLessEqual(set(found.values()), {'utf8mb4_nopad_bin', 'utf8mb4_0900_bin'})
        return dict.fromkeys(found, 'as the table')

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
