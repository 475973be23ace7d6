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

    __slots__ = ('done', 'error', 'item', 'leads', 'result', 'size', 'wake')

    def __init__(self, item, size):
        self.item = item
        self.size = size
        self.wake = threading.Event()
        self.leads = False
        self.done = False
        self.result = None
        self.error = None


class GroupCommit:
    """Collects items and runs them in groups."""

    def __init__(self, run, most=1_000_000, lanes=1):
        """
        :param run: function from a list of items to a list of results, one
            each; a result that is an exception is raised to its caller alone.
        :param most: sum of sizes at which a group is full.
        :param lanes: how many groups may be under way at a time.
        """
        self._run = run
        self._most = most
        self._free_lanes = lanes
        self._lock = threading.Lock()
        self._waiting = []

    def submit(self, item, size=1):
        """Return the result of ``item``, or raise its error."""
        entry = _Entry(item, size)
        with self._lock:
            self._waiting.append(entry)
            if self._free_lanes:
                self._free_lanes -= 1
                entry.leads = True
        if not entry.leads:
            entry.wake.wait()
        if not entry.done:
            self._lead(entry)
        if entry.error is not None:
            raise entry.error
        return entry.result

    def _lead(self, own):
        """Run one group, which ``own`` is in, and pass the lead on."""
        group = self._take(own)
        try:
            self._settle(group)
        finally:
            self._pass_on()
            for entry in group:
                if not entry.done:  # this thread was told to stop at once
                    self._finish([entry], [exception.StorageUnavailable()])
                entry.wake.set()

    def _take(self, own):
        """Take ``own`` and as many of the others as fit, in their order."""
        with self._lock:
            self._waiting.remove(own)
            group, size = [own], own.size
            for entry in self._waiting:
                size += entry.size
                if size > self._most:
                    break
                if not entry.leads:  # it takes a group of its own
                    group.append(entry)
            self._waiting = [entry for entry in self._waiting if entry not in group]
        return group

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
            # A leader stays in the list until it takes its group.
            for entry in self._waiting:
                if not entry.leads:
                    entry.leads = True
                    entry.wake.set()
                    return
            self._free_lanes += 1
