"""The broker, put together."""

from marconi import policy as policy_module
from marconi import rpc
from marconi import storage
from marconi.core import claims
from marconi.core import encryption
from marconi.core import flavors
from marconi.core import health
from marconi.core import limits
from marconi.core import messages
from marconi.core import pools
from marconi.core import queues
from marconi.core import quotas
from marconi.core import readiness
from marconi.core import waiting
from marconi.storage import stores as stores_module


class Broker:
    """Everything that a door may ask for.

    A door translates the wire to calls on ``queues``, ``messages``, ``claims``,
    ``pools``, ``flavors``, ``quotas`` and ``health``, and their answers and errors back; it
    decides nothing.
    """

    def __init__(self, conf, stores, policy):
        self.bus = rpc.connect(conf)
        self.notifier = self.bus.notifier
        self.janitors = self.bus.janitors
        self.limits = limits.Limits.from_conf(conf)
        self.policy = policy
        self.stores = stores
        self.cipher = encryption.Cipher(conf.transport.message_encryption_key)
        self.waiters = waiting.Waiters(stores, conf.transport.max_waiting)
        self.quotas = quotas.Quotas(self, conf)
        self.queues = queues.Queues(self)
        self.messages = messages.Messages(self)
        self.claims = claims.Claims(self)
        driver = storage.find_driver(conf.database.driver)
        self.pools = pools.Pools(self, driver, conf.database.connection)
        self.flavors = flavors.Flavors(self, driver)
        self.health = health.Health(self)
        self.readiness = readiness.Readiness(lambda: stores.control.ping())

    @classmethod
    def from_conf(cls, conf):
        """Return a broker on the database that ``conf`` names.

        The database need not answer yet.
        """
        options = conf.database
        stores = stores_module.connect(
            options.driver, options.connection, options.catalogue_lifetime,
            {name: options[name] for name in pools.OPTIONS if name in options})
        return cls(conf, stores, policy_module.Policy(conf))

    def reload(self, conf):
        """Take over the mutable options, between two requests."""
        self.limits = limits.Limits.from_conf(conf)
        self.waiters.most = conf.transport.max_waiting

    def close(self):
        """Let all who wait go, and close the connections."""
        self.waiters.close()
        self.quotas.close()
        self.stores.close()
        self.bus.close()
