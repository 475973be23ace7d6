"""Group commit: what many threads ask at once is done in one transaction.

Under load a transaction is worth its commit many times over; without load it
starts at once, alone. A thread that finds no leader becomes one and takes all
that is waiting; the others sleep until theirs is done, or until they are
handed the lead.
"""

import threading

from marconi import exception


def outcome(work, *args):
    """Return what ``work`` returns, or the domain error that it raises.

    For members of a group that must not fail each other. The work must not have
    changed anything when it raises.
    """
    try:
        return work(*args)
    except exception.MarconiError as error:
        return error


class _Entry:

    __slots__ = ('done', 'error', 'item', 'result', 'size', 'wake')

    def __init__(self, item, size):
        self.item = item
        self.size = size
        # A bare lock that is held: an Event is made of several, and costs more than
        # all else here.
        self.wake = threading.Lock()
        self.wake.acquire()
        self.done = False
        self.result = None
        self.error = None


class GroupCommit:
    """Collects items and runs them in groups, one after the other."""

    def __init__(self, run, most=1_000_000):
        """
        :param run: function from a list of items to a list of results, one
            each; a result that is an exception is raised to its caller alone.
        :param most: sum of sizes at which a group is full.
        """
        self._run = run
        self._most = most
        self._lock = threading.Lock()
        #: Whether somebody leads, or is about to.
        self._led = False
        self._waiting = []

    def submit(self, item, size=1):
        """Return the result of ``item``, or raise its error."""
        entry = _Entry(item, size)
        with self._lock:
            if self._led:
                self._waiting.append(entry)
            leads, self._led = not self._led, True
        if leads:
            self._lead([entry])
        else:
            entry.wake.acquire()
            if not entry.done:  # it was handed the lead
                self._lead(self._take(entry))
        if entry.error is not None:
            raise entry.error
        return entry.result

    def _take(self, own):
        """Return ``own``, and as many of those who wait as fit, in their order."""
        group, size, left = [own], own.size, []
        with self._lock:
            for entry in self._waiting:
                if size + entry.size > self._most:
                    left.append(entry)
                else:
                    size += entry.size
                    group.append(entry)
            self._waiting = left
        return group

    def _lead(self, group):
        """Run one group, with its leader in front, and pass the lead on."""
        try:
            self._settle(group)
        finally:
            self._pass_on()
            for entry in group:
                if not entry.done:  # this thread was told to stop at once
                    self._finish([entry], [exception.StorageUnavailable()])
            for entry in group[1:]:
                entry.wake.release()

    def _settle(self, group):
        try:
            results = self._run([entry.item for entry in group])
        except exception.StorageUnavailable as error:
            self._finish(group, [error] * len(group))
        except Exception as error:
            if len(group) == 1:
                self._finish(group, [error])
            else:  # one of them is to blame: the others must not suffer
                for entry in group:
                    self._settle([entry])
        else:
            self._finish(group, results)

    @staticmethod
    def _finish(group, results):
        for entry, result in zip(group, results, strict=True):
            if isinstance(result, BaseException):
                entry.error = result
            else:
                entry.result = result
            entry.done = True

    def _pass_on(self):
        with self._lock:
            if self._waiting:
                self._waiting.pop(0).wake.release()
            else:
                self._led = False
