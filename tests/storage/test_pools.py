"""What keeps a pool from being forgotten, beside what the contract's tests can say."""

import sqlalchemy as sa

from marconi import exception
from marconi.storage.sqlalchemy import pools
from marconi.storage.sqlalchemy import store
from marconi.storage.sqlalchemy import tables
from tests import base
from tests.storage.contract import support


class TestPools(base.OnEveryDatabase, base.TestCase):

    def setUp(self):
        super().setUp()
        self.store = store.Store(self.database_url())
        self.addCleanup(self.store.dispose)
        self.store.pools.put(support.a_pool('fast'))

    def insert(self, table, count, **values):
        with self.store.engine.begin() as connection:
            connection.execute(sa.insert(table), [
                {'project': 'p', 'name': f'q{number}', **values,
                 **({'queue_id': number} if table is tables.moves else {})}
                for number in range(count)])

    def reason(self):
        return self.assertRaises(exception.PoolInUse, self.store.pools.delete, 'fast').reason

    def test_queues_that_are_to_move_there(self):
        self.insert(tables.moves, 2, target='fast', requested_at=0)
        self.assertEqual('queues are to move there (2)', self.reason())
        self.assertIsNotNone(self.store.pools.get('fast'))

    def test_queues_that_are_to_move_elsewhere(self):
        self.insert(tables.moves, 2, target=None, requested_at=0)
        self.store.pools.delete('fast')
        self.assertIsNone(self.store.pools.get('fast'))

    def test_very_many_queues(self):
        self.insert(tables.queues, pools.MOST_COUNTED, pool='fast', metadata=b'{}', revision=0)
        self.assertIn('(1000)', self.reason())
        self.store.queues.create('p', 'one more', {}, pool='fast')
        self.assertIn('(more than 1000)', self.reason())
