"""Where in a queue there is nothing any more, as far as a process knows.

A database cannot drop the index entries of deleted messages while a transaction is open
elsewhere, and whoever looks for messages has to step over each of them. So what a look has
found to be empty is remembered, and left out by the next one.
"""

import typing

from marconi.storage.sqlalchemy import tables

#: Milliseconds that a transaction may take from when it read the clock to its commit without
#: anybody missing, for ``FORGET`` at most, what comes back by it. Nobody waits longer for a lock.
MARGIN = 5_000
#: Milliseconds that make it worth while to note something anew.
STEP = 1_000
#: Milliseconds after which everything is looked at again: a transaction may take longer, clocks
#: are set back, and a node of a cluster that takes over may be behind for a moment.
FORGET = 60_000
#: How many pages are read as if there were hidden messages, after one that had some.
TRUST = 20


class Known(typing.NamedTuple):
    """What is known of a queue.

    Of one generation, for what is put into the queue elsewhere than at its end undoes it: a
    move to another pool, or a dead letter that comes home.
    """

    generation: int
    #: When this began, in milliseconds.
    since: int
    #: A position at or below which no message is FRESH, and up to which all that was ever posted
    #: could be seen. Fresh ones are taken in order and never come back as FRESH, so it only
    #: rises, and is not forgotten.
    head: int = 0
    #: A position at or below which there is no message at all.
    bottom: int = 0
    #: A time by which nothing is due: what came back until then is filed or gone.
    due_after: int = tables.RETURNED
    #: Up to which position there are messages that may not be shown, in front of others; and
    #: how often that is still to be taken for granted.
    hidden: int = 0
    trust: int = 0


class KnownQueues:
    """What this process knows of queues, from what committed transactions left."""

    MOST = 100_000

    def __init__(self, clock):
        """
        :param clock: function that returns milliseconds.
        """
        self._clock = clock
        self._known = {}

    def get(self, queue):
        """Return the ``Known`` of ``queue``."""
        known, now = self._known.get(queue.id), self._clock()
        if known is None or known.generation != queue.generation:
            known = Known(queue.generation, now)
        elif not 0 <= now - known.since < FORGET:
            known = Known(queue.generation, now, known.head)
        if known.bottom < queue.floor:
            known = known._replace(bottom=queue.floor, head=max(known.head, queue.floor))
        return known

    def note_fresh(self, queue, seq):
        """Note that ``seq`` is the position of the first FRESH message."""
        self._put(queue, self.get(queue)._replace(head=seq - 1))

    def note_oldest(self, queue, knew, seq):
        """Note what a look at the beginning of the queue has found.

        :param knew: what was known before that.
        :param seq: the position of the first message, claimed or not; None if there is none.
        """
        known, bottom = self.get(queue), knew.head if seq is None else seq - 1
        # Otherwise it was no look at everything that we do not know.
        if knew.bottom <= known.bottom < bottom:
            self._put(queue, known._replace(bottom=bottom))

    def note_due(self, queue, now, due_after, due):
        """Note what a look at those that are due has found.

        :param now: the database's clock, in milliseconds.
        :param due_after: since which time they were looked at.
        :param due: the time at which the first of them came back; None if there is none.
        """
        known = self.get(queue)
        if due is not None:
            self._put(queue, known._replace(due_after=min(known.due_after, due - 1)))
        elif due_after <= known.due_after <= now - MARGIN - STEP:  # as above
            self._put(queue, known._replace(due_after=now - MARGIN))

    def note_hidden(self, queue, seq):
        """Note that the message at ``seq`` may not be shown to those who list the queue."""
        self._put(queue, self.get(queue)._replace(hidden=seq, trust=TRUST))

    def trust_hidden(self, queue):
        """Note that it was taken for granted that there are hidden ones."""
        known = self.get(queue)
        self._put(queue, known._replace(trust=known.trust - 1) if known.trust > 1
                  else known._replace(hidden=0))

    def _put(self, queue, known):
        if len(self._known) >= self.MOST:
            self._known.clear()
        self._known[queue.id] = known
