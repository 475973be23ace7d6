"""What the contract's tests are made of: a clock, factories, shared counters."""

import itertools
import mmap
import os
import tempfile

from marconi import objects

#: Where clocks begin: any moment, of 2023.
START = 1_700_000_000_000
#: More rows than any test has, for sweeps that are to do all at once.
MANY = 1000


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now=START):
        self.now = now

    def __call__(self):
        return self.now

    def move(self, seconds):
        self.now += round(seconds * 1000)


class SharedNumbers:
    """Whole numbers that several processes see; made anew from its path by pickling.

    The first is a clock, so that the object can be given to a store as one.
    """

    def __init__(self, path=None, size=64):
        if path is None:
            handle, path = tempfile.mkstemp(prefix='numbers-')
            os.write(handle, bytes(8 * size))
            os.close(handle)
        self.path = path
        with open(path, 'r+b') as file:
            self._numbers = memoryview(mmap.mmap(file.fileno(), 0)).cast('q')

    def __reduce__(self):
        return SharedNumbers, (self.path,)

    def __call__(self):
        return self._numbers[0]

    def __getitem__(self, index):
        return self._numbers[index]

    def __setitem__(self, index, value):
        self._numbers[index] = value


def new(body=b'{}', ttl=3600, delay=0, encoding=0):
    """A message to be posted."""
    if isinstance(body, str):
        body = body.encode()
    return objects.NewMessage(body=body, ttl=ttl, delay=delay, encoding=encoding)


def a_pool(name='fast', **fields):
    """A pool, at a database of its own that need not exist."""
    fields.setdefault('uri', f'postgresql://marconi@{name}.example.org/marconi')
    fields.setdefault('weight', 100)
    return objects.Pool(name=name, **fields)


def a_flavor(name, *pools, project='p', **fields):
    return objects.Flavor(project=project, name=name, pools=list(pools), **fields)


def several(count, prefix='', **fields):
    """Messages whose bodies are 0, 1, 2 ... after a prefix."""
    return [new(f'{prefix}{number}', **fields) for number in range(count)]


def bodies(messages):
    return [message.body.decode() for message in messages]


def ids(messages):
    return [message.id for message in messages]


def finish(sweep, batch=MANY):
    """Sweep until nothing is left, and return the number of rows dealt with."""
    total = 0
    for _ in range(1000):
        done = sweep(batch)
        total += done
        if done < batch:
            return total
    raise AssertionError('a sweep never comes to its end')


class Contract:
    """A store on an empty database, and a queue in it."""

    _names = itertools.count()

    def connector(self):
        """Return a picklable function from ``clock`` to a store; see the package."""
        raise NotImplementedError

    def setUp(self):
        super().setUp()
        self.clock = Clock()
        self.connect = self.connector()
        self.store = self.open_store(self.clock)
        self.messages, self.claims = self.store.messages, self.store.claims

    def open_store(self, clock=None):
        """Another store on the same database."""
        store = self.connect(clock=clock)
        self.addCleanup(store.dispose)
        return store

    def new_queue(self, name=None, project='project', store=None, **metadata):
        """A new queue, opened."""
        store = store or self.store
        name = name or f'queue-{next(self._names)}'
        self.assertTrue(store.queues.create(project, name, metadata))
        return self.reopened(store.queues.get(project, name), store)

    def reopened(self, queue, store=None):
        """The queue as it is now."""
        return (store or self.store).streams.open(queue)

    def post(self, queue, *messages, client='client'):
        """Post messages, given as such or by their bodies; return their ids."""
        return self.messages.post(
            queue, [new(message) if isinstance(message, str | bytes) else message
                    for message in messages], client)

    def claim(self, queue, limit=10, ttl=60, grace=60, dead_letters=None):
        return self.claims.create(queue, ttl, grace, limit, dead_letters)

    def listed(self, queue, **filters):
        """The bodies of all that a listing shows."""
        filters.setdefault('limit', MANY)
        return bodies(self.messages.list(queue, **filters))

    def everything(self, queue):
        """All that is in the queue: claimed, delayed and free messages."""
        return self.messages.list(queue, limit=100_000, include_claimed=True,
                                  include_delayed=True)

    def sweep_all(self):
        """What a janitor would do by now, if there were one."""
        sweeps = self.store.sweeps
        return sum(finish(sweep) for sweep in (
            sweeps.expired_messages, sweeps.expired_claims, sweeps.ended_delays,
            sweeps.purged_messages, sweeps.moved_ids))
