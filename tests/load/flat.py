"""How flat the speed is: how many times slower it is with much in the database.

    python -m tests.load.flat
    python -m tests.load.flat --only waiting,open --scenarios cycle1,list --json flat.json

Starts a database server that is durable, with two databases for each condition, and on each of
them the service and a janitor. One database is plain, with four queues that are new for each run;
the other one is laden: with one queue in place of four, with many queues, with messages that wait
or are in flight, or with a transaction that is held open during many cycles. Each scenario is one
of ``marconi-bench`` and measured on both, one right after the other; of each round the two are
compared. The last lines are medians: look at how many times slower the laden one is, and not at
messages/s of two days.
"""

import argparse
import contextlib
import dataclasses
import json
import signal
import time
import typing

import sqlalchemy as sa
from sqlalchemy import pool as sa_pool

from marconi.bench import load
from marconi.bench import plan
from marconi.bench import results
from marconi.bench import scenarios
from marconi.storage.sqlalchemy import connecting
from marconi.storage.sqlalchemy import tables
from tests.functional import service as service_module
from tests.load import backlog
from tests.load import durable
from tests.load import sweep

PROJECT = 'load'
PLAIN, LADEN = 'plain', 'laden'
#: As those of marconi-bench, as is WARM_UP.
API, CONNECTIONS, QUEUES, BODY = 'v2', 16, 4, 230
#: In this order, since posts leave messages behind.
SCENARIOS = ('cycle1', 'cycle10', 'list', 'post1', 'post10')
CONDITIONS = ('hot', 'queues', 'waiting', 'flight', 'open')
#: Requests of one visit to a queue, if more than one.
VISIT = {'cycle1': 3, 'cycle10': 3}
#: Messages per queue, to be listed; and where there are many queues.
BACKLOG, SHORT_BACKLOG = scenarios.ALL['list'].backlog, 20
#: Seconds of everything on new processes of the service, which connect and prepare statements.
FIRST = 3
#: Seconds of each run that do not count; how many times longer than expected it may take until
#: each connection has been to all its queues, since a worker has to learn them first; and for how
#: many seconds that is waited for.
WARM_UP, MARGIN, LONGEST = 2, 4, 120
#: Seconds of cycles after which it is said how far we are, and cycles per second at first.
CHUNK, SPEED = 20, 500
#: Seconds that a janitor has to remove what a run left.
PATIENCE = 1800

_LEFT = sa.select(sa.or_(*(sa.exists(sa.select(column)) for column in (
    tables.messages.c.seq, tables.claims.c.id))))


class Condition(typing.NamedTuple):
    """What the laden database has.

    :ivar prepare: is called with the laden side and an ExitStack for what ends it.
    :ivar plain_backlog: messages that are added to each queue before it is listed.
    """

    title: str
    prepare: typing.Callable = lambda side, stack: None
    queues: int = QUEUES
    plain_backlog: int = BACKLOG
    laden_backlog: int = BACKLOG


def conditions(args):
    """Return {name: Condition}."""

    def wait(side, stack):
        side.fill(args.waiting // QUEUES)

    def take(side, stack):
        side.fill(args.flight // QUEUES)
        side.claim(args.flight // QUEUES)

    def hold(side, stack):
        stack.enter_context(transaction(side.engine.url))
        run_cycles(side, args.cycles)

    return {
        'hot': Condition('all on one queue', queues=1),
        'queues': Condition(f'{args.queues:,} queues', queues=args.queues,
                            plain_backlog=SHORT_BACKLOG, laden_backlog=SHORT_BACKLOG),
        'waiting': Condition(f'{args.waiting:,} messages waiting', wait, laden_backlog=0),
        'flight': Condition(f'{args.flight:,} messages in flight', take),
        'open': Condition(f'{args.cycles:,} cycles since a transaction was begun', hold)}


@contextlib.contextmanager
def transaction(url):
    """A transaction that sees the messages as they are now, and is not ended before the block."""
    engine = sa.create_engine(url, isolation_level='REPEATABLE READ', poolclass=sa_pool.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.select(tables.messages.c.seq).limit(1))
        yield
        took = connection.scalar(sa.text('SELECT clock_timestamp() - transaction_timestamp()'))
        say(f'the transaction was open for {took.total_seconds():.0f} s')


def run_cycles(side, number):
    done, speed, started = 0, SPEED, time.monotonic()
    while done < number:
        run = side.measure('cycle1', 0, 0, max(1, min(CHUNK, (number - done) / speed)))
        if not run.deleted:
            raise AssertionError(f'no cycles any more: {run.examples}')
        done, speed = done + run.deleted, run.messages or SPEED
        say(f'{done:,} cycles, {line(run)}, {time.monotonic() - started:.0f} s')


class Side:
    """A new database, the service and a janitor on it, and its queues."""

    def __init__(self, name, server, pool, stack):
        """
        :param stack: an ExitStack for what ends it all.
        """
        self.name = name
        self.queues = []
        self._pool = pool
        stack.callback(server.drop_database, name)
        url = durable.create(server, name)
        self.engine = connecting.make_engine(url)
        stack.callback(self.engine.dispose)
        service = service_module.Service(url)
        stack.callback(service.close)
        service.start()
        # That of the plain side must be done before the next round; it is not measured.
        options = 'effort = 1' if name == PLAIN else ''
        stack.enter_context(sweep.Sweeping(url, options, None))
        self._service = plan.Service(service.url, API, {'X-Project-Id': PROJECT})

    def create(self, number, prefix):
        self.queues = [f'{prefix}-{index}' for index in range(number)]
        for queue in self.queues:
            self._service.create(queue)

    def fill(self, number):
        """Post so many messages to each queue."""
        for queue in self.queues:
            self._service.fill(queue, number, BODY)

    def claim(self, number):
        """Claim so many messages of each queue."""
        for queue in self.queues:
            self._service.claim(queue, number)

    def clean(self):
        """Delete all queues, and wait until the janitor has removed what was in them."""
        self._service.clean()
        deadline = time.monotonic() + PATIENCE
        with self.engine.connect() as connection:
            while connection.scalar(_LEFT):
                if time.monotonic() > deadline:
                    raise AssertionError(f'the janitor of {self.name} does not come to an end')
                time.sleep(0.1)

    def settle(self):
        """Let the database come to rest; return (messages, how many of them were claimed)."""
        with self.engine.connect() as connection:
            backlog.settle(connection)
            return connection.execute(sa.select(
                sa.func.count(), sa.func.count(tables.messages.c.claim_id))).one()

    def warm_up(self):
        self.create(QUEUES, 'first')
        self._run('mix', 0, FIRST)
        self.clean()

    def measure(self, scenario, number, warm_up, seconds):
        """Return the ``results.Result`` of a run, with the side's name as the URL."""
        counted = self._run(scenario, warm_up, seconds)
        # What is left is not counted: with many queues that takes longer than the run.
        return results.Result.of(scenario, self.name, number, seconds, None, counted)

    def start_up(self):
        """Return the seconds until the first request: all others are made before."""
        started = time.monotonic()
        self._run('list', 0, 0)
        return time.monotonic() - started

    def _run(self, scenario, warm_up, seconds):
        job = load.Job(self._service.url, API, self._service.headers, scenario, self.queues,
                       CONNECTIONS, BODY, None, None)
        return self._pool.run(job, warm_up, seconds, lambda gone, messages: None)


class Comparison:
    """The two sides under one condition."""

    def __init__(self, condition, args, runs, plain, laden):
        """
        :param runs: a list to which each result is added.
        """
        self._condition, self._args, self._runs = condition, args, runs
        self._plain, self._laden = plain, laden
        self._start_up = None

    def run(self, stack):
        """
        :param stack: an ExitStack for what ends the condition.
        """
        for side in (self._plain, self._laden):
            side.warm_up()
        started = time.monotonic()
        self._laden.create(self._condition.queues, LADEN)
        self._condition.prepare(self._laden, stack)
        messages, claimed = self._laden.settle()
        self._start_up = self._laden.start_up()
        say(f'prepared in {time.monotonic() - started:.0f} s: {len(self._laden.queues):,} queues, '
            f'{messages:,} messages, {claimed:,} of them claimed')
        for scenario in self._args.scenarios:
            if scenario == 'list':
                self._laden.fill(self._condition.laden_backlog)
            for number in range(1, self._args.rounds + 1):
                self._round(scenario, number)

    def _round(self, scenario, number):
        # Not as soon as it was measured: the janitor would be at work beside the laden side.
        self._plain.clean()
        self._plain.create(QUEUES, f'{scenario}-{number}')
        if scenario == 'list':
            self._plain.fill(self._condition.plain_backlog)
        plain = self._plain.measure(scenario, number, WARM_UP, self._args.duration)
        laden = self._laden.measure(scenario, number, self._warm_up(scenario, plain),
                                    self._args.duration)
        self._runs += [plain, laden]
        say(f'{scenario:8} round {number}: plain {line(plain)}; laden {line(laden)}')

    def _warm_up(self, scenario, plain):
        """Return seconds by which a worker has seen each queue that it is asked for."""
        visits = len(self._laden.queues) * VISIT.get(scenario, 1) / max(1, plain.requests)
        return min(LONGEST, WARM_UP + MARGIN * (self._start_up + visits))


def main():
    args = parse()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # cleans up, too
    runs = {}
    try:
        measure(args, runs)
    finally:
        report(runs)
        if args.json:
            write(args, runs)


def measure(args, runs):
    """Add the results of each condition to ``runs``, by its name."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(durable.start(args.backend))
        pool = load.Pool(1)
        stack.callback(pool.close)
        for name in args.only:
            condition = conditions(args)[name]
            print(f'{name}: {condition.title}', flush=True)
            # With new databases, so that nothing is left of the condition before.
            with contextlib.ExitStack() as inner:
                sides = [Side(side, server, pool, inner) for side in (PLAIN, LADEN)]
                Comparison(condition, args, runs.setdefault(name, []), *sides).run(inner)


def say(text):
    print(f'  {text}', flush=True)


def line(run):
    text = f'{run.messages:,.0f} messages/s, p99 {milliseconds(run.p99)} ms'
    if run.errors:
        text += f', {run.errors} ERRORS such as {run.examples[0]}'
    return text


def milliseconds(value):
    return '-' if value is None else f'{value:.1f}'


def report(runs):
    print(f'{"condition":10} {"scenario":10} {"plain":>10} {"laden":>10} {"times slower":>13} '
          f'{"p99 plain":>10} {"p99 laden":>10} {"errors":>7}')
    for condition, of_condition in runs.items():
        ratios = results.ratios(of_condition, PLAIN, LADEN)
        for scenario, sides in results.summary(of_condition).items():
            plain, laden = sides[PLAIN], sides[LADEN]
            slower = ratios[scenario]['messages']
            print(f'{condition:10} {scenario:10} {plain["messages"]:10,.0f} '
                  f'{laden["messages"]:10,.0f} {"-" if slower is None else f"{slower:.2f}":>13} '
                  f'{milliseconds(plain["p99"]):>10} {milliseconds(laden["p99"]):>10} '
                  f'{plain["errors"] + laden["errors"]:7}')


def write(args, runs):
    """Write all that was measured."""
    document = {'options': vars(args), 'conditions': {name: {
        'summary': results.summary(of_condition),
        'times_slower': {scenario: ratios['messages'] for scenario, ratios in results.ratios(
            of_condition, PLAIN, LADEN).items()},
        'runs': [dataclasses.asdict(run) for run in of_condition],
    } for name, of_condition in runs.items()}}
    with open(args.json, 'w') as file:
        json.dump(document, file, indent=2)


def some_of(names):
    """Return what parses a list of names; they come in the order that they have here."""
    def parse_names(text):
        wanted = text.split(',')
        for name in wanted:
            if name not in names:
                raise argparse.ArgumentTypeError(f'{name} is none of {", ".join(names)}')
        return [name for name in names if name in wanted]
    return parse_names


def parse():
    parser = argparse.ArgumentParser('python -m tests.load.flat', description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--backend', choices=('postgresql', 'mariadb'), default='postgresql',
                        help='(%(default)s)')
    for name, names in (('only', CONDITIONS), ('scenarios', SCENARIOS)):
        parser.add_argument(f'--{name}', type=some_of(names), metavar='NAME,…',
                            help=f'{", ".join(names)} (all)')
    for name, default, text in (
            ('rounds', 3, 'runs of each scenario on each side'),
            ('duration', 3, 'seconds of each run'),
            ('queues', 10_000, 'number of queues, of the condition of this name'),
            ('waiting', 1_000_000, 'messages that wait'),
            ('flight', 100_000, 'messages in flight'),
            ('cycles', 500_000, 'cycles of one while a transaction is open')):
        parser.add_argument(f'--{name}', type=int, default=default, help=f'{text} (%(default)s)')
    parser.add_argument('--json', metavar='FILE', help='write all that was measured')
    args = parser.parse_args()
    args.scenarios = args.scenarios or SCENARIOS
    if args.backend != 'postgresql' and 'open' in (args.only or ()):
        parser.error('open is a condition of PostgreSQL only')
    args.only = args.only or [name for name in CONDITIONS
                              if args.backend == 'postgresql' or name != 'open']
    return args


if __name__ == '__main__':
    main()
