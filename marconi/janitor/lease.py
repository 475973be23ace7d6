"""A lease: the right to do one piece of work, for a while and alone."""

import time

#: The part of a lease's life during which its holder trusts it. The rest is for
#: the batch that runs when the trust ends, and for clocks that disagree.
TRUST = 0.5
#: Seconds between two looks of those who wait for it to end, or a little more.
LOOK = 2


class Lease:
    """The lease on one sweep, as one janitor sees it.

    The database decides by its clock when the lease ends. We only know when we
    asked for it, by a clock that nobody sets back, and count from there.
    """

    def __init__(self, leases, name, holder, seconds, clock=time.monotonic):
        """
        :param leases: ``storage.base.Leases``.
        :param holder: a text that no other janitor has.
        :param seconds: within which another one can have taken over from us.
        """
        self._leases = leases
        self._name = name
        self.holder = holder
        #: The life of the lease after each renewal.
        self._seconds = max(1, seconds - LOOK)
        self._clock = clock
        self._taken = None
        self._trusted_until = None

    @property
    def mine(self):
        """Whether we took it and did not lose it, as far as we know."""
        return self._taken is not None

    @property
    def old(self):
        """Whether we have had it long enough to let somebody else have it."""
        return self.mine and self._clock() - self._taken > self._seconds

    def hold(self):
        """Return whether the work is ours now; takes or renews the lease for it.

        :raises StorageUnavailable: who knows; so the work is not ours.
        """
        asked = self._clock()
        if self.mine and asked < self._trusted_until:
            return True
        if not self._leases.acquire(self._name, self.holder, self._seconds):
            self._taken = None
            return False
        if not self.mine:
            self._taken = asked
        self._trusted_until = asked + TRUST * self._seconds
        return True

    def release(self):
        """Give the lease back, if we have it.

        :raises StorageUnavailable: then it ends by itself.
        """
        if self.mine:
            self._taken = None
            self._leases.release(self._name, self.holder)
