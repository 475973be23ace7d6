"""What a commit waits for, and what it does not wait for in a pool that was told so."""

import functools

import sqlalchemy as sa

from marconi.storage.sqlalchemy import store as our_store
from tests import base

#: What each database calls it: (how to ask, safe, relaxed).
ASK = {'postgresql': ('SHOW synchronous_commit', 'on', 'off'),
       'sqlite': ('PRAGMA synchronous', 2, 1)}


class TestDurability(base.OnEveryDatabase, base.TestCase):

    def setUp(self):
        super().setUp()
        self.connect = functools.partial(our_store.Store, self.database_url())

    def ask(self, **options):
        store = self.connect(**options)
        self.addCleanup(store.dispose)
        return store.database.read(
            lambda connection: connection.scalar(sa.text(ASK[self.backend][0])))

    def test_commits_are_safe(self):
        if self.backend in ASK:  # in MariaDB it is the server's business
            self.assertEqual(ASK[self.backend][1], self.ask())

    def test_unless_told_otherwise(self):
        if self.backend in ASK:
            self.assertEqual(ASK[self.backend][2], self.ask(relaxed_durability=True))
        else:
            error = self.assertRaises(ValueError, self.connect, relaxed_durability=True)
            self.assertIn('innodb_flush_log_at_trx_commit', str(error))
