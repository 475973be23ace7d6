"""Counting what a project has: page by page, and seldom.

The usage that is written down drifts away from the truth: nobody tells of messages that
expire, a queue is purged without looking at what it holds, a single deletion counts as an
average message, and a killed process takes its last second with it. So projects with limits
are counted again and again. One count goes through all queues of the project, oldest messages
first, and leaves out what was posted since it began, because that is being written down
meanwhile; then it corrects the usage by the difference to what was written down when it began.

How far off the usage can be right after a count: by what was posted and deleted within one
``sync_interval`` before the count began (done, but not written down yet), and by what was
deleted during the count before the count came by. The next count does not inherit it. Where
messages are in other databases than the catalogue, their clocks are compared: what was
posted while one was ahead of the other counts twice or not at all, until the next count.
"""

import threading
import time

import cachetools

from marconi import exception
from marconi import objects

#: The part of its time that a janitor counts; the rest is for others.
SHARE = 0.05
#: Queues of which the catalogue tells at a time.
QUEUES = 100
#: Messages in one page of a count that somebody waits for.
PAGE = 1000
#: How many projects are remembered, as limited or with what was counted.
MOST_REMEMBERED = 10_000
#: For so many seconds a project that had limits is counted without asking whether it has
#: them still: the answer may have to come from Keystone.
LIMITED_FOR = 600


def pages(stores, project, page, until=None):
    """Count a project, one page with each step; yield (messages, bytes).

    :param page: rows in one page.
    :param until: milliseconds; what was posted later is left out.
    """
    marker = None
    while queues := stores.control.queues.list(project, marker, QUEUES):
        for queue in queues:
            position = 0
            while position is not None:
                messages, size, position = stores.store_of(queue).messages.measure(
                    queue, position, page, until)
                yield messages, size
        marker = queues[-1].name


class Recount:
    """The janitor's counting: what is due, a moment at a time."""

    def __init__(self, stores, limits, interval, turn, clock=time.monotonic):
        """
        :param limits: what tells the limits of projects.
        :param interval: seconds from one count of a project to the next.
        :param turn: seconds from one turn of the janitor to the next.
        """
        self._stores = stores
        self._usage = stores.control.usage
        self._limits = limits
        self._interval = interval
        self._moment = SHARE * turn
        self._clock = clock
        self._count = None
        self._asked = False
        self._limited = cachetools.TTLCache(MOST_REMEMBERED, LIMITED_FOR, timer=clock)

    def work(self, batch):
        """Go on counting for a moment.

        :param batch: rows in one page.
        :returns: how many projects were finished; fewer than ``batch``, so that
            the janitor rests after it.
        :raises StorageUnavailable: a database does not answer. If it is one of
            many, other projects are counted next.
        """
        done, end = 0, self._clock() + self._moment
        while done < batch - 1 or not done:
            if self._count is None and not self._begin(batch):
                break
            done += self._step()
            if self._clock() >= end:
                break
        return min(done, batch - 1)

    def _begin(self, page):
        # Turn and turn about: who purges again and again must not keep others from being
        # counted.
        self._asked = not self._asked
        self._count = (self._usage.begin_count(self._asked)
                       or self._usage.begin_count(not self._asked))
        if self._count is None:
            return False
        self._messages = self._bytes = 0
        self._pages = pages(self._stores, self._count.project, page, self._count.began_at)
        return True

    def _step(self):
        """Count a page; return whether the project is finished."""
        if not self._is_limited(self._count.project):
            self._usage.forget(self._count)
            self._count = None
            return True
        try:
            messages, size = next(self._pages, (None, None))
        except exception.StorageUnavailable:
            self._finish(None, None)
            raise
        except BaseException:
            self._count = None  # what there is of it is no count
            raise
        if messages is None:
            self._finish(self._messages, self._bytes)
            return True
        self._messages += messages
        self._bytes += size
        return False

    def _is_limited(self, project):
        if project not in self._limited:
            if not self._limits.of(project).counted:
                return False
            self._limited[project] = True
        return True

    def _finish(self, messages, size):
        count, self._count = self._count, None
        self._usage.finish_count(count, messages, size, self._interval)


class Shown:
    """Counts of projects whose usage is not written down, for those who want to see it."""

    def __init__(self, stores, clock=time.monotonic):
        self._stores = stores
        self._clock = clock
        #: What a count found is shown until a count would take ``SHARE`` of the time.
        self._known = cachetools.TLRUCache(MOST_REMEMBERED, lambda _, found, now: found[1],
                                           timer=clock)
        self._lock = threading.Lock()

    def of(self, project):
        """Return the ``Usage`` of a project, counted now or a moment ago."""
        with self._lock:
            found = self._known.get(project)
        return found[0] if found else self._count(project)

    def _count(self, project):
        began = self._clock()
        messages = size = 0
        for more, more_bytes in pages(self._stores, project, PAGE):
            messages, size = messages + more, size + more_bytes
        now = self._clock()
        usage = objects.Usage(messages=messages, bytes=size)
        with self._lock:
            self._known[project] = usage, now + (now - began) / SHARE
        return usage
