"""Is this process ready for requests? Asked by load balancers, often, and answered soon."""

from concurrent import futures
import threading
import time

from marconi import exception

#: For so many seconds an answer of the database is good, however many ask.
REMEMBERED = 1.0
#: How many seconds the database has to answer.
PATIENCE = 2.0


class Readiness:

    def __init__(self, ping, clock=time.monotonic, patience=PATIENCE):
        """
        :param ping: returns if the database answers; may take its time.
        """
        self._ping = ping
        self._clock = clock
        self._patience = patience
        self._lock = threading.Lock()
        # One thread: who asks while a question is under way waits for the same answer.
        self._asking = futures.ThreadPoolExecutor(1, 'marconi-readiness')
        self._answer = None
        self._asked = 0

    def check(self):
        """Return if the control database answers.

        :raises StorageUnavailable: it does not, or not in time.
        """
        try:
            self._question().result(self._patience)
        except futures.TimeoutError as error:
            raise exception.StorageUnavailable(
                f'The database did not answer within {self._patience:g} s.') from error

    def _question(self):
        """Return a future: that of the last question, or of a new one."""
        with self._lock:
            old = self._answer is None or (
                self._answer.done() and self._clock() >= self._asked + REMEMBERED)
            if old:
                self._asked = self._clock()
                self._answer = self._asking.submit(self._ping)
            return self._answer
