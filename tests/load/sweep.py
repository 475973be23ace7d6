"""How much a big sweep disturbs those who claim.

    python -m tests.load.sweep postgresql

Fills a database that is durable with expired messages; lets clients claim and delete at a fixed
rate; and measures them in turn without and with a janitor beside them. The last lines are
ratios, with the sweep to without: compare these, and not milliseconds of two days.
"""

import argparse
import statistics
import sys
import threading
import time

import sqlalchemy as sa

from marconi.storage.sqlalchemy import connecting
from tests.functional import base
from tests.functional import caller
from tests.functional import janitor as janitor_module
from tests.functional import service as service_module
from tests.load import backlog
from tests.load import durable

PROJECT = 'load'
#: Seconds that a janitor has to begin.
PATIENCE = 60
#: Seconds that a sweep belongs to it.
LEASE = 30


class Clients:
    """Threads that post, claim and delete one message after the other, at a fixed rate."""

    def __init__(self, url, threads, rate):
        """
        :param rate: messages per second, of all threads together.
        """
        self._url, self._threads, self._interval = url, threads, threads / rate
        self._crowd = base.Crowd()
        self._lock = threading.Lock()
        self._times = []
        #: Claims that found nothing, though there was a message.
        self.misses = 0

    def __enter__(self):
        for number in range(self._threads):
            self._crowd.start(self._run, f'live-{number}')
        return self

    def __exit__(self, *error):
        self._crowd.stopping.set()
        self._crowd.join()

    def measure(self, seconds):
        """Return the seconds that each claim with its deletion took, of those in a time."""
        self._taken()
        if self._crowd.stopping.wait(seconds):
            self._crowd.check()
        return self._taken()

    def _taken(self):
        """Return the times that were noted, and begin anew."""
        with self._lock:
            times, self._times = self._times, []
        return times

    def _run(self, queue):
        call = caller.Caller(self._url, PROJECT, queue=queue)
        due = time.monotonic()
        while not self._crowd.stopping.wait(max(0, due - time.monotonic())):
            due = max(due + self._interval, time.monotonic())
            self._expect(201, call.post('x' * 200))
            started = time.monotonic()
            claim = self._claim(call)
            if claim is None:
                return
            self._expect(204, call('DELETE', claim.json['messages'][0]['href']))
            with self._lock:
                self._times.append(time.monotonic() - started)

    def _claim(self, call):
        """Claim the one message that is there, however often that takes."""
        while not self._crowd.stopping.is_set():
            claim = call.claim({'ttl': 60, 'grace': 60}, limit=1)
            if claim.status != 204:
                self._expect(201, claim)
                return claim
            with self._lock:
                self.misses += 1

    @staticmethod
    def _expect(status, answer):
        if answer.status != status:
            raise AssertionError(answer)


class Sweeping:
    """A janitor at work; it has begun when the block begins."""

    def __init__(self, database, options, code):
        self._database, self._options, self._code = database, options, code

    def __enter__(self):
        self._janitor = janitor_module.Janitor(
            self._database, LEASE, self._options, self._code, debug=False)
        deadline = time.monotonic() + PATIENCE
        while not self._janitor.holder:
            if time.monotonic() > deadline:
                raise AssertionError(self._janitor.log())
            time.sleep(0.05)

    def __exit__(self, *error):
        self._janitor.stop()
        self._janitor.close()


def main():
    args = parse()
    url, close = durable.database(args.backend)
    try:
        engine = connecting.make_engine(url)
        service = service_module.Service(url).start()
        try:
            call = caller.Caller(service.url, PROJECT)
            for number in range(args.queues):
                call('PUT', f'/v2/queues/old-{number}')
                call('POST', f'/v2/queues/old-{number}/messages', {'messages': [{'body': 1}]})
                call('DELETE', f'/v2/queues/old-{number}/messages', pop=1)
            with engine.connect() as connection:
                queues = connection.scalars(sa.text('SELECT id FROM queues')).all()
            print(f'filling with {args.expired} expired messages', flush=True)
            backlog.fill(engine, queues, args.expired, args.body)
            with Clients(service.url, args.threads, args.rate) as clients:
                run(args, url, engine, queues, clients)
        finally:
            service.close()
            engine.dispose()
    finally:
        close()


def run(args, url, engine, queues, clients):
    clients.measure(args.slice / 2)  # to warm up
    without, swept, speeds = [], [], []
    left = args.expired
    while left and len(swept) < args.pairs:
        without.append(clients.measure(args.slice))
        with Sweeping(url, args.options.replace(',', '\n'), args.code):
            started = time.monotonic()
            swept.append(clients.measure(args.slice))
            took = time.monotonic() - started
        before, left = left, backlog.count(engine, queues)
        speeds.append((before - left) / took)
        show(len(swept), without[-1], swept[-1], speeds[-1], left)
    report(without, swept, speeds)
    print(f'{clients.misses} claims found nothing, though there was a message')


def show(number, without, swept, speed, left):
    print(f'{number:3} without {line(without)}   with {line(swept)}   '
          f'ratio of p99 {p(99, swept) / p(99, without):.2f}   '
          f'{speed:7.0f} rows/s, {left} left', flush=True)


def report(without, swept, speeds):
    ratios = {at: statistics.median(p(at, b) / p(at, a) for a, b in zip(without, swept))
              for at in (50, 99)}
    a, b = sum(without, []), sum(swept, [])
    print(f'all without {line(a)}   with {line(b)}')
    print(f'with the sweep to without: p50 {ratios[50]:.2f}, p99 {ratios[99]:.2f} '
          f'(median of {len(swept)} pairs); of all together: '
          f'p50 {p(50, b) / p(50, a):.2f}, p99 {p(99, b) / p(99, a):.2f}')
    print(f'{statistics.median(speeds):.0f} rows/s')


def line(times):
    return f'p50 {1000 * p(50, times):5.1f} p99 {1000 * p(99, times):6.1f} ms ({len(times)})'


def p(percent, times):
    return statistics.quantiles(times, n=100, method='inclusive')[percent - 1]


def parse():
    parser = argparse.ArgumentParser('python -m tests.load.sweep', description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('backend', choices=('postgresql', 'mariadb', 'sqlite'))
    for name, default, text in (
            ('expired', 1_000_000, 'messages whose time is over'),
            ('body', 200, 'bytes of their bodies'),
            ('queues', 10, 'queues that they are in'),
            ('rate', 30, 'messages per second that clients post, claim and delete'),
            ('threads', 4, 'clients'),
            ('slice', 15, 'seconds to measure without, and with a janitor'),
            ('pairs', 6, 'how often, unless nothing is left before')):
        parser.add_argument(f'--{name}', type=int, default=default, help=f'{text} (%(default)s)')
    parser.add_argument('--options', default='', help='of the janitor: effort=0.2,batch=100')
    parser.add_argument('--code', help='the directory of another Marconi, for its janitor')
    return parser.parse_args()


if __name__ == '__main__':
    sys.exit(main())
