"""The frozen values that travel between the doors, the core and storage.

Times are integers: milliseconds since 1970-01-01T00:00Z, by the clock of the
database that holds the message. Durations are integers: seconds.
"""

import msgspec


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """A value: never changed in place, only evolved into another one."""

    def evolve(self, **changes):
        """Return a copy with some fields changed."""
        return msgspec.structs.replace(self, **changes)


class Queue(Value, frozen=True, kw_only=True):
    """A queue as the catalogue and its pool know it."""

    #: Never used twice, not even for a queue of the same name.
    id: int
    #: The project that owns the queue; '' is v1's project without a name.
    project: str
    name: str
    #: What the tenant stored, reserved attributes (``_...``) included.
    metadata: dict
    #: Counts the changes of metadata; guards concurrent updates.
    revision: int = 0
    #: The pool that holds the messages; None is the default database.
    pool: str | None = None
    #: Counts what a process that remembers this queue must know about: new
    #: metadata, a purge, the deletion. Every statement on messages checks it.
    generation: int = 0
    #: Messages at this position and below it were purged.
    floor: int = 0


class Pool(Value, frozen=True, kw_only=True):
    """A database that holds messages, beside the one with the catalogue."""

    name: str
    #: As for ``storage.connect``; no two pools have the same.
    uri: str
    #: Its share of new queues among the pools of its flavor; 0 is none.
    weight: int
    #: The class of pools that it belongs to; None for queues without a flavor.
    flavor: str | None = None
    #: What the operator chose for its connections; see ``marconi.core.pools``.
    options: dict = {}
    #: Takes no new queues, and those it has are moved elsewhere.
    draining: bool = False


class Flavor(Value, frozen=True, kw_only=True):
    """A class of pools, under the name by which queues ask for it."""

    project: str
    name: str
    #: The names of its pools, sorted.
    pools: list[str]
    #: As the administrator wrote them down; nothing is made of them.
    capabilities: dict = {}


class Move(Value, frozen=True, kw_only=True):
    """A queue that is to move to another pool."""

    queue_id: int
    project: str
    name: str
    #: From pool to pool; None is the database with the catalogue.
    source: str | None
    target: str | None
    requested_at: int
    #: Why the last attempt failed.
    error: str | None = None


class Service(Value, frozen=True, kw_only=True):
    """A process of the service, as it reports itself to the control database."""

    #: Never used twice, not even by a process with the same pid.
    id: str
    #: 'server' or 'janitor'.
    kind: str
    host: str
    pid: int
    version: str
    started_at: int = 0
    seen_at: int = 0
    #: Milliseconds from ``seen_at`` to when this was read.
    silent: int = 0


class NewMessage(Value, frozen=True, kw_only=True):
    """A message to be posted."""

    #: The body as bytes: a JSON text, or what encryption made of one.
    body: bytes
    #: Seconds to live, counted from posting.
    ttl: int
    #: Seconds before it can be listed, claimed or popped.
    delay: int = 0
    #: How ``body`` is stored, see ``marconi.core.encryption``.
    encoding: int = 0


class Message(Value, frozen=True, kw_only=True):
    """A message as it stands in its queue at the moment of reading."""

    #: Opaque and URL-safe. Doubles as marker: its position can be told from
    #: it alone, even after the message is gone.
    id: str
    body: bytes
    encoding: int
    created_at: int
    expires_at: int
    #: When this was read, by the same clock as the other times.
    read_at: int
    #: The live claim that holds the message, if any.
    claim_id: str | None = None
    #: How often it has been claimed.
    claim_count: int = 0

    @property
    def ttl(self):
        """Seconds from posting to expiry."""
        return (self.expires_at - self.created_at) // 1000

    @property
    def age(self):
        """Whole seconds since it was posted, never negative."""
        return max(0, (self.read_at - self.created_at) // 1000)


class Claim(Value, frozen=True, kw_only=True):
    """A live claim and the messages that it holds."""

    #: 32 lower-case hexadecimal digits.
    id: str
    ttl: int
    grace: int
    #: When it was made or last renewed.
    renewed_at: int
    #: When this was read, by the same clock.
    read_at: int
    messages: list[Message]

    @property
    def age(self):
        """Whole seconds since it was made or last renewed."""
        return max(0, (self.read_at - self.renewed_at) // 1000)


class DeadLetters(Value, frozen=True, kw_only=True):
    """Where messages go that were claimed too often."""

    #: The queue they go to.
    queue: Queue
    #: The ``Store`` that holds that queue, if it is another one.
    store: object = None
    #: A message that has been claimed so often is moved, not claimed again.
    max_claims: int
    #: Their ttl in the new queue; None keeps their own.
    ttl: int | None = None


class Stats(Value, frozen=True, kw_only=True):
    """How many messages a queue holds. Delayed ones count as free."""

    free: int
    claimed: int
    oldest: Message | None = None
    newest: Message | None = None

    @property
    def total(self):
        return self.free + self.claimed


class Usage(Value, frozen=True, kw_only=True):
    """How much a project has, as far as it is written down."""

    messages: int
    #: Of their bodies, as stored.
    bytes: int
    #: Whether this is based on a count that nobody has asked to repeat.
    counted: bool = True


class Count(Value, frozen=True, kw_only=True):
    """A count of a project's messages, under way."""

    project: str
    #: The usage as it was written down when the count began.
    messages: int
    bytes: int
    #: When it was due; tells it from other counts.
    due_at: int
    #: When it began, by the clock of the control database.
    began_at: int


class Signal(Value, frozen=True, kw_only=True):
    """What a waiter needs to know of a queue to decide whether to look."""

    #: Grows with every post.
    tail: int
    #: Something can be claimed now, or may be: see ``due``.
    ready: bool
    #: A delay or a claim has ended, and the janitor did not see to it yet.
    due: bool
    #: In how many milliseconds the next one may end; None if there is none.
    ends_in: int | None = None
