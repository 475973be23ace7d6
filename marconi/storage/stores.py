"""Which database holds this queue, and is what we remember of it still true?"""

import time

from marconi import exception
from marconi import memory
from marconi import storage
from marconi.storage import placement
from marconi.storage import pools as pools_module

MOST_REMEMBERED = 100_000
#: How often an operation is tried again on a queue that changes under it.
ATTEMPTS = 10
#: For how many seconds an operation waits for a queue that is on the last step
#: of a move, and how long between two looks.
PATIENCE = 10
PAUSE = 0.02


def connect(driver, url, lifetime, options):
    """Return the ``Stores`` of the service.

    :param driver, url: of the control database, and the driver of all pools.
    :param lifetime: see ``Stores``.
    :param options: those of ``pools.OPTIONS`` that hold for all databases; a
        pool may have others.
    """
    control = storage.connect(driver, url, **pools_module.driver_options(options))

    def connect_pool(pool):
        return storage.connect(driver, pool.uri, ids_of=control,
                               **pools_module.driver_options(options | pool.options))

    return Stores(control, connect_pool, lifetime)


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

    def __init__(self, control, connect=None, lifetime=60, clock=time.monotonic):
        """
        :param control: the ``Store`` with the catalogue, which holds messages
            too as long as there is no pool for them.
        :param connect: function from a ``Pool`` to its ``Store``.
        :param lifetime: seconds to remember a queue that is not used, or a pool.
        """
        self.control = control
        self.pools = pools_module.Pools(control, connect, lifetime, clock)
        self._queues = memory.Memory(MOST_REMEMBERED, lifetime, clock, prolong=True)

    def store_in(self, pool):
        """Return the ``Store`` of a pool; None is the control database.

        :raises StorageUnavailable: there is no such pool.
        """
        return self.pools.store(pool) if pool else self.control

    def store_of(self, queue):
        """Return the ``Store`` that holds the messages of ``queue``."""
        return self.store_in(queue.pool)

    def all(self):
        """Return [(name of the pool, store)], the control database in front."""
        try:
            pools = self.pools.all()
        except exception.StorageUnavailable:  # and nothing known yet
            pools = []
        return [(pools_module.DEFAULT, self.control), *pools]

    def groups(self, queues):
        """Return [(store, its queues)]."""
        stores, groups = dict(self.all()), {}
        for queue in queues:
            groups.setdefault(queue.pool or pools_module.DEFAULT, []).append(queue)
        return [(stores[pool], own) for pool, own in groups.items() if pool in stores]

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
        return self._queues.get((project, name)) or self.find_afresh(project, name)

    def find_afresh(self, project, name):
        """Return the ``Queue`` as it is now, or None.

        Waits for a queue that is on the last step of a move.
        """
        for _ in range(int(PATIENCE / PAUSE)):
            try:
                return self._look(project, name)
            except exception.QueueSealed:
                time.sleep(PAUSE)
        raise exception.StorageUnavailable(
            f'Queue {name} is moving to another database.', retry_after=1)

    def create(self, project, name, metadata, flavor=None, beside=None):
        """Make a queue unless it exists; return whether it is new.

        :param flavor: the class of pools in which it is to live, or None.
        :param beside: a queue in whose pool it should be if possible.
        :raises FlavorNotFound: no pool of this flavor takes queues.
        """
        places = placement.order(self.pools.listed(), flavor)
        if beside is not None:
            places.insert(0, beside.pool)
        for pool in (places * ATTEMPTS)[:ATTEMPTS]:
            try:
                created = self.control.queues.create(project, name, metadata, pool)
            except exception.PoolNotFound:  # it went this very moment
                continue
            if self._is_usable(project, name, undo=created and pool is not None):
                return created
        raise exception.StorageUnavailable(
            f'There is no database for queue {name}, or it is deleted as fast as it is '
            'created.', retry_after=1)

    def _is_usable(self, project, name, undo):
        """Return whether a queue exists.

        :param undo: whether one that is new is forgotten if its pool does not
            answer, so that it can be made in another one.
        """
        try:
            return self.find_afresh(project, name) is not None
        except exception.StorageUnavailable:
            if not undo:
                raise
            self.control.queues.delete(self.control.queues.get(project, name))
            return False

    def update(self, queue, metadata):
        """Replace the metadata of ``queue``; False if it changed meanwhile."""
        if not self.control.queues.update(queue, metadata):
            return False
        # Whatever pool it is in by now: those who remember it are to know.
        self.call(queue.project, queue.name, lambda store, now: store.streams.touch(now),
                  missing=lambda: None)
        self._forget(queue.project, queue.name)
        return True

    def delete(self, project, name):
        """Delete a queue, if it exists; return it as it was, or None.

        First the pool closes it, which every process notices at once; then the
        catalogue forgets it. ``find_afresh`` finishes a deletion that stopped
        between the two.
        """
        def delete(store, queue):
            store.streams.close(queue)
            self.control.queues.delete(queue)
            return queue

        self._forget(project, name)
        deleted = self.call(project, name, delete, missing=lambda: None)
        self._forget(project, name)
        return deleted

    @property
    def state(self):
        """An object that is another one after each change of what is remembered of queues."""
        return self._queues.state

    def known(self, names):
        """Return {(project, name): queue} for those that exist.

        One statement per project for all that are not remembered; what is remembered may
        be older than the lifetime. Queues that cannot be reached just now are left out.

        :param names: list of (project, name).
        """
        known = self._queues.among(names)
        lost = [key for key in names if key not in known] if len(known) < len(names) else ()
        for key in self.control.queues.existing(lost) if lost else ():
            try:
                queue = self._look(*key)
            except (exception.QueueSealed, exception.StorageUnavailable):
                continue
            if queue is not None:
                known[key] = queue
        return known

    def close(self):
        """Close all connections."""
        self.pools.close()
        self.control.dispose()

    def _look(self, project, name):
        queue = self.control.queues.get(project, name)
        if queue is not None:
            queue = self._open(queue)
        if queue is None:
            self._forget(project, name)
        else:
            self._queues.put((project, name), queue)
        return queue

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
        self._queues.forget((project, name))
