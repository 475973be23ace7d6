"""Expand and contract: what a migration may do while the release before is at work."""

import os
import re

from alembic import command
import sqlalchemy as sa

from marconi import exception
from marconi.storage.sqlalchemy import connecting
from marconi.storage.sqlalchemy import migration
from tests import base
from tests import migrations
from tests.upgrade import previous

#: What an expand migration may say, after the first one: ``{old}`` is a table that was there
#: before it, ``{new}`` one that it makes itself. ``marconi.storage.sqlalchemy.online`` says it so.
HARMLESS = [
    r'(SELECT|SHOW|SET|PRAGMA|DESCRIBE|BEGIN|COMMIT)\b',
    r'(INSERT INTO|UPDATE) alembic_version\b',
    r'CREATE TABLE\b',
    r'CREATE SEQUENCE\b',
    r'CREATE INDEX \S+ ON {new}\b',
]
OF_EACH_DATABASE = {
    'sqlite': [r'CREATE INDEX \S+ ON {old}\b',
               r'ALTER TABLE {old} ADD COLUMN (?!.*NOT NULL)'],
    'postgresql': [r'CREATE INDEX CONCURRENTLY \S+ ON {old}\b',
                   r'DROP INDEX CONCURRENTLY\b',
                   r'ALTER TABLE {old} ADD COLUMN (?!.*NOT NULL)'],
    'mariadb': [r'CREATE INDEX \S+ ON {old} .*ALGORITHM=INPLACE LOCK=NONE$',
                r'ALTER TABLE {old} ADD COLUMN (?!.*NOT NULL).*, ALGORITHM=INSTANT$'],
}


def harm(statements, backend, old):
    """Return those of the statements that an expand migration must not run."""
    made = [match[1] for match in (
        re.match(r'CREATE TABLE `?(\w+)', statement) for statement in statements) if match]
    names = {'old': f'`?({"|".join(old)})`?', 'new': f'`?({"|".join(made) or "-"})`?'}
    allowed = [re.compile(pattern.replace('{old}', names['old']).replace('{new}', names['new']))
               for pattern in HARMLESS + OF_EACH_DATABASE[backend]]
    return [statement for statement in statements
            if not any(pattern.match(statement) for pattern in allowed)]


class MigrationTest(base.OnEveryDatabase, base.TestCase):

    def setUp(self):
        super().setUp()
        self.url = self.bare_database()
        self.engine = connecting.make_engine(self.url)
        self.addCleanup(self.engine.dispose)
        self.released = migration.head()

    def upgrade(self, revision):
        """Bring the database there; return the statements that this took."""
        said = []
        with self.engine.connect() as connection:
            sa.event.listen(connection, 'before_cursor_execute',
                            lambda *args: said.append(' '.join(args[2].split())))
            scripts = migration._config()
            scripts.attributes['connection'] = connection
            command.upgrade(scripts, revision)
        return said


class TestHistory(MigrationTest):

    def test_what_expands_only_adds_and_locks_nobody_out(self):
        first, *rest = migration._scripts()
        self.upgrade(first.revision)
        for script in rest:
            old = sa.inspect(self.engine).get_table_names()
            said = self.upgrade(script.revision)
            if script.module.phase == migration.EXPAND:
                self.assertEqual([], harm(said, self.backend, old), script.revision)

    def test_what_does_harm_is_found(self):
        old = ['messages', 'queues']
        for statement in (
                'DROP TABLE messages', 'UPDATE messages SET a = 1', 'DELETE FROM messages',
                'ALTER TABLE messages DROP COLUMN a',
                'ALTER TABLE messages ADD COLUMN a BIGINT NOT NULL',
                'CREATE UNIQUE INDEX i ON messages (a)', 'DROP INDEX i',
                'ALTER TABLE messages RENAME TO m', 'ALTER TABLE messages ALTER COLUMN a TYPE INT'):
            self.assertEqual([statement], harm([statement], self.backend, old))
        if self.backend != 'sqlite':
            slow = 'CREATE INDEX i ON messages (a)'
            self.assertEqual([slow], harm([slow], self.backend, old))
            new = ['CREATE TABLE other ( a BIGINT )', 'CREATE INDEX i ON other (a)']
            self.assertEqual([], harm(new, self.backend, old))

    def test_of_this_release_those_that_contract_come_last(self):
        new = self.new_in_this_release()
        phases = [script.module.phase for script in new]
        self.assertEqual(sorted(phases, reverse=True), phases)  # 'expand' > 'contract'

    def new_in_this_release(self):
        """The revisions that the release before did not have."""
        self._require(previous.missing())
        versions = os.path.join(previous.tree(), os.path.relpath(
            migrations.OURS, previous.ROOT), 'versions')
        old = {name[:4] for name in os.listdir(versions)}
        return [script for script in migration._scripts() if script.revision not in old]

    def test_each_says_its_phase_and_is_a_number(self):
        phases = []
        for number, script in enumerate(migration._scripts(), 1):
            self.assertEqual(f'{number:04}', script.revision)
            self.assertIn(script.module.phase, (migration.EXPAND, migration.CONTRACT))
            phases.append(script.module.phase)
        self.assertEqual(migration.EXPAND, phases[0])


class TestPhases(MigrationTest):

    def setUp(self):
        super().setUp()
        migration.upgrade(self.url)
        self.useFixture(migrations.use(
            ('9001', 'expand', "online.add_column('queues', sa.Column('a', sa.BigInteger))"),
            ('9002', 'contract', "op.drop_index('ix_queues_pool', 'queues')")))

    def indexes(self):
        return {index['name'] for index in sa.inspect(self.engine).get_indexes('queues')}

    def test_expand_leaves_what_old_code_uses(self):
        self.assertRaises(exception.SchemaMismatch, migration.check, self.url)
        for _ in range(2):
            migration.expand(self.url)
            self.assertEqual('9001', migration.current(self.url))
        self.assertIn('ix_queues_pool', self.indexes())
        self.assertIs(False, migration.check(self.url))

    def test_contract_comes_after_it(self):
        migration.expand(self.url)
        for _ in range(2):
            migration.contract(self.url)
            self.assertEqual('9002', migration.current(self.url))
        self.assertNotIn('ix_queues_pool', self.indexes())
        self.assertIs(True, migration.check(self.url))
        migration.expand(self.url)
        self.assertEqual('9002', migration.current(self.url))

    def test_contract_does_not_come_first(self):
        error = self.assertRaises(exception.SchemaMismatch, migration.contract, self.url)
        self.assertIn('db sync --expand', str(error))
        self.assertEqual(self.released, migration.current(self.url))

    def test_both_at_once(self):
        migration.upgrade(self.url)
        self.assertEqual('9002', migration.current(self.url))

    def test_expanding_finishes_what_the_release_before_left(self):
        self.useFixture(migrations.use(
            ('9001', 'contract', "op.drop_index('ix_queues_pool', 'queues')"),
            ('9002', 'expand', "online.add_column('queues', sa.Column('b', sa.Text))")))
        migration.expand(self.url)
        self.assertEqual('9002', migration.current(self.url))
        self.assertNotIn('ix_queues_pool', self.indexes())

    def test_neither_touches_a_newer_database(self):
        migration.upgrade(self.url)
        self.useFixture(migrations.use())
        for refused in (migration.expand, migration.contract):
            error = self.assertRaises(exception.SchemaMismatch, refused, self.url)
            self.assertIn('9002', str(error))
