"""Which runs there are: each scenario, round by round, on one server or on two in turn."""

from http import client as http_client
import json
import secrets
import uuid

from marconi.bench import load
from marconi.bench import results
from marconi.bench import scenarios

#: Seconds for a request that prepares or cleans up.
TIMEOUT = 120
#: The most bytes of bodies in one post that fills a queue, and the most messages.
FILL_BYTES, FILL_MESSAGES = 100_000, 100
#: Messages that one claim takes when messages are put in flight.
CLAIM = 10


class BenchError(Exception):
    """The server cannot be measured; the message is one line."""


class Service:
    """A server under test, for what is done before and after a run."""

    def __init__(self, url, api, headers):
        self.url = url
        self.api = api
        self.headers = headers
        self.made = []
        host, port, _, self._path, tls = load.address(url)
        kind = http_client.HTTPSConnection if tls else http_client.HTTPConnection
        self._http = kind(host, port, timeout=TIMEOUT)

    def call(self, method, path, document=None):
        """Return the JSON that is answered, or None.

        :raises BenchError: there is no answer, or it is not 2xx.
        """
        headers = {**self.headers, 'Client-ID': str(uuid.uuid4()),
                   'Content-Type': 'application/json', 'Accept': 'application/json'}
        for last in (False, True):
            try:
                self._http.request(method, f'{self._path}/{self.api}{path}',
                                   None if document is None else json.dumps(document), headers)
                answer = self._http.getresponse()
                data = answer.read()
                break
            except (OSError, http_client.HTTPException) as error:
                self._http.close()
                # The server may have closed a connection that was idle.
                if last or not isinstance(error, (ConnectionError, http_client.HTTPException)):
                    raise BenchError(f'{self.url} does not answer: {_line(error)}') from error
        if not 200 <= answer.status < 300:
            raise BenchError(f'{self.url} answers {answer.status} to {method} '
                             f'/{self.api}{path}: {_line(data[:200].decode(errors="replace"))}')
        try:
            return json.loads(data) if data else None
        except ValueError as error:
            raise BenchError(f'{self.url} does not speak this API: no JSON') from error

    def create(self, queue):
        self.made.append(queue)
        self.call('PUT', f'/queues/{queue}')

    def fill(self, queue, number, size):
        step = max(1, min(FILL_MESSAGES, FILL_BYTES // (size + 30)))
        for start in range(0, number, step):
            self.call('POST', f'/queues/{queue}/messages',
                      scenarios.posts(min(step, number - start), size))

    def claim(self, queue, number):
        for start in range(0, number, CLAIM):
            self.call('POST', f'/queues/{queue}/claims?limit={min(CLAIM, number - start)}',
                      {'ttl': scenarios.TTL, 'grace': 60})

    def count(self, queues):
        """Return how many messages are in these queues."""
        return sum(self.call('GET', f'/queues/{queue}/stats')['messages']['total']
                   for queue in queues)

    def clean(self):
        """Delete all queues that were made."""
        while self.made:
            self.call('DELETE', f'/queues/{self.made[-1]}')
            self.made.pop()


def _line(error):
    return ' '.join(str(getattr(error, 'strerror', None) or error).split())


class Plan:

    def __init__(self, options, pool, show):
        """
        :param options: see ``marconi.cmd.bench``.
        :param pool: a ``load.Pool``.
        :param show: is told how far we are: (text, seconds gone, messages).
        """
        self.options = options
        self.pool = pool
        self.show = show
        headers = {'X-Project-Id': options.project}
        if options.token:
            headers['X-Auth-Token'] = options.token
        self.services = [Service(url, options.api, headers) for url in options.urls]
        self._prefix = f'bench-{secrets.token_hex(4)}'

    def run(self):
        """Yield a ``results.Result`` for each run; leave no queue behind."""
        try:
            for service in self.services:
                service.call('GET', '/queues?limit=1')
            for name in self.options.scenarios:
                for number in range(1, self.options.rounds + 1):
                    for service in self.services:
                        yield self._run(service, scenarios.ALL[name], number)
        finally:
            for service in self.services:
                service.clean()

    def _run(self, service, scenario, number):
        options, text = self.options, f'{scenario.title}, {service.url}, round {number}'
        queues = self._prepare(service, scenario, text)
        backlog = len(queues) * self._backlog(scenario)
        job = load.Job(service.url, service.api, service.headers, scenario.name, queues,
                       options.connections, options.body_size, None, None)
        counted = self.pool.run(job, options.warm_up, options.duration,
                                lambda gone, messages: self.show(text, gone, messages))
        left = service.count(queues) - backlog
        self.show(f'{text}: cleaning up', 0, 0)
        service.clean()
        return results.Result.of(scenario.name, service.url, number, options.duration, left,
                                 counted)

    def _prepare(self, service, scenario, text):
        options = self.options
        # Who waits must be alone with his twin.
        number = options.queues if len(scenario.roles) == 1 else max(
            1, options.connections // len(scenario.roles))
        queues = [f'{self._prefix}-{scenario.name}-{index}' for index in range(number)]
        for queue in queues:
            self.show(f'{text}: preparing {queue}', 0, 0)
            service.create(queue)
            service.fill(queue, self._backlog(scenario), options.body_size)
            service.claim(queue, min(options.in_flight, self._backlog(scenario)))
        return queues

    def _backlog(self, scenario):
        if len(scenario.roles) > 1:
            return 0
        return scenario.backlog if self.options.backlog is None else self.options.backlog
