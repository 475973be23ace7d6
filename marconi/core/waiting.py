"""Holding an empty answer back until a message comes.

A waiter is a thread that sleeps on an event. It is woken by a post through
this process at once, and by everything else (a post through another process,
the end of a delay or of a claim) by one watcher thread per process. Ten times a
second it asks each database whether anything was written; if so, it asks one
question about all awaited queues, and is told of those that hold messages. So a
waiter holds no database connection and asks the database nothing.
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
        self._watcher = None
        self._closed = threading.Event()
        #: Another object after each time that somebody waits for a queue for which nobody did.
        self._entered = object()
        self._groups = []
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
            new ones (a listing).
        """
        found = look()
        if found or not seconds or self._closed.is_set() or self._full:
            return found
        started = self._clock()
        deadline = started + seconds
        waiter = self._enter(context.project, name, claiming)
        try:
            found = look()  # something may have come before we entered
            while not found:
                left = deadline - self._clock()
                if left <= 0 or not waiter.event.wait(left) or self._closed.is_set():
                    break
                waiter.event.clear()
                found = look()
        finally:
            self._leave(context.project, name, waiter)
            context.waited += self._clock() - started
        metrics.wait(found, context.waited)
        return found

    @property
    def number(self):
        """How many wait just now."""
        return sum(map(len, list(self._waiters.values())))

    @property
    def _full(self):
        # A waiter has a thread of the server: those that are left must do for
        # all others.
        return self.number >= self.most

    def notify(self, queue):
        """Wake those who wait for ``queue`` in this process."""
        if self._waiters:
            self._wake((queue.project, queue.name))

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
        known = self._stores.known(keys)
        self._groups = self._stores.groups(list(known.values()))
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
            return
        self._silent.pop(store, None)
        look.add(queues, signals, now)
        self._looks[store] = look
        self._tell({(queue.project, queue.name): signals[queue.id]
                    for queue in new if queue.id in signals})

    def _tell(self, signals):
        """Wake whom the signals concern."""
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

    def _enter(self, project, name, claiming):
        waiter = _Waiter(claiming)
        with self._lock:
            if (project, name) not in self._waiters:
                self._entered = object()
            self._waiters[project, name].add(waiter)
            if self._watcher is None or not self._watcher.is_alive():
                self._watcher = threading.Thread(target=self._watch, daemon=True,
                                                 name='marconi-watcher')
                self._watcher.start()
        return waiter

    def _leave(self, project, name, waiter):
        with self._lock:
            waiters = self._waiters[project, name]
            waiters.discard(waiter)
            if not waiters:
                del self._waiters[project, name]

    def _watch(self):
        while not self._closed.wait(INTERVAL):
            with self._lock:
                if not self._waiters:
                    self._watcher = None
                    return
            try:
                self.watch_once()
            except exception.StorageUnavailable:  # storage has logged it
                self._closed.wait(PAUSE)
