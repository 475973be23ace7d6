"""Which queues have the most messages? For the metrics, and for little work.

Every queue that has messages is visited in turn, again and again; one round takes as many looks
as it takes. A look stops counting where it gets long.
"""

import heapq
import time

from marconi import exception

#: Looks at one database at a time, each of which counts ``limit`` messages at most.
LOOKS = 20


class Tour:
    """The visits to the queues of one database."""

    def __init__(self, backlog):
        """
        :param backlog: ``storage.monitoring.Backlog``.
        """
        self._backlog = backlog
        self._after = 0
        #: What this round and the one before have found: {queue id: (free, held)}.
        self._found = {}
        self._before = {}

    def go_on(self, number, limit):
        """Look at more queues; return those with the most messages.

        :param number: how many queues to return.
        :param limit: how many messages of a queue are counted.
        :returns: {queue id: (free, held)}.
        """
        for _ in range(LOOKS):
            counts, after = self._backlog.count(self._after, limit)
            self._found = _most(self._found | counts, number)
            if after is None:
                self._before, self._found, self._after = self._found, {}, 0
                break
            self._after = after
        return _most(self._before | self._found, number)


def _most(counts, number):
    return dict(heapq.nlargest(number, counts.items(), key=lambda item: sum(item[1])))


class Backlog:
    """The busiest queues of all databases."""

    def __init__(self, stores, options, clock=time.monotonic):
        """
        :param options: the configuration group ``metrics``.
        """
        self._stores = stores
        self._options = options
        self._clock = clock
        self._tours = {}
        self._queues = []
        self._due = clock()

    def queues(self):
        """Return the busiest queues for ``metrics.state``, looked up now and then."""
        if self._clock() >= self._due:
            self._due = self._clock() + self._options.backlog_interval
            self._queues = self._look(self._options.busiest_queues)
        return self._queues

    def _look(self, number):
        counts, ages = {}, {}
        for name, store in self._stores.all() if number else ():
            tour = self._tours.setdefault(name, Tour(store.backlog))
            try:
                found = tour.go_on(number, self._options.backlog_limit)
                ages |= store.backlog.oldest(list(found))
                counts |= found
            except exception.StorageUnavailable:  # storage has logged it
                continue
        return self._named(_most(counts, number), ages)

    def _named(self, counts, ages):
        try:
            queues = self._stores.control.queues.named(list(counts)) if counts else {}
        except exception.StorageUnavailable:
            return []
        return [_document(queues[id], *counts[id], ages[id])
                for id in counts if id in queues and id in ages]


def _document(queue, free, held, age):
    return {'project': queue.project, 'queue': queue.name, 'free': free, 'held': held,
            'oldest': age / 1000}
