"""The janitor's process: sweep after sweep, a report now and then, an orderly end."""

import os
import signal
import socket
import threading
import time
import uuid

import cotyledon
from oslo_log import log

from marconi import exception
from marconi.conf import reloading
from marconi.core import broker as broker_module
from marconi.core import heart
from marconi.core import vitals
from marconi.janitor import backlog
from marconi.janitor import lease
from marconi.janitor import manager
from marconi.janitor import moves
from marconi.janitor import sweeps
from marconi.janitor import turns

LOG = log.getLogger(__name__)

#: Seconds to wait for a running batch when we are told to stop.
GRACE = 3.5


class Janitor(cotyledon.Service):
    """Does all the sweeps of all databases, as far as other janitors leave them to it."""

    name = 'janitor'
    graceful_shutdown_timeout = 4

    def __init__(self, worker_id, conf):
        super().__init__(worker_id)
        # Ctrl-C reaches every process of a terminal; our master tells us to stop.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._conf = conf
        self._options = conf.janitor
        self._broker = broker_module.Broker.from_conf(conf)
        self._holder = f'{socket.gethostname()[:64]}:{os.getpid()}:{uuid.uuid4().hex[:8]}'
        self._heart = heart.start(self._broker.stores.control.services, 'janitor', conf)
        self._backlog = backlog.Backlog(self._broker.stores, conf.metrics)
        self._vitals = vitals.Vitals(self._broker, 'janitor', self._backlog.queues)
        self._vitals.start()
        #: {pool: (store, its sweeps)}
        self._pools = {}
        self._stopping = threading.Event()
        self._finished = threading.Event()
        #: Set when there is something new: other options, or the end.
        self._awake = threading.Event()
        self._moves = self._make_moves()
        # A large queue takes minutes to move: the sweeps go on meanwhile.
        self._turns = [turns.Turns(self._look), turns.Turns(lambda: [self._moves])]

    def run(self):
        """Sweep until told to stop."""
        LOG.info('Janitor %s starts', self._holder)
        self._broker.bus.serve(manager.Manager(self))
        threads = [threading.Thread(target=own.run, name='marconi-sweeps', daemon=True)
                   for own in self._turns]
        for thread in threads:
            thread.start()
        reported = time.monotonic()
        while not self._stopping.is_set():
            left = reported + self._options.report_interval - time.monotonic()
            if left <= 0:
                self._report()
                reported = time.monotonic()
            elif self._awake.wait(left):
                self._awake.clear()
        for thread in threads:
            thread.join()
        self._finished.set()

    def wake(self, name):
        """Run the sweeps of this name without waiting for their time; False if there are none.

        Those that failed go on resting. May be called from any thread.
        """
        return any([own.wake(name) for own in self._turns])

    def reload(self):
        """Take over the mutable options of the configuration, which SIGHUP tells us to read."""
        if reloading.reload(self._conf):
            self._broker.reload(self._conf)
            for sweep in self._all():
                sweep.tune(self._options)
            self._awake.set()

    def terminate(self):
        """Finish the running batch and give the work to others."""
        self._stopping.set()
        self._awake.set()
        for own in self._turns:
            own.stop()
        if self._finished.wait(GRACE):
            self._release()
        self._vitals.stop()
        self._heart.stop()
        self._report()
        LOG.info('Janitor %s ends', self._holder)
        self._broker.close()

    def _look(self):
        """Return the sweeps of all databases that there are now."""
        known, self._pools = self._pools, {}
        for pool, store in self._broker.stores.all():
            old = known.get(pool)
            self._pools[pool] = old if old and old[0] is store else (
                store, self._make_sweeps(pool, store))
        return [sweep for _, own in self._pools.values() for sweep in own]

    def _make_sweeps(self, pool, store):
        if store is self._broker.stores.control:
            pool, count = None, self._broker.quotas.recount
        else:
            count = None
        return sweeps.make(store, self._leases(store), self._options, pool, count)

    def _leases(self, store):
        return lambda name: lease.Lease(store.leases, name, self._holder, self._options.lease)

    def _make_moves(self):
        stores = self._broker.stores
        held = self._leases(stores.control)(sweeps.MOVES)
        return sweeps.Sweep(sweeps.MOVES, moves.Moves(stores, held, self._stopping), held,
                            self._options.batch, self._options.interval)

    def _release(self):
        for sweep in self._all():
            try:
                sweep.lease.release()
            except exception.StorageUnavailable as error:
                LOG.warning('Cannot give back the lease on %s, which will end by itself: '
                            '%s', sweep.name, error)

    def _report(self):
        LOG.info('Rows cleared since the last report: %s',
                 ', '.join(sweep.report() for sweep in self._all()))

    def _all(self):
        return [sweep for own in self._turns for sweep in own.sweeps]
