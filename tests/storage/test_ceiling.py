"""What pgbench runs, to find the ceiling of the service, costs what the service's statements do."""

import re

from marconi.storage.sqlalchemy import store as our_store
from tests import base
from tests.load import ceiling
from tests.storage import probes
from tests.storage.contract import support


class TestCeiling(base.TestCase):

    backend = 'postgresql'

    def setUp(self):
        super().setUp()
        self.store = our_store.Store(self.database_url(fresh=True))
        self.addCleanup(self.store.dispose)
        [self.queue] = ceiling.make_queues(self.store, 1)
        self.cycle = ceiling.Cycle(self.store, self.queue)

    def bound(self, name):
        """The text for pgbench as it sends it, and the values."""
        variables = self.cycle.variables | {'queue': self.queue.id, 'claim': 1, 'found_seq': 1}
        values = []

        def bind(match):
            values.append(str(variables[match[1]]))
            return f'${len(values)}'

        return re.sub(r'(?<!:):(\w+)', bind, self.cycle.pgbench[name]), values

    def plan(self, text, values):
        """Each step, and how many rows went through it when it was run."""
        with self.store.engine.connect() as connection:
            connection.exec_driver_sql('BEGIN')
            try:
                _, _, plan = probes.explain(connection, text, values)
            finally:
                connection.exec_driver_sql('ROLLBACK')
        return plan

    def test_same_plans(self):
        self.store.messages.post(self.queue, [support.new()], 'client')
        for name, (text, arguments) in self.cycle.service.items():
            self.assertEqual(self.plan(text, arguments), self.plan(*self.bound(name)), name)
