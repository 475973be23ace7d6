"""Sweeps beside others."""

import sqlalchemy as sa

from marconi.storage.sqlalchemy import connecting
from marconi.storage.sqlalchemy import store as our_store
from marconi.storage.sqlalchemy import tables
from tests import base
from tests.storage import probes
from tests.storage.contract import support


class TestPurge(base.OnEveryDatabase, base.TestCase):

    #: Not those where a sweep has the database for itself.
    scenarios = [scenario for scenario in base.OnEveryDatabase.scenarios
                 if scenario[0] != 'sqlite']

    def test_somebody_else_is_faster_with_some_of_them(self):
        url = self.database_url()
        store, other = our_store.Store(url), connecting.make_engine(url)
        self.addCleanup(store.dispose)
        self.addCleanup(other.dispose)
        store.queues.create('project', 'queue', {})
        queue = store.streams.open(store.queues.get('project', 'queue'))
        store.messages.post(queue, support.several(30), 'client')
        store.streams.close(queue)

        faster = []

        def delete(statement, parameters):
            if statement.startswith('DELETE FROM messages') and not faster:
                faster.append(statement)
                with other.connect() as connection:
                    first = connection.scalar(sa.select(sa.func.min(tables.messages.c.seq)))
                    connection.execute(sa.delete(tables.messages).where(
                        tables.messages.c.seq == first))

        self.addCleanup(probes.watch(store, delete))
        # What was there when it looked: so it knows that there may be more.
        self.assertEqual(10, store.sweeps.purged_messages(10))
        self.assertEqual([10, 10, 1], [store.sweeps.purged_messages(10) for _ in range(3)])
        with other.connect() as connection:
            self.assertEqual(0, connection.scalar(
                sa.select(sa.func.count()).select_from(tables.messages)))
