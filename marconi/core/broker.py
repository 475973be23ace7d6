"""The broker, put together."""

from marconi import policy as policy_module
from marconi import storage
from marconi.core import claims
from marconi.core import encryption
from marconi.core import health
from marconi.core import limits
from marconi.core import messages
from marconi.core import queues
from marconi.core import readiness
from marconi.core import waiting
from marconi.storage import stores as stores_module


class Broker:
    """Everything that a door may ask for.

    A door translates the wire to calls on ``queues``, ``messages``, ``claims``
    and ``health``, and their answers and errors back; it decides nothing.
    """

    def __init__(self, conf, stores, policy):
        self.limits = limits.Limits.from_conf(conf)
        self.policy = policy
        self.stores = stores
        self.cipher = encryption.Cipher(conf.transport.message_encryption_key)
        self.waiters = waiting.Waiters(stores, conf.transport.max_waiting)
        self.queues = queues.Queues(self)
        self.messages = messages.Messages(self)
        self.claims = claims.Claims(self)
        self.health = health.Health(self)
        self.readiness = readiness.Readiness(lambda: stores.control.ping())

    @classmethod
    def from_conf(cls, conf):
        """Return a broker on the database that ``conf`` names.

        The database need not answer yet.
        """
        options = conf.database
        control = storage.connect(
            options.driver, options.connection, pool_size=options.max_pool_size,
            max_overflow=options.max_overflow, pool_timeout=options.pool_timeout,
            recycle=options.connection_recycle_time)
        return cls(conf, stores_module.Stores(control, options.catalogue_lifetime),
                   policy_module.Policy(conf))

    def reload(self, conf):
        """Take over the mutable options, between two requests."""
        self.limits = limits.Limits.from_conf(conf)
        self.waiters.most = conf.transport.max_waiting

    def close(self):
        """Let all who wait go, and close the connections."""
        self.waiters.close()
        self.stores.close()
