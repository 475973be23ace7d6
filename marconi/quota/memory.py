"""Limits that were learnt elsewhere, remembered so that hardly a request waits for them."""

import threading
import time

from oslo_log import log

from marconi import exception

LOG = log.getLogger(__name__)

MOST_REMEMBERED = 100_000
#: Seconds between two questions to somebody who does not answer.
PAUSE = 5.0
#: How many projects can be asked about at a time.
TURNS = 64


class _Entry:

    __slots__ = ('asked', 'learnt', 'limits')

    def __init__(self, limits, learnt):
        self.limits = limits
        #: When the question was put that brought these limits.
        self.learnt = learnt
        #: Whether it is to be put again soon.
        self.asked = False


class Memory:
    """Limits of projects that are at most ``lifetime`` seconds old.

    From half that age on they are asked for again in the background, one project after
    the other, so that no request of a busy project waits for an answer. One whose limits
    are older, because nothing was asked for its project meanwhile, waits. While there is
    no answer to be had the last known limits go on, and nobody waits.
    """

    def __init__(self, ask, fallback, lifetime, clock=time.monotonic):
        """
        :param ask: function from a project to its limits; raises ``LimitsUnavailable``.
        :param fallback: what holds for a project about which it was never answered.
        :param lifetime: seconds.
        """
        self._ask = ask
        self._fallback = fallback
        self._lifetime = lifetime
        self._clock = clock
        self._entries = {}
        self._turns = [threading.Lock() for _ in range(TURNS)]
        self._lock = threading.Lock()
        self._queue = {}  # projects, in order
        self._wanted = threading.Event()
        self._refresher = None
        self._closed = threading.Event()
        #: Whether the last question was not answered.
        self.down = False

    def of(self, project):
        """Return the limits of a project."""
        entry = self._entries.get(project)
        if entry is not None:
            age = self._clock() - entry.learnt
            if age < self._lifetime / 2:
                return entry.limits
            if age < self._lifetime or self.down:
                if not entry.asked:
                    self._refresh_soon(project, entry)
                return entry.limits
        return self._wait_for(project)

    def close(self):
        """Let the thread in the background end."""
        self._closed.set()
        self._wanted.set()

    def refresh_once(self):
        """Ask again about the project that waits longest for it, if one does."""
        with self._lock:
            project = next(iter(self._queue), None)
            if project is None:
                self._wanted.clear()
                return
            del self._queue[project]
        self._learn(project)

    def _wait_for(self, project):
        # A crowd of requests for one project asks once.
        with self._turns[hash(project) % TURNS]:
            entry = self._entries.get(project)
            if entry is None and self.down:  # it would wait in vain
                entry = self._without_answer(project)
            elif entry is None or (not self.down
                                   and self._clock() - entry.learnt >= self._lifetime):
                entry = self._learn(project)
        return entry.limits

    def _learn(self, project):
        """Ask now; return the entry, the last known one if there is no answer."""
        now = self._clock()
        try:
            limits = self._ask(project)
        except exception.LimitsUnavailable as error:
            if not self.down:
                LOG.warning('%s. The last known limits go on.', error)
                self.down = True
            return self._without_answer(project)
        if self.down:
            LOG.info('Keystone tells the limits of projects again.')
            self.down = False
        return self._keep(project, _Entry(limits, now))

    def _without_answer(self, project):
        entry = self._entries.get(project)
        if entry is None:
            entry = self._keep(project, _Entry(self._fallback, float('-inf')))
        # So that somebody goes on asking until there is an answer.
        self._refresh_soon(project, entry)
        return entry

    def _keep(self, project, entry):
        with self._lock:
            if len(self._entries) >= MOST_REMEMBERED and project not in self._entries:
                del self._entries[next(iter(self._entries))]
            self._entries[project] = entry
        return entry

    def _refresh_soon(self, project, entry):
        with self._lock:
            entry.asked = True
            self._queue[project] = True
            if self._refresher is None or not self._refresher.is_alive():
                self._refresher = threading.Thread(
                    target=self._refresh, name='marconi-limits', daemon=True)
                self._refresher.start()
        self._wanted.set()

    def _refresh(self):
        while self._wanted.wait() and not self._closed.is_set():
            self.refresh_once()
            if self.down:
                self._closed.wait(PAUSE)
