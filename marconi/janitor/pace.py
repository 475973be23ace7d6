"""How much a sweep does at a time, and how long it rests in between.

Whoever claims meanwhile shares the database with us. So a transaction is short
enough to wait for, and we leave most of the time to others; the busier the
database is, the longer ours take, and the longer we rest.
"""

import time

#: Rows of one transaction at least: each has a price of its own, the commit.
FEWEST = 200
#: Seconds after which a sweep that is still not done takes twice the part of the
#: time, and so on: rows may be coming faster than it goes at its ease.
PATIENCE = 600
#: Seconds to rest at most, when a transaction had to wait for something.
LONGEST_REST = 5.0


class Pace:

    def __init__(self, most, effort, clock=time.monotonic, bite=0.1):
        """
        :param most: rows in one transaction.
        :param effort: the part of the time to work, above 0 and up to 1.
        :param bite: seconds that one transaction should take.
        """
        self._most = most
        self._bite = bite
        self._effort = effort
        self._clock = clock
        self._size = min(most, FEWEST)
        #: When the first batch began of those that we have had no end of.
        self._since = None
        #: Seconds of the last transaction.
        self.took = 0.0

    def tune(self, most, effort):
        """Go on with other values of these: see the constructor."""
        self._most, self._effort = most, effort
        self._size = min(self._size, most)

    @property
    def size(self):
        """The rows that the next transaction deals with at most."""
        return self._size

    def start(self):
        """Return when a transaction begins, for ``rest``."""
        now = self._clock()
        if self._since is None:
            self._since = now
        return now

    def rest(self, started, rows):
        """Return the seconds to rest after a transaction; None if nothing is left to do.

        :param rows: how many it dealt with.
        """
        now = self._clock()
        self.took = now - started
        if rows < self._size:
            self.done()
            return None
        self._adapt(self.took)
        effort = min(1.0, self._effort * 2 ** int((now - self._since) / PATIENCE))
        return min(LONGEST_REST, self.took * (1 / effort - 1))

    def done(self):
        """Nothing is left: begin anew, at our ease."""
        self._since = None

    def _adapt(self, took):
        """Go for transactions that take a bite, in steps that a slow one does not upset."""
        factor = min(1.25, max(0.5, self._bite / took)) if took > 0 else 1.25
        self._size = int(min(self._most, max(FEWEST, self._size * factor + 1)))
