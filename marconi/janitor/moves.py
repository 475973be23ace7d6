"""Moving queues to other pools, and draining pools."""

from oslo_log import log

from marconi import exception
from marconi.storage import moving
from marconi.storage import placement

LOG = log.getLogger(__name__)

#: Messages that are carried in one transaction.
BATCH = 2000
#: Queues of a pool that is being drained which are told to move at a time.
QUEUES = 100


class Moves:
    """The work of the sweep "moves": one queue after the other."""

    def __init__(self, stores, lease, stopping):
        """
        :param lease: the ``Lease`` on this work.
        :param stopping: event that is set when the janitor is to end.
        """
        self._stores = stores
        self._control = stores.control
        self._lease = lease
        self._stopping = stopping

    def __call__(self, batch):
        """Move one queue; return ``batch`` if there was one, else 0."""
        self._drain()
        for move in self._control.moves.list(1):
            try:
                moving.Mover(move, self._stores, BATCH, self._keep).run()
            except exception.StorageUnavailable as error:
                self._control.moves.postpone(move, str(error))
                raise
            except exception.LostLease as error:
                LOG.info('%s', error)
                return 0
            return batch
        return 0

    def _keep(self, sealed):
        if not self._lease.hold() or self._stopping.is_set() and not sealed:
            raise exception.LostLease(work='moving queues')

    def _drain(self):
        """Let the queues of pools that are being drained move."""
        pools = self._stores.pools.listed()
        for pool in pools:
            if pool.draining:
                self._empty(pool, pools)

    def _empty(self, pool, pools):
        queues = self._control.queues.in_pool(pool.name, limit=QUEUES)
        under_way = {move.queue_id for move in self._control.moves.list()} if queues else ()
        for queue in queues:
            if queue.id in under_way:
                continue
            try:
                target = placement.order(pools, pool.flavor)[0]
                self._control.moves.request(queue, target)
            except (exception.FlavorNotFound, exception.PoolNotFound):
                LOG.warning('Pool %s cannot be drained: no other pool of flavor %s takes queues.',
                            pool.name, pool.flavor)
                return
