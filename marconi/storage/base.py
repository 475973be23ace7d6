"""The storage contract. Its docstrings are the specification a driver must meet.

A driver is registered under the entry-point group ``marconi.storage`` and
passes the contract tests in ``tests/storage``. The contract is Marconi's own
and may change with any release.

Rules for every method:

* One method is one transaction: done whole or not at all. When the database
  reports a deadlock or a serialisation failure, the driver runs it again.
* A write that returned is committed in the database's own durable sense.
* Time is the database's. A store is made with ``clock``: None for the clock of
  the database, or a callable giving milliseconds, so that tests can move it.
* Expired messages and expired claims count for nothing from their second on,
  whether or not anybody removed them.
* ``queue`` is an ``objects.Queue`` as this process remembers it. A method that
  finds another generation, or no such queue, raises ``StaleQueue``.
* A database that cannot be reached raises ``StorageUnavailable`` within about
  a second.
* A message id, or marker, that is malformed or belongs elsewhere is simply not
  found; it is never an error.
"""

import abc

from marconi.storage import accounting
from marconi.storage import monitoring
from marconi.storage import pooling


class Queues(abc.ABC):
    """The catalogue: which queues exist, whose they are, where they live."""

    @abc.abstractmethod
    def create(self, project, name, metadata, pool=None):
        """Record a queue and return True, or return False if it exists.

        :param metadata: dict, stored as it is; of an existing queue it is
            left alone.
        :param pool: the name of the pool that will hold its messages, None for
            this database. It cannot be deleted from then on.
        :raises PoolNotFound: there is no such pool, or it takes no queues.
        """

    @abc.abstractmethod
    def get(self, project, name):
        """Return the ``Queue`` (without generation and floor) or None."""

    @abc.abstractmethod
    def named(self, ids):
        """Return {id: ``Queue``} for those that exist.

        :param ids: list, not empty.
        """

    @abc.abstractmethod
    def existing(self, names):
        """Return those of the names that exist, in one statement per project.

        :param names: list of (project, name), not empty.
        """

    @abc.abstractmethod
    def list(self, project, marker=None, limit=10, name=None, metadata=None):
        """Return up to ``limit`` queues of a project, by name in byte order.

        :param marker: a name; only later ones are returned. Need not exist.
        :param name: only names that contain this text.
        :param metadata: dict; only queues whose metadata equal it, key by key.
        """

    @abc.abstractmethod
    def count(self, project):
        """Return how many queues the project has."""

    @abc.abstractmethod
    def update(self, queue, metadata):
        """Replace the metadata if nobody did since ``queue`` was read.

        :returns: True if done, False if ``queue.revision`` is out of date or
            the queue is gone: read it again.
        """

    @abc.abstractmethod
    def delete(self, queue):
        """Forget the queue with this id, if it is still there and in this pool."""

    @abc.abstractmethod
    def in_pool(self, pool, after=0, limit=100):
        """Return up to ``limit`` queues that live in a pool, by id.

        :param pool: a name, or None for the database with the catalogue.
        :param after: only greater ids.
        """


class Streams(abc.ABC):
    """What a pool knows of its queues: existence, order of posts, floor."""

    @abc.abstractmethod
    def open(self, queue):
        """Return ``queue`` with generation and floor as they are now.

        Makes the stream if the pool never had it; returns None if it was
        closed.

        :raises QueueSealed: it is moving to another pool, or has moved.
        """

    @abc.abstractmethod
    def touch(self, queue):
        """Let every process know that what it remembers is out of date."""

    @abc.abstractmethod
    def purge(self, queue):
        """Make every message that is in the queue now disappear, at once.

        Costs the same for any number of messages: the floor rises to the
        newest, and the janitor removes the rows.
        """

    @abc.abstractmethod
    def close(self, queue):
        """Make the queue's messages and claims disappear at once, for good."""


class Messages(abc.ABC):

    @abc.abstractmethod
    def post(self, queue, messages, client_id):
        """Append messages to the queue, all or none, and return their ids.

        Positions are taken in the order of commits: a reader who follows
        markers sees every message once, in order. The messages of one post
        stand together.

        :param messages: list of ``NewMessage``.
        :param client_id: str, who posts; see ``list``.
        """

    @abc.abstractmethod
    def list(self, queue, marker=None, limit=10, skip_client=None,
             include_claimed=False, include_delayed=False):
        """Return up to ``limit`` messages in posting order.

        :param marker: a message id: only later positions. It keeps working
            after its message is gone. A malformed one gives an empty list.
        :param skip_client: leave out what this client id posted.
        """

    @abc.abstractmethod
    def get(self, queue, ids):
        """Return those of the messages that exist, in posting order.

        Claimed and delayed ones too.
        """

    @abc.abstractmethod
    def delete(self, queue, id, claim_id=None):
        """Delete one message; no error if there is none.

        :returns: how many were deleted, 0 or 1.
        :raises MessageClaimed: a live claim holds it, and ``claim_id`` is not
            that claim's.
        :raises MessageNotClaimed: ``claim_id`` is given and no live claim
            holds the message.
        """

    @abc.abstractmethod
    def delete_many(self, queue, ids, claim_ids=None):
        """Delete messages, claimed or not; no error for those not there.

        :param claim_ids: if not None, each message must be held by one of
            these claims, else nothing is deleted.
        :returns: how many were deleted.
        :raises MessageClaimed, MessageNotClaimed: with ``claim_ids``.
        """

    @abc.abstractmethod
    def pop(self, queue, limit):
        """Take and delete up to ``limit`` of the oldest free messages."""

    @abc.abstractmethod
    def adopt(self, queue, letters):
        """Append dead letters from another store, each once.

        One that is here already, because the other store did not get to
        forget it, is left out.

        :param letters: opaque, as the driver's ``Claims.create`` made them.
        :raises StaleQueue:
        """

    @abc.abstractmethod
    def stats(self, queue):
        """Return ``Stats``, counted by the same rules as ``list``."""

    @abc.abstractmethod
    def measure(self, queue, after=0, limit=1000, until=None):
        """Count one page of a queue: return (messages, bytes, position).

        Looks at up to ``limit`` rows and counts those that ``list`` could
        show, claimed and delayed ones too; bytes are of stored bodies. The
        position is where the next page begins, None if there is none. It makes
        no difference whether ``queue`` is out of date.

        :param after: the position that the page before returned.
        :param until: milliseconds; what was posted later is left out.
        """

    @abc.abstractmethod
    def signals(self, queues):
        """Return {queue id: ``Signal``} for those queues that hold messages.

        It is None for those that are closed; those that are open and empty are left out.
        One cheap statement however many queues are asked for.
        """


class Claims(abc.ABC):

    @abc.abstractmethod
    def create(self, queue, ttl, grace, limit, dead_letters=None):
        """Claim up to ``limit`` of the oldest free messages.

        A message that would expire before claim end + grace lives until
        exactly then. A message is never in two live claims.

        :param dead_letters: ``DeadLetters`` or None; messages claimed too
            often go there in the same transaction (unclaimed, count 0,
            lifetime counted from now, id kept) instead of being claimed, and
            others are claimed in their place.
        :returns: ``Claim``, or None if there was nothing to claim.
        """

    @abc.abstractmethod
    def get(self, queue, claim_id):
        """Return the ``Claim`` with its messages.

        :raises ClaimNotFound: unknown, released or expired.
        """

    @abc.abstractmethod
    def renew(self, queue, claim_id, ttl, grace):
        """Let the claim live ``ttl`` seconds from now; grace as in create.

        :raises ClaimNotFound: unknown, released or expired.
        """

    @abc.abstractmethod
    def release(self, queue, claim_id):
        """Free the claim's messages at once; no error if there is none."""


class Leases(abc.ABC):
    """Who may do a piece of background work just now."""

    @abc.abstractmethod
    def acquire(self, name, holder, seconds):
        """Take or extend a lease; return whether ``holder`` has it now.

        It can be taken from another holder only when that one's time is up.
        """

    @abc.abstractmethod
    def release(self, name, holder):
        """Give the lease back, if it is still ``holder``'s."""


class Sweeps(abc.ABC):
    """Reclaiming space. Each call is one bounded transaction, or none if nothing is left.

    No answer is wrong when none of these ever runs. Each returns how many
    rows it dealt with; fewer than ``batch`` means that nothing is left.

    With a ``holder`` it does nothing unless that one has the lease of the method's
    name; and nobody else can take it before the transaction has ended.
    """

    #: Seconds that a transaction should take: less where others wait for its end.
    bite = 0.1

    @abc.abstractmethod
    def expired_messages(self, batch, holder=None):
        """Remove messages past their time."""

    @abc.abstractmethod
    def expired_claims(self, batch, holder=None):
        """Forget claims past their time; file their messages under "free"."""

    @abc.abstractmethod
    def ended_delays(self, batch, holder=None):
        """File messages whose delay has ended under "free"."""

    @abc.abstractmethod
    def purged_messages(self, batch, holder=None):
        """Remove messages below their queue's floor, and closed queues."""

    @abc.abstractmethod
    def moved_ids(self, batch, holder=None):
        """Forget where long gone dead letters came from."""


class Store(abc.ABC):
    """One database: the parts above, sharing a pool of connections."""

    queues: Queues
    pools: pooling.Pools
    flavors: pooling.Flavors
    moves: pooling.Moves
    streams: Streams
    transfers: pooling.Transfers
    messages: Messages
    claims: Claims
    usage: accounting.Usage
    leases: Leases
    sweeps: Sweeps
    services: monitoring.Services
    backlog: monitoring.Backlog

    @abc.abstractmethod
    def connections(self):
        """Return how many connections of this process are in use."""

    #: Whether ``written`` changes just when what was written can be seen, or a moment before.
    written_is_seen = False

    def written(self):
        """Return a value that changes whenever anything is written, and mostly only then.

        None if the database does not tell.

        :raises StorageUnavailable:
        """
        return None

    # About databases that are not open, as they are when they are to be pools.

    @classmethod
    @abc.abstractmethod
    def check(cls, url):
        """Return if a store can be made of this database, and used.

        :raises ValueError: the URL is malformed, or of an unknown kind.
        :raises StorageUnavailable: the database does not answer. The message
            tells why, and no password.
        :raises SchemaMismatch: it is not set up for this code.
        """

    @classmethod
    @abc.abstractmethod
    def hide(cls, url):
        """Return the URL with ``***`` in place of passwords, to be shown.

        In place of all of it if it is malformed.
        """

    @classmethod
    @abc.abstractmethod
    def place(cls, url):
        """Return what is the same for two URLs of one database, however written.

        As far as can be told without asking it.

        :raises ValueError: the URL is malformed, or of an unknown kind.
        """

    @classmethod
    @abc.abstractmethod
    def capabilities(cls, options):
        """Return what a pool with these options can do, as a list of names.

        Of FIFO, CLAIMS, DURABILITY, AOD (at least once delivery) and
        HIGH_THROUGHPUT.
        """

    @abc.abstractmethod
    def ping(self):
        """Return if the database answers, else raise ``StorageUnavailable``."""

    @abc.abstractmethod
    def dispose(self):
        """Close all connections."""
