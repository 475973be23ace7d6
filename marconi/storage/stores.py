"""Which database holds this queue, and is what we remember of it still true?"""

import threading
import time

import cachetools

from marconi import exception

MOST_REMEMBERED = 100_000
#: How often an operation is tried again on a queue that changes under it.
ATTEMPTS = 10


def _not_found(name):
    def missing():
        raise exception.QueueNotFound(name=name)
    return missing


class Stores:
    """The databases of the service, and what this process remembers of queues.

    A remembered queue may be out of date; every statement on its messages says
    so by ``StaleQueue``, and ``call`` then looks again. So the memory saves a
    look-up and never gives a wrong answer.
    """

    def __init__(self, control, lifetime=60, clock=time.monotonic):
        """
        :param control: the ``Store`` with the catalogue.
        :param lifetime: seconds to remember a queue.
        """
        self.control = control
        self._queues = cachetools.TTLCache(MOST_REMEMBERED, lifetime, timer=clock)
        self._lock = threading.Lock()

    def store_of(self, queue):
        """Return the ``Store`` that holds the messages of ``queue``."""
        return self.control

    def groups(self, queues):
        """Return [(store, its queues)]."""
        return [(self.control, queues)] if queues else []

    def call(self, project, name, action, missing=None):
        """Return ``action(store, queue)``, run on the queue as it is now.

        :param missing: called without arguments if there is no such queue; its
            result is returned. The default raises ``QueueNotFound``.
        """
        for _ in range(ATTEMPTS):
            queue = self.find(project, name)
            if queue is None:
                return (missing or _not_found(name))()
            try:
                return action(self.store_of(queue), queue)
            except exception.StaleQueue as stale:
                # It may be another queue that the action needs besides.
                self._forget(project, stale.name)
        raise exception.StorageUnavailable(
            f'Queue {name} changes faster than it can be used.', retry_after=1)

    def find(self, project, name):
        """Return the ``Queue``, remembered or looked up, or None."""
        with self._lock:
            queue = self._queues.get((project, name))
        return queue or self.find_afresh(project, name)

    def find_afresh(self, project, name):
        """Return the ``Queue`` as it is now, or None."""
        queue = self.control.queues.get(project, name)
        if queue is not None:
            queue = self._open(queue)
        with self._lock:
            if queue is None:
                self._queues.pop((project, name), None)
            else:
                self._queues[project, name] = queue
        return queue

    def create(self, project, name, metadata, pool=None):
        """Make a queue unless it exists; return whether it is new."""
        for _ in range(ATTEMPTS):
            created = self.control.queues.create(project, name, metadata, pool)
            if self.find_afresh(project, name) is not None:
                return created
        raise exception.StorageUnavailable(
            f'Queue {name} is deleted as fast as it is created.', retry_after=1)

    def update(self, queue, metadata):
        """Replace the metadata of ``queue``; False if it changed meanwhile."""
        if not self.control.queues.update(queue, metadata):
            return False
        self.store_of(queue).streams.touch(queue)
        self._forget(queue.project, queue.name)
        return True

    def delete(self, project, name):
        """Delete a queue, if it exists; return it as it was, or None.

        First the pool closes it, which every process notices at once; then the
        catalogue forgets it. ``find_afresh`` finishes a deletion that stopped
        between the two.
        """
        queue = self.find_afresh(project, name)
        if queue is not None:
            self.store_of(queue).streams.close(queue)
            self.control.queues.delete(queue)
            self._forget(project, name)
        return queue

    def known(self, names):
        """Return {(project, name): queue} for those that exist.

        One statement per project for all that are not remembered.

        :param names: list of (project, name).
        """
        with self._lock:
            known = {key: self._queues.get(key) for key in names}
        lost = [key for key, queue in known.items() if queue is None]
        for key in self.control.queues.existing(lost) if lost else ():
            known[key] = self.find_afresh(*key)
        return {key: queue for key, queue in known.items() if queue is not None}

    def close(self):
        """Close all connections."""
        self.control.dispose()

    def _open(self, queue):
        """Return ``queue`` with what its pool knows of it, or None if closed."""
        opened = self.store_of(queue).streams.open(queue)
        if opened is None:
            # Its deletion stopped half-way: the pool has closed it, the
            # catalogue still lists it. Finish what was begun.
            self.control.queues.delete(queue)
            return None
        # The metadata must not be older than the generation that vouches for
        # them, so they are read after it.
        again = self.control.queues.get(queue.project, queue.name)
        if again is None or again.id != queue.id:
            return None
        return opened.evolve(metadata=again.metadata, revision=again.revision)

    def _forget(self, project, name):
        with self._lock:
            self._queues.pop((project, name), None)
