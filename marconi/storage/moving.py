"""Moving a queue from one store to another while it is in use.

Messages are copied first, batch by batch, and producers and consumers notice
nothing. Then the queue is sealed where it is, and everybody who wants it waits
for a moment: what was claimed, returned, deleted or posted meanwhile is made
good at the other end, and each message leaves the first store in the
transaction that locks it, after the second one has it. Last the catalogue is
told, and the queue is opened again in its new place.

Positions and ids stay, so that order, markers and claims do. The process that
does this may be killed at any point: another one takes over where it was, and
the tokens of the first are worth nothing from then on.
"""

import functools

from oslo_log import log

from marconi import exception
from marconi import objects

LOG = log.getLogger(__name__)

#: How often the newest messages are copied, if posting goes on, before the
#: queue is sealed.
MOST_ROUNDS = 5


class Mover:
    """Carries one queue."""

    def __init__(self, move, stores, batch, keep):
        """
        :param move: the ``objects.Move``.
        :param stores: the ``Stores``.
        :param batch: messages in one transaction.
        :param keep: function that raises ``LostLease`` if the work is not ours
            any more. It is told whether the queue is sealed, so that callers
            wait for us to finish.
        """
        self._move = move
        #: Enough of the queue to find what is left of it.
        self._trace = objects.Queue(id=move.queue_id, project=move.project,
                                    name=move.name, metadata={})
        self._control = stores.control
        self._batch = batch
        self._keep = keep
        self._source = stores.store_in(move.source).transfers
        self._target = stores.store_in(move.target).transfers

    def run(self):
        """Do what is left to do of the move.

        :raises LostLease: another one does it.
        :raises StorageUnavailable: one of the two does not answer; the queue
            stays where it is, or between the two if messages have left.
        """
        move = self._move
        queue = self._control.queues.get(move.project, move.name)
        if queue is None or queue.id != move.queue_id:
            self._give_up()
        elif queue.pool == move.source:
            self._carry(queue)
        elif queue.pool == move.target:
            self._arrive(queue)
        else:
            raise RuntimeError(f'Queue {queue.id} is in pool {queue.pool}, between {move}.')

    def _carry(self, queue):
        begun = self._source.sealed(queue)
        token = self._target.receive(queue, begun)
        if not begun:
            self._copy(queue, token)
        sealed = self._source.seal(queue)
        if sealed is None:
            self._give_up()
            return
        self._hand_over(queue, sealed, token, back=not begun)
        self._target.complete(queue, token, self._source.rest(queue))
        self._control.moves.switch(self._move)
        self._arrive(queue)

    def _copy(self, queue, token):
        """Copy what is there, and what comes meanwhile as far as it can be overtaken."""
        last, rounds = self._target.last(queue), 0
        while rounds < MOST_ROUNDS:
            self._keep(sealed=False)
            rows, more = self._source.read(queue, last, self._batch)
            if rows:
                self._target.put(queue, token, rows)
                last = rows[-1]['seq']
            if not more:
                if len(rows) <= self._batch // 10:
                    break
                rounds += 1

    def _hand_over(self, queue, sealed, token, back):
        settle = functools.partial(self._target.settle, queue, token)
        put = functools.partial(self._target.put, queue, token)
        try:
            self._target.expect(queue, token, sealed.floor)
            while self._source.hand_over(queue, sealed.token, self._batch, settle, put):
                back = False
                self._keep(sealed=True)
        except exception.StorageUnavailable:
            if back:  # the queue is whole where it was
                self._source.unseal(queue, sealed.token)
            raise

    def _arrive(self, queue):
        self._target.open(queue)
        self._source.leave(queue)
        self._control.moves.forget(self._move)
        LOG.info('Queue %s of project %s has moved to %s', self._move.name,
                 self._move.project, self._move.target or 'the control database')

    def _give_up(self):
        """The queue was deleted, or somebody else has moved it."""
        self._target.drop(self._trace)
        self._control.moves.forget(self._move)
