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
from marconi.core import broker as broker_module
from marconi.janitor import lease
from marconi.janitor import sweeps

LOG = log.getLogger(__name__)

#: Seconds to wait for a running batch when we are told to stop.
GRACE = 3.5


class Janitor(cotyledon.Service):
    """Takes turns between the sweeps, so that a big one does not hold up the others."""

    name = 'janitor'
    graceful_shutdown_timeout = 4

    def __init__(self, worker_id, conf):
        super().__init__(worker_id)
        # Ctrl-C reaches every process of a terminal; our master tells us to stop.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._options = conf.janitor
        self._broker = broker_module.Broker.from_conf(conf)
        self._holder = f'{socket.gethostname()[:64]}:{os.getpid()}:{uuid.uuid4().hex[:8]}'
        store = self._broker.stores.control
        self._sweeps = sweeps.make(
            store,
            lambda name: lease.Lease(store.leases, name, self._holder, self._options.lease),
            self._options)
        self._stopping = threading.Event()
        self._finished = threading.Event()

    def run(self):
        """Sweep until told to stop."""
        LOG.info('Janitor %s starts', self._holder)
        now = time.monotonic()
        due = {sweep: now for sweep in self._sweeps}
        next_report = now + self._options.report_interval
        while not self._stopping.is_set():
            sweep = min(due, key=due.get)
            if not self._stopping.wait(min(due[sweep], next_report) - time.monotonic()):
                if time.monotonic() >= due[sweep]:
                    due[sweep] = sweep.turn() + time.monotonic()
            if time.monotonic() >= next_report:
                self._report()
                next_report = time.monotonic() + self._options.report_interval
        self._finished.set()

    def terminate(self):
        """Finish the running batch and give the work to others."""
        self._stopping.set()
        if self._finished.wait(GRACE):
            self._release()
        self._report()
        LOG.info('Janitor %s ends', self._holder)
        self._broker.close()

    def _release(self):
        for sweep in self._sweeps:
            try:
                sweep.lease.release()
            except exception.StorageUnavailable as error:
                LOG.warning('Cannot give back the lease on %s, which will end by itself: '
                            '%s', sweep.name, error)

    def _report(self):
        LOG.info('Rows cleared since the last report: %s',
                 ', '.join(sweep.report() for sweep in self._sweeps))
