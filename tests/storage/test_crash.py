"""A process killed with -9 at any point of a transaction leaves nothing half done."""

import functools
import os
import signal

import sqlalchemy as sa

from marconi import objects
from marconi.storage.sqlalchemy import store as our_store
from marconi.storage.sqlalchemy import tables
from tests import base
from tests.storage import probes
from tests.storage.contract import crowd
from tests.storage.contract import support

#: The statements before which it matters to die.
LATER = support.START + 100_000

_IN_TRANSACTION = sa.text(
    'SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() '
    "AND state LIKE 'idle in transaction%'")


def operations(store, queue, grave, messages, claim):
    """What a process may be doing, by name."""
    dead = objects.DeadLetters(queue=grave, max_claims=1)
    return {
        'post': lambda: store.messages.post(
            queue, [*support.several(3), support.new(delay=60)], 'client'),
        'claim': lambda: store.claims.create(queue, 60, 60, 3),
        'dead letters': lambda: store.claims.create(queue, 60, 60, 9, dead),
        'renew': lambda: store.claims.renew(queue, claim, 600, 600),
        'release': lambda: store.claims.release(queue, claim),
        'delete': lambda: store.messages.delete(queue, messages[-1]),
        'delete many': lambda: store.messages.delete_many(queue, messages[:4]),
        'pop': lambda: store.messages.pop(queue, 3),
        'purge': lambda: store.streams.purge(queue),
        'close': lambda: store.streams.close(queue),
        'update': lambda: store.queues.update(queue, {'new': 1}),
        'expired messages': lambda: _late(store, store.sweeps.expired_messages),
        'expired claims': lambda: _late(store, store.sweeps.expired_claims),
        'ended delays': lambda: _late(store, store.sweeps.ended_delays),
        'purged messages': lambda: store.sweeps.purged_messages(support.MANY),
    }


def _late(store, sweep):
    store.clock = support.Clock(LATER)
    return sweep(support.MANY)


def crash(connect, name, point, arguments):
    """In a child process, begin an operation and die before its change number ``point``.

    :returns: the statement at which it died, None when it came to its end.
    """
    read, write = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            _die_at(connect(clock=support.Clock()), name, point, arguments, write)
            code = 0
        finally:
            os._exit(code)
    os.close(write)
    with open(read) as pipe:
        last = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return last
    if os.WEXITSTATUS(status):
        raise AssertionError(f'{name} failed')
    return None


def _die_at(store, name, point, arguments, pipe):
    operation = operations(store, *arguments)[name]
    store.ids()  # read once in a process's life: not of interest here
    left = [point]

    def count(statement, parameters):
        left[0] -= statement == 'COMMIT' or probes.changes(statement)
        if not left[0]:
            os.write(pipe, statement.encode())
            os.kill(os.getpid(), signal.SIGKILL)

    probes.watch(store, count)
    operation()


class TestCrash(base.OnEveryDatabase, base.TestCase):

    def setUp(self):
        super().setUp()
        self.connect = functools.partial(our_store.Store, self.database_url())
        self.store = self.connect(clock=support.Clock())
        self.addCleanup(self.store.dispose)

    def new_queue(self, name):
        self.store.queues.create('project', name, {})
        return self.store.streams.open(self.store.queues.get('project', name))

    def arguments(self, number):
        """A queue in which there is something to do for every operation."""
        queue, grave, gone = (self.new_queue(f'{kind}-{number}')
                              for kind in ('queue', 'grave', 'gone'))
        messages = self.store.messages.post(
            queue, [*support.several(6), *support.several(2, ttl=60),
                    support.new(delay=60)], 'client')
        once = self.store.claims.create(queue, 60, 60, 4)
        self.store.claims.release(queue, once.id)
        claim = self.store.claims.create(queue, 60, 60, 2)
        self.store.messages.post(gone, support.several(3), 'client')
        self.store.streams.close(gone)
        return queue, grave, messages, claim.id

    def content(self):
        with self.store.engine.connect() as connection:
            return {table.name: sorted(map(repr, connection.execute(sa.select(table))))
                    for table in tables.metadata.sorted_tables}

    def wait_for_its_locks(self):
        """Wait until PostgreSQL has noticed: what is locked is skipped by those who come next."""
        patience = crowd.Patience()
        with self.store.engine.connect() as connection:
            while self.backend == 'postgresql' and connection.scalar(_IN_TRANSACTION):
                patience()

    def test_at_every_change(self):
        names = operations(self.store, None, None, [None], None)
        for number, name in enumerate(names):
            arguments = self.arguments(number)
            before, points = self.content(), 0
            while statement := crowd.elsewhere(crash, self.connect, name, points + 1, arguments):
                points += 1
                self.wait_for_its_locks()
                self.assertEqual(before, self.content(), (name, statement))
            # The last one to be killed had only its COMMIT left to do, or its one statement.
            self.assertGreaterEqual(points, 1, name)
            self.assertNotEqual(before, self.content(), name)
