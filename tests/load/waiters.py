"""What clients cost that wait for messages which do not come, and how soon one that comes is there.

    python -m tests.load.waiters
    python -m tests.load.waiters --workers 1

Starts a database server that is durable, and the service; lets clients wait, each for a claim on a
queue of its own; and prints what that takes, beyond what it takes without them: processor time of
the service and of the database, memory, and connections that are at work. That is measured while
all wait, and again when the waits have begun to end, and each client asks again at once. Then
messages are posted now and then, and it prints the time from the post to the answer of who waited.
With one worker that is within a process; with two, every other post goes through the other one.
"""

import argparse
import contextlib
import random
import time

import psutil
import sqlalchemy as sa

from marconi.bench import client
from marconi.bench import plan
from marconi.bench import results
from marconi.bench import scenarios
from marconi.storage.sqlalchemy import connecting
from tests.functional import service as service_module
from tests.load import durable

PROJECT = 'load'
#: Seconds that a claim waits.
WAIT = 20
#: Seconds in which the clients come, one after the other.
ARRIVAL = 6
#: Seconds between two posts; before anything is measured; and between what is measured and what
#: would disturb it.
PAUSE, REST, MARGIN = 0.05, 5, 1
#: Threads of a process for those who do not wait.
SPARE = 50
#: How often it is looked which connections are at work.
LOOKS = 100

_AT_WORK = sa.text("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' "
                   'AND datname = current_database() AND pid <> pg_backend_pid()')


class Clients:
    """Those who wait and the one who posts, as sessions of a ``client.Crowd``."""

    def __init__(self, service, names):
        self.tally = client.Tally(own_times=True)
        self._crowd = client.Crowd(('127.0.0.1', service.port), self.tally)
        wire = scenarios.Wire(f'127.0.0.1:{service.port}', '/v2', {'X-Project-Id': PROJECT})
        self._queues = [scenarios.Queue(wire, self.tally, name, 230) for name in names]
        self._posted = {}
        #: Whether the clients come now; and whether there are posts.
        self.arriving = self.posting = False

    def run(self, steps):
        """Run until the generator ``steps`` ends, which yields seconds to go on for."""
        due = [client.clock()]

        def tick():
            if client.clock() >= due[0]:
                seconds = next(steps, None)
                if seconds is None:
                    return True
                due[0] = client.clock() + seconds
            return False

        sessions = [self._wait(number, queue) for number, queue in enumerate(self._queues)]
        self._crowd.run([*sessions, self._post()], client.clock(), float('inf'), tick)

    def _wait(self, number, queue):
        while not self.arriving:
            yield 0.5
        yield ARRIVAL * number / len(self._queues)
        while True:
            messages = yield from queue.claim(1, WAIT)
            if messages:
                self.tally.took(client.clock() - self._posted.pop(queue))
                yield from queue.delete(messages)

    def _post(self):
        while True:
            yield PAUSE
            queue = random.choice(self._queues)
            if self.posting and queue not in self._posted:
                self._posted[queue] = client.clock()
                yield None  # by a new connection, so that it may be another process
                yield from queue.post(1)


class Cost:
    """What the processes of the service and of the database take."""

    def __init__(self, service, server, engine):
        self._service, self._server, self._engine = service, server, engine

    def memory(self):
        """Bytes that the service has for itself."""
        return sum(process.memory_full_info().uss for process in self._service.processes())

    def at_work(self):
        with self._engine.connect() as connection:
            return connection.scalar(_AT_WORK)

    def start(self):
        self._begun, self._spent = time.monotonic(), self._processor()

    def shares(self):
        """Return the shares of one processor that service and database took since the start."""
        seconds = time.monotonic() - self._begun
        return [(now - then) / seconds
                for now, then in zip(self._processor(), self._spent, strict=True)]

    def _processor(self):
        database = psutil.Process(self._server.process.pid)
        # Also what children took that have ended.
        return [sum(sum(process.cpu_times()) for process in family) for family in (
            self._service.processes(), [database, *database.children(recursive=True)])]


def main():
    args = parse()
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(durable.start('postgresql'))
        url = durable.create(server, 'marconi')
        engine = connecting.make_engine(url)
        stack.callback(engine.dispose)
        # Should all come to one of them, none is sent away.
        service = service_module.Service(url, workers=args.workers, options=(
            f'[transport]\nmax_waiting = {args.clients}\n'
            f'[drivers:transport:wsgi]\nthreads = {args.clients + SPARE}\n'))
        stack.callback(service.close)
        service.start()
        measure(args, service, Cost(service, server, engine))


def measure(args, service, cost):
    prepare = plan.Service(service.url, 'v2', {'X-Project-Id': PROJECT})
    names = [f'waiters-{number}' for number in range(args.clients)]
    for name in names:
        prepare.create(name)
    clients = Clients(service, names)
    clients.run(steps(args, clients, cost))


def steps(args, clients, cost):
    """Say what to measure, and measure it: a generator for ``Clients.run``."""
    yield REST
    idle, memory = yield from of_cost(cost, args.seconds)
    clients.arriving = True
    yield ARRIVAL + MARGIN
    waiting, more = yield from of_cost(cost, WAIT - ARRIVAL - 2 * MARGIN)
    yield ARRIVAL + MARGIN  # all ask again
    asking, _ = yield from of_cost(cost, args.seconds)
    for what, shares in (('nobody there', idle), ('all wait', waiting), ('they ask again', asking)):
        service, database = shares
        print(f'{what}: service {service:.2%} of a processor, database {database:.2%}; '
              f'{sum(shares) - sum(idle):.2%} more')
    print(f'memory of the service: {memory / 2**20:.0f} MiB without them, '
          f'{(more - memory) / 2**20:.0f} MiB more with them')
    looks = []
    for _ in range(LOOKS):
        yield 0.01
        looks.append(cost.at_work())
    print(f'connections at work: {max(looks)} at most, {sum(looks) / LOOKS:.2f} on average')
    clients.posting = True
    yield args.seconds
    times = sorted(clients.tally.times)
    shares = ', '.join(f'p{share} {1000 * results.percentile(times, share):.0f} ms'
                       for share in (50, 95, 99, 100))
    print(f'from post to answer, of {len(times)}: {shares}')
    if clients.tally.errors:  # so far: those who wait now are left without an answer
        print(f'{clients.tally.errors} ERRORS such as {clients.tally.examples[0]}')


def of_cost(cost, seconds):
    cost.start()
    yield seconds
    return cost.shares(), cost.memory()


def parse():
    parser = argparse.ArgumentParser('python -m tests.load.waiters', description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default, text in (
            ('clients', 1000, 'how many wait, each for a queue of its own'),
            ('workers', 2, 'processes of the service'),
            ('seconds', 40, 'how long each part is measured')):
        parser.add_argument(f'--{name}', type=int, default=default, help=f'{text} (%(default)s)')
    return parser.parse_args()


if __name__ == '__main__':
    main()
