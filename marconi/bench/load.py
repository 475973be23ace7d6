"""One run of one scenario against one server, in several processes."""

import collections
from concurrent import futures
import multiprocessing
import ssl
import time
from urllib import parse

from marconi.bench import client
from marconi.bench import scenarios

#: Seconds from the order to the start, so that all processes start together.
LEAD = 0.1

#: What a process is told. Times are those of the monotonic clock, which processes share.
Job = collections.namedtuple('Job', 'url api headers scenario queues connections size begin end')

_shared = {}


def _initialize(stop, counters, numbers):
    import signal
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent tells us
    with numbers.get_lock():
        number, numbers.value = numbers.value, numbers.value + 1
    _shared.update(stop=stop, counters=counters, number=number)


def machine_time():
    """Return the seconds that all processors of this machine have worked; None if unknown."""
    try:
        with open('/proc/stat') as file:
            user, nice, system, _, _, irq, softirq = map(int, file.readline().split()[1:8])
    except (OSError, ValueError):
        return None
    return (user + nice + system + irq + softirq) / 100


def address(url):
    """Return (host, port, the ``Host`` header, path, whether TLS) of a URL."""
    parts = parse.urlsplit(url)
    tls = parts.scheme == 'https'
    return (parts.hostname, parts.port or (443 if tls else 80),
            parts.netloc.rpartition('@')[2], parts.path.rstrip('/'), tls)


def work(job, index, processes):
    """Run the share of one process; return its tally as a dict."""
    scenario = scenarios.ALL[job.scenario]
    host, port, netloc, path, tls = address(job.url)
    tally = client.Tally(scenario.own_times)
    crowd = client.Crowd((host, port), tally, ssl.create_default_context() if tls else None)
    width = len(scenario.roles)
    sessions = []
    for unit in range(index, max(1, job.connections // width), processes):
        wire = scenarios.Wire(netloc, f'{path}/{job.api}', job.headers)
        queues, twin = job.queues[unit::max(1, job.connections // width)] or [
            job.queues[unit % len(job.queues)]], {}
        sessions += [role(scenarios.Session(wire, tally, queues, job.size, twin))
                     for role in scenario.roles]
    spent = _Spent(job.begin, job.end)

    def tick():
        _shared['counters'][_shared['number']] = tally.messages
        spent.look()
        return _shared['stop'].value

    crowd.run(sessions, job.begin, job.end, tick)
    counted = {name: value for name, value in vars(tally).items()
               if name not in ('measuring', 'own_times')}
    return counted | {'processor': spent.own, 'machine': spent.machine}


class _Spent:
    """Processor time between two moments, of this process and of the whole machine."""

    def __init__(self, begin, end):
        self.begin, self.end = begin, end
        self.own = self.machine = None
        self._from = None

    def look(self):
        now = client.clock()
        if now >= self.begin and self._from is None:
            self._from = time.process_time(), machine_time()
        if now >= self.end and self.own is None:
            own, machine = self._from
            self.own = time.process_time() - own
            self.machine = None if machine is None else machine_time() - machine


class Pool:
    """The processes that make the load."""

    def __init__(self, processes):
        self.processes = processes
        context = multiprocessing.get_context('spawn')
        self._stop = context.Value('b', 0)
        self._counters = context.Array('Q', processes, lock=False)
        self._pool = futures.ProcessPoolExecutor(
            processes, context, _initialize,
            (self._stop, self._counters, context.Value('i', 0)))
        # Start them all now: an idle process would be given what another one should start for.
        list(self._pool.map(time.sleep, [0.3] * processes))

    def run(self, job, warm_up, seconds, watch):
        """Run a job in all processes; return what they counted, in one dict.

        :param watch: is called with the seconds gone and the messages counted so far.
        """
        start = client.clock() + LEAD
        job = job._replace(begin=start + warm_up, end=start + warm_up + seconds)
        for number in range(self.processes):
            self._counters[number] = 0
        parts = [self._pool.submit(work, job, index, self.processes)
                 for index in range(self.processes)]
        try:
            while futures.wait(parts, 0.2).not_done:
                watch(client.clock() - start, sum(self._counters))
        except BaseException:
            self._stop.value = 1
            futures.wait(parts)
            raise
        return merge([part.result() for part in parts])

    def close(self):
        self._pool.shutdown()


def merge(parts):
    """Return the sum of what processes counted; times are in order."""
    whole = dict(parts[0])
    for part in parts[1:]:
        for name in set(part) - {'machine'}:  # each saw the same
            whole[name] = whole[name] + part[name]
    whole['times'] = sorted(whole['times'])
    return whole
