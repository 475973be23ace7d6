"""What API processes ask of janitors."""

import threading

TOPIC = 'marconi-janitor'
#: The version of the interface that ``JanitorAPI`` calls and ``janitor.manager`` serves.
VERSION = '1.0'


class JanitorAPI:
    """Asks all janitors for something, without waiting for an answer.

    Versions of the interface:

    * 1.0: ``hint(sweep)``
    """

    def __init__(self, outbox, cast):
        """
        :param cast: function that sends a hint; None if there is no bus.
        """
        self._outbox = outbox
        self._cast = cast
        #: Sweeps that wait in the outbox to be named.
        self._waiting = set()
        self._lock = threading.Lock()

    def hint(self, sweep):
        """Tell janitors that there is work for a sweep, which they would find later anyway.

        :param sweep: its name, as in ``janitor.sweeps``; janitors ignore those that they do
            not know.
        """
        if self._cast is None:
            return
        with self._lock:
            if sweep in self._waiting:
                return
            self._waiting.add(sweep)
        if not self._outbox.put(lambda: self._send(sweep)):
            self._forget(sweep)

    def _send(self, sweep):
        self._forget(sweep)  # first: who comes while we send needs another hint
        self._cast(sweep)

    def _forget(self, sweep):
        with self._lock:
            self._waiting.discard(sweep)
