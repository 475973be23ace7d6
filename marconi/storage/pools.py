"""The pools as this process knows them, and a store for each."""

import threading
import time

from oslo_log import log

from marconi import exception

LOG = log.getLogger(__name__)

#: How people call the control database, which is no pool.
DEFAULT = 'default'
#: What an operator may choose for one pool -> the option of the driver.
OPTIONS = {'relaxed_durability': 'relaxed_durability', 'max_pool_size': 'pool_size',
           'max_overflow': 'max_overflow', 'pool_timeout': 'pool_timeout',
           'connection_recycle_time': 'recycle'}


class Pools:
    """Connects to a pool when it is needed first.

    What an operator changes about a pool is noticed within ``lifetime``
    seconds; a new pool at once.
    """

    def __init__(self, control, connect, lifetime, clock=time.monotonic):
        """
        :param control: the ``Store`` that lists the pools.
        :param connect: function from a ``Pool`` to its ``Store``.
        :param lifetime: seconds.
        """
        self._control = control
        self._connect = connect
        self._lifetime = lifetime
        self._clock = clock
        self._lock = threading.Lock()
        #: {name: (Pool, Store)}
        self._stores = {}
        self._read_at = None

    def listed(self):
        """Return all pools as they are now."""
        pools = self._control.pools.list()
        self._take(pools)
        return pools

    def all(self):
        """Return [(name, store)] of the pools, by name."""
        self._refresh()
        return [(name, store) for name, (_, store) in sorted(self._stores.items())]

    def store(self, name):
        """Return the ``Store`` of a pool.

        :raises StorageUnavailable: there is no pool of this name.
        """
        self._refresh()
        if name not in self._stores:
            self.listed()
        try:
            return self._stores[name][1]
        except KeyError:
            raise exception.StorageUnavailable(f'There is no pool {name} any more.') from None

    def close(self):
        """Close all connections."""
        self._take([])

    def _refresh(self):
        if self._read_at is not None and self._clock() - self._read_at <= self._lifetime:
            return
        known, self._read_at = self._read_at, self._clock()
        try:
            self.listed()
        except exception.StorageUnavailable:
            self._read_at = known
            if known is None:
                raise
            # The control database is down; the pools go on as we know them.

    def _take(self, pools):
        with self._lock:
            old, stores = self._stores, {}
            for pool in pools:
                known = old.get(pool.name)
                if known is None or not _same(known[0], pool):
                    known = self._open(pool)
                if known is not None:
                    stores[pool.name] = known
            self._stores = stores
        for name, known in old.items():
            if stores.get(name) is not known:
                known[1].dispose()

    def _open(self, pool):
        """Return (pool, its store), or None if there can be none."""
        try:
            return pool, self._connect(pool)
        except (ValueError, ImportError) as error:  # no such kind of database, no driver
            LOG.error('Pool %s cannot be used: %s', pool.name, error)
            return None


def _same(old, new):
    """Return whether the connections to a pool can stay as they are."""
    return (old.uri, old.options) == (new.uri, new.options)


def driver_options(chosen):
    """Return options as ``storage.connect`` takes them.

    :param chosen: dict with names as in ``OPTIONS``; unknown ones count for
        nothing, since another release may know them.
    """
    return {OPTIONS[name]: value for name, value in chosen.items() if name in OPTIONS}
