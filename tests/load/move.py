"""How long the move of a large queue takes, and what those who use it notice.

    python -m tests.load.move postgresql mariadb

Makes two pools that are durable and a queue in the first one; posts, claims and deletes at a fixed
rate, and moves the queue to the second pool and back. Prints how long each move took, what the
requests took before and during it, the longest one, and what was lost or came twice.
"""

import argparse
import collections
import json
import threading
import time

from tests.functional import base
from tests.functional import caller
from tests.functional import service as service_module
from tests.load import durable
from tests.load import sweep

PROJECT = 'load'
QUEUE = 'queue'
POST = 100


class Clients:
    """Threads that post one message, and claim and delete one, at a fixed rate."""

    def __init__(self, url, threads, rate):
        self._url, self._threads, self._interval = url, threads, threads / rate
        self._crowd = base.Crowd()
        self._lock = threading.Lock()
        self._times = []
        self.posted, self.taken = [], []

    def start(self):
        for number in range(self._threads):
            self._crowd.start(self._run, number)

    def stop(self):
        self._crowd.stopping.set()
        self._crowd.join()

    def times(self):
        """Return the seconds of each request since the last call."""
        self._crowd.check()
        with self._lock:
            times, self._times = self._times, []
        return times

    def _run(self, number):
        call, count = caller.Caller(self._url, PROJECT, queue=QUEUE), 0
        due = time.monotonic()
        while not self._crowd.stopping.wait(max(0, due - time.monotonic())):
            due = max(due + self._interval, time.monotonic())
            body = f'{number}-{count}'
            self._timed(201, call.post, body)
            self.posted.append(body)
            claim = self._timed(201, call.claim, {'ttl': 300, 'grace': 60}, limit=1)
            [message] = claim.json['messages']
            self._timed(204, call, 'DELETE', message['href'])
            self.taken.append(message['body'])
            count += 1

    def _timed(self, status, request, *args, **kwargs):
        started = time.monotonic()
        answer = request(*args, **kwargs)
        if answer.status != status:
            raise AssertionError(answer)
        with self._lock:
            self._times.append(time.monotonic() - started)
        return answer


def main():
    args = parse()
    closes = []
    try:
        run(args, closes)
    finally:
        for close in reversed(closes):
            close()


def run(args, closes):
    control, close = durable.database('sqlite')
    closes.append(close)
    service = service_module.Service(control, default='admin_mode = true').start()
    closes.append(service.close)
    admin = caller.Caller(service.url, PROJECT)
    admin.headers['X-Roles'] = 'admin'
    for name, backend in (('source', args.source), ('target', args.target)):
        url, close = durable.database(backend)
        closes.append(close)
        answer = admin('PUT', f'/v2/pools/{name}', {'uri': url, 'weight': int(name == 'source')})
        if answer.status != 201:
            raise AssertionError(answer)
    clients = Clients(service.url, args.threads, args.rate)
    fill(service.url, args.messages, clients)
    clients.start()
    closes.append(clients.stop)
    time.sleep(args.before)
    before = clients.times()
    with sweep.Sweeping(control, '', None):
        for target in ('target', 'source'):
            move(service, target, clients, before)
    clients.stop()
    check(service.url, clients)


def fill(url, number, clients):
    call = caller.Caller(url, PROJECT, queue=QUEUE)
    for first in range(0, number, POST):
        bodies = [f'first-{count} {"x" * 200}' for count in range(first, first + POST)]
        answer = call.post(*bodies, ttl=86400)
        if answer.status != 201:
            raise AssertionError(answer)
        clients.posted += bodies


def move(service, target, clients, before):
    started = time.monotonic()
    clients.times()
    service.manage('queue', 'move', PROJECT, QUEUE, target)
    while json.loads(service.manage('queue', 'moves', '--json').stdout):
        time.sleep(0.2)
    took, during = time.monotonic() - started, clients.times()
    print(f'to {target}: {took:.1f} s   requests before: {sweep.line(before)}   '
          f'during: {sweep.line(during)}, longest {1000 * max(during):.0f} ms', flush=True)


def check(url, clients):
    """Take what is left, and compare all that was taken with all that was posted."""
    call = caller.Caller(url, PROJECT, queue=QUEUE)
    while messages := call('DELETE', f'{call.path}/messages', pop=20).json['messages']:
        clients.taken += [message['body'] for message in messages]
    counts = collections.Counter(clients.taken)
    print(f'{len(clients.posted)} posted, {len(set(clients.posted) - set(counts))} lost, '
          f'{sum(count > 1 for count in counts.values())} taken twice')


def parse():
    parser = argparse.ArgumentParser('python -m tests.load.move', description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ('source', 'target'):
        parser.add_argument(name, choices=('postgresql', 'mariadb', 'sqlite'))
    for name, default, text in (
            ('messages', 100_000, 'messages in the queue'),
            ('rate', 50, 'messages per second that clients post, claim and delete'),
            ('threads', 4, 'clients'),
            ('before', 10, 'seconds to measure before the first move')):
        parser.add_argument(f'--{name}', type=int, default=default, help=f'{text} (%(default)s)')
    return parser.parse_args()


if __name__ == '__main__':
    main()
