"""Connections for as long as one piece of work takes."""

import collections
import queue
import time

import sqlalchemy as sa
from sqlalchemy import exc

from marconi.storage.sqlalchemy import faults

#: How many connections are kept at hand, and for how many seconds, before they go back
#: to SQLAlchemy's pool: to be taken from there costs as much as running a statement.
MOST_AT_HAND = 4
AT_HAND = 30


class Sessions:
    """Hands connections of a pool to one user at a time.

    Who gets none waits here, and not in the pool, which does not know what is at hand.
    """

    def __init__(self, engine, most, timeout, sound=None):
        """
        :param most: how many connections may be in use.
        :param timeout: seconds to wait for one.
        :param sound: function from a connection of the driver to whether it may still be
            good; None if only its use will tell.
        """
        self._engine = engine
        self._most = most
        self._timeout = timeout
        # A token for each. Semaphores do the same, and are not made of C.
        self._free = queue.SimpleQueue()
        for _ in range(most):
            self._free.put(None)
        self._sound = sound
        self._at_hand = collections.deque()  # of (when it goes back, connection)

    def session(self):
        """Return a ``Session``, which is to be closed.

        :raises sqlalchemy.exc.TimeoutError, DBAPIError: there is none to be had.
        """
        return Session(self, self._engine)

    def take(self):
        """Return (when it goes back, a connection in the hands of SQLAlchemy's pool)."""
        try:
            self._free.get(timeout=self._timeout)
        except queue.Empty:
            raise exc.TimeoutError(f'All {self._most} connections have been in use for '
                                   f'{self._timeout} seconds.') from None
        try:
            taken = self._take()
        except BaseException:
            self._free.put(None)
            raise
        return taken

    def put(self, until, pooled):
        """Take a connection back."""
        try:
            if (pooled.is_valid and len(self._at_hand) < MOST_AT_HAND
                    and time.monotonic() < until):
                self._at_hand.append((until, pooled))
            else:
                pooled.close()
        finally:
            self._free.put(None)

    def close(self):
        """Give back what is at hand."""
        while self._at_hand:
            self._at_hand.pop()[1].close()

    @property
    def used(self):
        """How many connections are in use."""
        return self._engine.pool.checkedout() - len(self._at_hand)

    def _take(self):
        while True:
            try:
                until, pooled = self._at_hand.pop()
            except IndexError:
                until, pooled = time.monotonic() + AT_HAND, self._connect()
            # The server may have been restarted since. To find out by a statement that
            # changes something would be too late to run it again.
            if self._sound is None or self._sound(pooled.dbapi_connection):
                return until, pooled
            pooled.invalidate()
            pooled.close()

    def _connect(self):
        try:
            return self._engine.raw_connection()
        except self._engine.dialect.dbapi.Error as error:
            raise faults.of_driver(self._engine.dialect, error) from error


class Session:
    """A connection, for a prepared statement or any other.

    Prepared statements need no more than the driver's connection; all others go through
    one of SQLAlchemy's, which is made when it is needed.
    """

    __slots__ = ('_engine', '_sessions', '_sqlalchemy', '_until', 'pooled')

    def __init__(self, sessions, engine):
        self._sessions = sessions
        self._engine = engine
        self._sqlalchemy = None
        #: The driver's connection, in the hands of SQLAlchemy's pool.
        self._until, self.pooled = sessions.take()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._sessions.put(self._until, self.pooled)

    def execute(self, statement, values=None):
        return self._connection.execute(statement, values)

    def scalar(self, statement, values=None):
        return self._connection.scalar(statement, values)

    def scalars(self, statement, values=None):
        return self._connection.scalars(statement, values)

    @property
    def invalidated(self):
        """Whether the connection turned out to be broken."""
        return not self.pooled.is_valid

    def invalidate(self, error=None):
        self.pooled.invalidate(error)

    @property
    def _connection(self):
        if self._sqlalchemy is None:
            self._sqlalchemy = sa.Connection(self._engine, self.pooled)
        return self._sqlalchemy
