"""What a process remembers of where fresh messages begin: only what is committed."""

from marconi.storage.sqlalchemy import store as our_store
from tests import base
from tests.storage.contract import support


class Boom(Exception):
    """The transaction fails at its end."""


class TestHeads(base.OnEveryDatabase, base.TestCase):

    def setUp(self):
        super().setUp()
        self.clock = support.Clock()
        self.store = our_store.Store(self.database_url(), clock=self.clock)
        self.addCleanup(self.store.dispose)
        self.store.queues.create('project', 'queue', {})
        self.queue = self.store.streams.open(self.store.queues.get('project', 'queue'))
        self.ids = self.store.messages.post(self.queue, support.several(6), 'client')

    def test_a_group_of_claims_that_is_rolled_back(self):
        # Each claim of the group sees those before it; nobody else ever does.
        claims = self.store.claims

        def failing(connection):
            claims._create_group.__wrapped__(claims, connection, [(self.queue, 60, 60, 1)] * 4)
            raise Boom

        self.assertRaises(Boom, self.store.database.write, failing)
        claim = claims.create(self.queue, 60, 60, 10)
        self.assertEqual(self.ids, [message.id for message in claim.messages])
