"""One kind of clearing up, done in small bites and by one janitor at a time."""

import functools
import random
import time

from oslo_log import log

from marconi import exception
from marconi import metrics
from marconi.janitor import pace
from marconi.storage import base

LOG = log.getLogger(__name__)

#: The sweep that counts what projects use; its work is the core's.
COUNTS = 'usage_counts'
#: What there is to do in each database: the contract's methods, in its order.
NAMES = [name for name in vars(base.Sweeps) if name in base.Sweeps.__abstractmethods__]
#: Moving queues to other pools: see ``moves.py``.
MOVES = 'moves'
#: All kinds of sweeps.
KINDS = [*NAMES, COUNTS, MOVES]
#: The longest rest after repeated failures, in seconds.
LONGEST_REST = 30.0


class Sweep:

    def __init__(self, kind, work, lease, batch, interval, effort=1.0, clock=time.monotonic,
                 bite=0.1, pool=None):
        """
        :param kind: what it does, such as "expired_messages".
        :param work: function that is given the most rows to deal with, and
            returns how many it dealt with; fewer means that nothing is left.
        :param lease: the ``Lease`` that makes the work ours.
        :param batch: rows in one transaction, at most.
        :param interval: seconds to rest when nothing is left.
        :param effort: the part of the time to work while something is left.
        :param bite: seconds that one transaction should take.
        :param pool: in which pool it does it, for log and reports.
        """
        self.kind = kind
        self.name = f'{kind} in {pool}' if pool else kind
        self.lease = lease
        self._work = work
        self._pace = pace.Pace(batch, effort, clock, bite)
        self._interval = interval
        self._failures = 0
        #: Rows and failures since the last ``report``.
        self._rows = 0
        self._failed = 0

    def tune(self, options):
        """Go on with what the configuration group ``janitor`` says now."""
        self._interval = options.interval
        self._pace.tune(options.batch, options.effort if self.kind in NAMES else 1.0)

    def run_once(self):
        """Do one batch, if the work is ours; return the seconds to rest, None if nothing is left.

        :raises StorageUnavailable: the database does not answer.
        """
        if not self.lease.hold():
            self._pace.done()
            return None
        started = self._pace.start()
        rows = self._work(self._pace.size)
        self._rows += rows
        rest = self._pace.rest(started, rows)
        metrics.sweep(self.kind, rows, self._pace.took)
        if rows:
            LOG.debug('Sweep %s: %s rows in %.1f ms', self.name, rows, self._pace.took * 1000)
        return rest

    def turn(self):
        """Run once, whatever comes of it; return the seconds to rest after it."""
        try:
            rest = self.run_once()
            self._failures = 0
            return self._rest() if rest is None else rest
        except exception.StorageUnavailable as error:
            LOG.warning('Sweep %s: %s', self.name, error)
        except Exception:
            # A bug. The other sweeps go on; this one must not fill the log.
            LOG.exception('Sweep %s failed', self.name)
        return self._back_off()

    @property
    def failing(self):
        """Whether the last turn failed."""
        return self._failures > 0

    def report(self):
        """Return what was done since the last report, such as "moved_ids 7"."""
        text = f'{self.name} {self._rows}'
        if self._failed:
            text += f' ({self._failed} failures)'
        self._rows = self._failed = 0
        return text

    def _rest(self):
        if not self.lease.old:
            return _about(self._interval)
        # Sit out one round, so that another janitor can take its share.
        self.lease.release()
        return _about(3 * self._interval)

    def _back_off(self):
        metrics.sweep_failure(self.kind)
        self._failed += 1
        self._failures += 1
        return _about(min(self._interval * 2 ** min(self._failures, 10), LONGEST_REST))


def _about(seconds):
    """Return roughly so many seconds, so that janitors do not march in step."""
    return seconds * random.uniform(0.8, 1.2)


def make(store, new_lease, options, pool=None, count=None):
    """Return every sweep over ``store``.

    :param new_lease: function that returns the ``Lease`` of a name.
    :param options: the configuration group ``janitor``.
    :param pool: its name; None for the control database.
    :param count: the work of ``COUNTS``, for the control database.
    """
    found = [_make(name, store.sweeps, new_lease(name), options, pool) for name in NAMES]
    if count is not None:
        found.append(Sweep(COUNTS, count, new_lease(COUNTS), options.batch, options.interval))
    return found


def _make(name, contract, lease, options, pool):
    # Each transaction makes sure that the lease is ours: what we know of it may be old.
    work = functools.partial(getattr(contract, name), holder=lease.holder)
    return Sweep(name, work, lease, options.batch, options.interval, options.effort,
                 bite=contract.bite, pool=pool)
