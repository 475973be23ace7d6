"""What is true of this process just now, written down for the metrics every few seconds."""

import threading

from marconi import exception
from marconi import metrics
from marconi.metrics import state

#: Seconds from one time to the next.
INTERVAL = 5.0


class Vitals:
    """Writes in a thread of its own, so it must be started after the fork.

    Without metrics it does nothing.
    """

    def __init__(self, broker, kind, queues=list):
        """
        :param kind: see ``objects.Service``.
        :param queues: function that returns the list of busiest queues.
        """
        self._broker = broker
        self._kind = kind
        self._queues = queues
        self._stopping = threading.Event()

    def start(self):
        """Begin to write."""
        if metrics.directory:
            threading.Thread(target=self._run, name='marconi-vitals', daemon=True).start()

    def stop(self):
        """Write no more."""
        self._stopping.set()

    def write(self):
        """Write once."""
        state.write(metrics.directory, kind=self._kind, waiting=self._broker.waiters.number,
                    pools=dict(map(_pool, self._broker.stores.all())), queues=self._queues())

    def _run(self):
        self.write()
        while not self._stopping.wait(INTERVAL):
            self.write()


def _pool(pool):
    name, store = pool
    connections = store.connections()
    try:
        store.ping()
    except exception.StorageUnavailable:
        return name, {'up': False, 'connections': connections}
    return name, {'up': True, 'connections': connections}
