"""The part of the contract about pools, and queues that move between them."""

import abc

from marconi import objects


class Pools(abc.ABC):
    """The databases that hold messages, beside the one with the catalogue."""

    @abc.abstractmethod
    def put(self, pool):
        """Record a ``Pool``, in place of one of the same name if there is one.

        :raises PoolUriTaken: a pool of another name has that uri.
        """

    @abc.abstractmethod
    def update(self, name, **changes):
        """Change fields of a pool, and nothing that others change meanwhile.

        :returns: the ``Pool`` as it is now, or None if there is none.
        :raises PoolUriTaken: a pool of another name has that uri.
        """

    @abc.abstractmethod
    def get(self, name):
        """Return the ``Pool`` or None."""

    @abc.abstractmethod
    def list(self, marker=None, limit=None):
        """Return up to ``limit`` pools (None: all), by name in byte order."""

    @abc.abstractmethod
    def delete(self, name):
        """Forget a pool; no error if there is none.

        :raises PoolInUse: queues live there or are to move there, or it is the
            only pool of a flavor that a project has named.
        """


class Flavors(abc.ABC):
    """Classes of pools. Which pools are of a flavor, the pools themselves say."""

    @abc.abstractmethod
    def put(self, flavor):
        """Record a ``Flavor`` and make exactly its pools be of that flavor.

        :raises PoolNotFound: it names a pool that does not exist.
        :raises FlavorTaken: another project has a flavor of that name.
        """

    @abc.abstractmethod
    def get(self, project, name):
        """Return the ``Flavor`` or None."""

    @abc.abstractmethod
    def list(self, project, marker=None, limit=None):
        """Return up to ``limit`` flavors of a project (None: all), by name."""

    @abc.abstractmethod
    def delete(self, project, name):
        """Forget a flavor; its pools lose it. No error if there is none."""


class Moves(abc.ABC):
    """Which queues are to move to another pool; kept beside the catalogue."""

    @abc.abstractmethod
    def request(self, queue, target):
        """Let a queue move to the pool ``target``; None is the control database.

        Once more asking for the same changes nothing.

        :returns: False if the queue is there already, or gone.
        :raises QueueMoving: it is moving to another pool.
        :raises PoolNotFound: there is no such pool, or it is being drained.
        """

    @abc.abstractmethod
    def list(self, limit=None):
        """Return up to ``limit`` ``Move`` (None: all), the longest due first."""

    @abc.abstractmethod
    def switch(self, move):
        """Let the catalogue say that the queue lives in the target pool."""

    @abc.abstractmethod
    def postpone(self, move, error):
        """Put a move that failed behind all others, and note why it failed."""

    @abc.abstractmethod
    def forget(self, move):
        """Forget a move that is finished, or that nobody wants any more."""


class Sealed(objects.Value, frozen=True, kw_only=True):
    """A queue that nobody can use, at the end of a move that it leaves."""

    token: int
    #: The messages at this position and below it are gone: purged, or left.
    floor: int


class Transfers(abc.ABC):
    """One end of a queue's move between two stores: see ``marconi.storage.moving``.

    Who carries a queue has a token for each end. Whoever takes over gets new
    tokens, and the old ones are refused with ``LostLease``: nobody who comes
    late can change anything.
    """

    # At the end where the queue arrives.

    @abc.abstractmethod
    def receive(self, queue, begun):
        """Make ready for the queue; return the token for this end.

        The stream is made here, sealed, or what an interrupted move left.

        :param begun: whether messages may have left the other end already.
        """

    @abc.abstractmethod
    def last(self, queue):
        """Return the newest position that is here; 0 if there is none."""

    @abc.abstractmethod
    def expect(self, queue, token, floor):
        """Note the floor of the stream, unless it was noted before."""

    @abc.abstractmethod
    def put(self, queue, token, rows):
        """Take over messages; none of them may be here already."""

    @abc.abstractmethod
    def settle(self, queue, token, after, upto, states):
        """Make the messages at after < position <= upto be those in ``states``.

        :param states: what ``hand_over`` gives: messages without their bodies.
        :returns: the positions of those that are not here, for ``put``.
        """

    @abc.abstractmethod
    def complete(self, queue, token, rest):
        """Take over all that is not messages, so that only ``open`` is left.

        :param rest: what ``rest`` gave at the other end.
        """

    @abc.abstractmethod
    def open(self, queue):
        """Let the queue be used here; nothing happens if it can be."""

    @abc.abstractmethod
    def drop(self, queue):
        """Give up: leave to the janitor what an unfinished move brought here."""

    # At the end that it leaves.

    @abc.abstractmethod
    def read(self, queue, after, limit):
        """Return (messages at positions > ``after``, whether there are more).

        For ``put``, in posting order. The queue may be in use.

        :param limit: how many at most; fewer if they are large.
        """

    @abc.abstractmethod
    def sealed(self, queue):
        """Return whether the queue is sealed here, so that messages may have left."""

    @abc.abstractmethod
    def seal(self, queue):
        """Let nobody use the queue here any more; return ``Sealed``.

        :returns: None if the queue is closed.
        """

    @abc.abstractmethod
    def unseal(self, queue, token):
        """Let the queue be used here again; only if no message has left."""

    @abc.abstractmethod
    def hand_over(self, queue, token, limit, settle, put):
        """Let up to ``limit`` messages leave, the oldest first, for good.

        They are locked, given to ``settle(after, upto, states)``, those that
        it asks for to ``put(rows)``, and then removed.

        :returns: whether there may be more.
        """

    @abc.abstractmethod
    def rest(self, queue):
        """Return all that is not messages, for ``complete``; opaque."""

    @abc.abstractmethod
    def leave(self, queue):
        """The queue lives elsewhere now: let the janitor remove what is left."""
