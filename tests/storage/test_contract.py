"""Our own driver keeps the contract, on every database."""

import functools

from marconi.storage.sqlalchemy import store
from tests import base
from tests.storage import contract


class OnOurStore(base.OnEveryDatabase):

    def connector(self):
        return functools.partial(store.Store, self.database_url())


class TestBacklog(OnOurStore, contract.Backlog, base.TestCase):
    pass


class TestClaimDeadlines(OnOurStore, contract.ClaimDeadlines, base.TestCase):
    pass


class TestClaims(OnOurStore, contract.Claims, base.TestCase):
    pass


class TestConcurrency(OnOurStore, contract.Concurrency, base.TestCase):
    pass


class TestDeadLetters(OnOurStore, contract.DeadLetters, base.TestCase):
    pass


class TestDeletion(OnOurStore, contract.Deletion, base.TestCase):
    pass


class TestFlavors(OnOurStore, contract.Flavors, base.TestCase):
    pass


class TestLeases(OnOurStore, contract.Leases, base.TestCase):
    pass


class TestListing(OnOurStore, contract.Listing, base.TestCase):
    pass


class TestMeasuring(OnOurStore, contract.Measuring, base.TestCase):
    pass


class TestMessages(OnOurStore, contract.Messages, base.TestCase):
    pass


class TestModel(OnOurStore, contract.Model, base.TestCase):
    pass


class TestPools(OnOurStore, contract.Pools, base.TestCase):
    pass


class TestQueues(OnOurStore, contract.Queues, base.TestCase):
    pass


class TestServices(OnOurStore, contract.Services, base.TestCase):
    pass


class TestSignals(OnOurStore, contract.Signals, base.TestCase):
    pass


class TestStaleness(OnOurStore, contract.Staleness, base.TestCase):
    pass


class TestStreams(OnOurStore, contract.Streams, base.TestCase):
    pass


class TestSweeps(OnOurStore, contract.Sweeps, base.TestCase):
    pass


class TestTenants(OnOurStore, contract.Tenants, base.TestCase):
    pass


class TestTime(OnOurStore, contract.Time, base.TestCase):
    pass


class TestUsage(OnOurStore, contract.Usage, base.TestCase):
    pass
