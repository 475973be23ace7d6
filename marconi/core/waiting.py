"""Holding an empty answer back until a message comes.

A waiter is a thread that sleeps on an event. It is woken by a post through
this process at once, and by everything else (a post through another process,
the end of a delay or of a claim) by one watcher thread per process. Ten times a
second it asks each database whether anything was written; if so, it asks one
question about all awaited queues, and is told of those that hold messages. So a
waiter holds no database connection and asks the database nothing; nor does a worker
that comes again and again to claim from a queue in which nothing happens.
"""

import collections
import threading
import time

from marconi import exception
from marconi import metrics

#: Seconds between two looks at the awaited queues.
INTERVAL = 0.1
#: Seconds after which the queues are looked at though nothing seems to have changed.
LONGEST = 5.0
#: Seconds to leave a database alone that did not answer.
PAUSE = 1.0
#: Seconds for which a queue must have had nothing to claim until whoever comes again need not
#: look: until the watcher has seen what was posted just before, a worker loses time. And seconds
#: after which somebody looks nevertheless, should the watcher have missed something.
QUIET, DOUBT = 5.0, 120.0


class _Waiter:

    __slots__ = ('claiming', 'event', 'tail')

    def __init__(self, claiming):
        self.claiming = claiming
        self.event = threading.Event()
        #: The newest position that was there when this waiter last looked.
        self.tail = 0

    def concerned(self, signal):
        """Return whether ``signal`` is a reason to look again."""
        if signal is None:  # the queue was closed
            return True
        if self.claiming:
            return signal.ready
        news = signal.tail > self.tail or signal.due
        self.tail = signal.tail
        return news


class _Look:
    """A look at queues of one store, and until when it tells all that another one would."""

    def __init__(self, written, seen, now):
        """
        :param written: what ``Store.written`` returned before the look.
        :param seen: whether all of that could be seen by then.
        """
        self.written = written
        self._seen = seen
        self._until = now + LONGEST
        self._ids = set()
        self._queues = None

    def holds(self, written, now):
        """Return whether nothing can have changed since."""
        return (written is not None and written == self.written and self._seen
                and now < self._until)

    def lacks(self, queues):
        """Return those of the queues that were not looked at."""
        if queues is self._queues:
            return []
        return [queue for queue in queues if queue.id not in self._ids]

    def add(self, queues, signals, now):
        """Note what a look at those queues that it lacked has told."""
        if queues is not self._queues:
            self._queues = queues
            self._ids.update(queue.id for queue in queues)
        ends = [signal.ends_in for signal in signals.values()
                if signal is not None and signal.ends_in is not None]
        self._until = min([self._until, *(now + end / 1000 for end in ends)])


class Waiters:
    """All who wait in this process, by (project, queue name)."""

    def __init__(self, stores, most, clock=time.monotonic):
        """
        :param most: how many may wait at a time; others are not held back.
        """
        self._stores = stores
        self.most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._waiters = collections.defaultdict(set)
        #: How many wait just now.
        self.number = 0
        self._watcher = None
        self._closed = threading.Event()
        #: Another object after each time that somebody waits for a queue that is not looked at.
        self._entered = object()
        #: What was looked at last. Who waits again soon, finds his queue there still.
        self._awaited, self._groups = frozenset(), []
        #: {(project, queue name): since when nothing came that could be claimed}, as far as a
        #: waiter has seen, and has been awaited ever since.
        self._quiet = {}
        #: What ``_groups`` was made of, and until when it is good.
        self._state, self._until = None, 0
        #: {store: the last ``_Look`` at queues of it}
        self._looks = {}
        #: {store that does not answer: when it is asked again}
        self._silent = {}

    def until(self, context, name, look, seconds, claiming):
        """Return what ``look`` finds, as soon as it finds something.

        :param context: who waits; is told for how long.
        :param look: function that returns something true when there is an
            answer; called again whenever there may be one.
        :param seconds: how long to wait at most; 0 looks once.
        :param claiming: whether the waiter wants free messages (a claim) or
            new ones (a listing). A claim may get None without a look.
        """
        if not seconds or self._closed.is_set() or self._full:
            return look()
        key = context.project, name
        waiter = self._enter(key, claiming)
        try:
            # What comes after this look wakes us.
            found = None if claiming and self._is_quiet(key) else self._look(key, look, claiming)
            if found:
                return found
            started = self._clock()
            try:
                while not found and self._is_woken(waiter, started + seconds):
                    found = self._look(key, look, claiming)
            finally:
                context.waited += self._clock() - started
            metrics.wait(found, context.waited)
            return found
        finally:
            self._leave(key, waiter)

    @property
    def _full(self):
        # A waiter has a thread of the server: those that are left must do for
        # all others.
        return self.number >= self.most

    def _is_quiet(self, key):
        """Return whether there is nothing to claim, as far as we know."""
        now = self._clock()
        return QUIET <= now - self._quiet.get(key, now) < DOUBT

    def _look(self, key, look, claiming):
        found = look()
        if claiming:
            now = self._clock()
            if found:
                self._quiet.pop(key, None)
            elif now - self._quiet.setdefault(key, now) >= DOUBT:
                self._quiet[key] = now
        return found

    def _is_woken(self, waiter, deadline):
        """Sleep; return whether there is a reason to look again before the deadline."""
        left = deadline - self._clock()
        if left <= 0 or self._closed.is_set() or not waiter.event.wait(left):
            return False
        waiter.event.clear()
        return not self._closed.is_set()

    def notify(self, queue):
        """Wake those who wait for ``queue`` in this process."""
        key = queue.project, queue.name
        self._quiet.pop(key, None)
        if self._waiters:
            self._wake(key)

    def close(self):
        """Send everybody home with what they have."""
        self._closed.set()
        with self._lock:
            keys = list(self._waiters)
        for key in keys:
            self._wake(key)

    def watch_once(self):
        """Look at all awaited queues once; wake whom it concerns."""
        now = self._clock()
        if now >= self._until or self._state != (self._entered, self._stores.state):
            self._group(now)
        for store, queues in self._groups:
            if now >= self._silent.get(store, 0):
                self._ask(store, queues)

    def _group(self, now):
        """Find out which queues of which stores are awaited."""
        state = self._entered, self._stores.state
        with self._lock:
            keys = list(self._waiters)
            self._awaited = frozenset(keys)
        try:
            known = self._stores.known(keys)
        except exception.StorageUnavailable:
            self._quiet.clear()
            raise
        self._groups = self._stores.groups(list(known.values()))
        # Of others, such as those that cannot be reached just now, nobody would tell.
        watched = {(queue.project, queue.name) for _, queues in self._groups for queue in queues}
        for key in set(self._quiet) - watched:
            self._quiet.pop(key, None)
        self._looks = {store: self._looks.get(store) for store, _ in self._groups}
        # A queue that does not exist may do so at any time.
        self._state = state if len(known) == len(keys) else None
        self._until = now + LONGEST

    def _ask(self, store, queues):
        """Ask one store about its queues; leave one that is down alone for a while."""
        look, now = self._looks.get(store), self._clock()
        try:
            written = store.written()
            if look is None or not look.holds(written, now):
                # What was written just before a look, it may have missed.
                seen = store.written_is_seen or look is not None and look.written == written
                look = _Look(written, seen, now)
            new = look.lacks(queues)
            signals = store.messages.signals(new) if new else {}
        except exception.StorageUnavailable:  # storage has logged it
            self._silent[store] = self._clock() + PAUSE
            for queue in queues:  # better to be told than to wait in vain
                self._quiet.pop((queue.project, queue.name), None)
            return
        self._silent.pop(store, None)
        look.add(queues, signals, now)
        self._looks[store] = look
        self._tell({(queue.project, queue.name): signals[queue.id]
                    for queue in new if queue.id in signals})

    def _tell(self, signals):
        """Wake whom the signals concern."""
        for key, signal in signals.items():
            if signal is None or signal.ready:
                self._quiet.pop(key, None)
        with self._lock:
            told = [(waiter, signal) for key, signal in signals.items()
                    for waiter in self._waiters.get(key, ())]
        for waiter, signal in told:
            if waiter.concerned(signal):
                waiter.event.set()

    def _wake(self, key):
        with self._lock:
            waiters = list(self._waiters.get(key, ()))
        for waiter in waiters:
            waiter.event.set()

    def _enter(self, key, claiming):
        waiter = _Waiter(claiming)
        with self._lock:
            if key not in self._awaited:
                self._entered = object()
            self._waiters[key].add(waiter)
            self.number += 1
            if self._watcher is None or not self._watcher.is_alive():
                self._watcher = threading.Thread(target=self._watch, daemon=True,
                                                 name='marconi-watcher')
                self._watcher.start()
        return waiter

    def _leave(self, key, waiter):
        with self._lock:
            waiters = self._waiters[key]
            waiters.discard(waiter)
            self.number -= 1
            if not waiters:
                del self._waiters[key]

    def _watch(self):
        while not self._closed.wait(INTERVAL):
            with self._lock:
                if not self._waiters:
                    self._watcher = None
                    self._quiet.clear()  # nobody would tell
                    return
            try:
                self.watch_once()
            except exception.StorageUnavailable:  # storage has logged it
                self._closed.wait(PAUSE)
