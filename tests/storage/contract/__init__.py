"""The storage contract: what ``marconi.storage.base`` says, as tests.

A driver runs it by mixing each class into a ``testtools.TestCase`` that says
how to get an empty database::

    class Driver:
        def connector(self):
            return functools.partial(MyStore, make_an_empty_database())

    class TestQueues(Driver, contract.Queues, testtools.TestCase):
        pass

``connector()`` is called once per test. What it returns takes the keyword
``clock`` and returns a ``base.Store``; it can be pickled, because other
processes open the same database with it.

Nothing here sleeps in order to see time pass: tests move the clock.
"""

from tests.storage.contract.backlog import Backlog
from tests.storage.contract.claiming import ClaimDeadlines
from tests.storage.contract.claims import Claims
from tests.storage.contract.concurrency import Concurrency
from tests.storage.contract.deadletters import DeadLetters
from tests.storage.contract.deletion import Deletion
from tests.storage.contract.flavors import Flavors
from tests.storage.contract.leases import Leases
from tests.storage.contract.listing import Listing
from tests.storage.contract.messages import Messages
from tests.storage.contract.model import Model
from tests.storage.contract.pools import Pools
from tests.storage.contract.queues import Queues
from tests.storage.contract.services import Services
from tests.storage.contract.signals import Signals
from tests.storage.contract.staleness import Staleness
from tests.storage.contract.streams import Streams
from tests.storage.contract.sweeps import Sweeps
from tests.storage.contract.tenants import Tenants
from tests.storage.contract.time import Time
from tests.storage.contract.usage import Measuring
from tests.storage.contract.usage import Usage

__all__ = [
    'Backlog', 'ClaimDeadlines', 'Claims', 'Concurrency', 'DeadLetters', 'Deletion', 'Flavors',
    'Leases', 'Listing', 'Measuring', 'Messages', 'Model', 'Pools', 'Queues', 'Services',
    'Signals', 'Staleness', 'Streams', 'Sweeps', 'Tenants', 'Time', 'Usage',
]
