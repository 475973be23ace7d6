"""What is measured: each scenario is a generator of requests, see ``client``.

A session has its own connection and goes round the queues that fall to it.
"""

import collections
import itertools
import json
import random
import string
import uuid

from marconi.bench import client

#: Seconds that messages and claims live: longer than any run.
TTL = 3600
#: Messages of a page.
PAGE = 10
#: Seconds that a claim waits. It is answered sooner, unless nothing is posted any more.
WAIT = 3


class Wire:
    """Makes requests, as bytes."""

    def __init__(self, host, prefix, headers):
        """
        :param prefix: the path of the API, such as ``/v2``.
        :param headers: {name: value} for every request.
        """
        self.prefix = prefix
        lines = {'Host': host, 'Accept': 'application/json', 'Client-ID': str(uuid.uuid4()),
                 **headers}
        self._headers = ''.join(f'{name}: {value}\r\n' for name, value in lines.items())

    def request(self, method, path, document=None):
        """Return a request to a path such as ``/queues/mine``."""
        head = f'{method} {self.prefix}{path} HTTP/1.1\r\n{self._headers}'
        if document is None:
            return f'{head}\r\n'.encode()
        body = json.dumps(document)
        return (f'{head}Content-Type: application/json\r\n'
                f'Content-Length: {len(body)}\r\n\r\n{body}').encode()


def body(size):
    """Return a JSON object of so many bytes that does not compress well."""
    size = max(size, len('{"data": ""}'))
    text = random.choices(string.ascii_letters + string.digits, k=size - len('{"data": ""}'))
    return {'data': ''.join(text)}


def posts(number, size):
    """Return the document that posts so many messages."""
    return {'messages': [{'ttl': TTL, 'body': body(size)} for _ in range(number)]}


class Queue:
    """One queue as one session sees it: the operations, each a generator."""

    def __init__(self, wire, tally, name, size):
        self.wire = wire
        self.tally = tally
        self.path = f'/queues/{name}'
        self.owed = 0  # messages that this session posted and did not delete
        self._next_page = None
        self._size = size
        # Whole requests, made once. Those with bodies not before they are wanted: there may
        # be very many queues.
        self._first_page = wire.request('GET', f'{self.path}/messages?limit={PAGE}&echo=true')
        self._posts, self._claims = {}, {}

    def post(self, number):
        if number not in self._posts:
            self._posts[number] = self.wire.request(
                'POST', f'{self.path}/messages', posts(number, self._size))
        answer = yield self._posts[number]
        if answer.ok:
            self.owed += number
            self.tally.posted += number
        return number if answer.ok else 0

    def list(self):
        """List the next page; after the last one, the first."""
        answer = yield self._next_page or self._first_page
        page, self._next_page = answer.document, None
        if page['messages']:
            self._next_page = self.wire.request('GET', self._own(page['links'][0]['href']))
        return len(page['messages'])

    def claim(self, number, wait=0):
        """Return the messages that were claimed."""
        key = number, wait
        if key not in self._claims:
            query = f'limit={number}' + (f'&wait={wait}' if wait else '')
            self._claims[key] = self.wire.request(
                'POST', f'{self.path}/claims?{query}', {'ttl': 300, 'grace': 60})
        answer = yield self._claims[key]
        return answer.document['messages']

    def delete(self, messages):
        """Delete claimed messages; return how many."""
        if len(messages) == 1:
            path = self._own(messages[0]['href'])
        else:
            path = f'{self.path}/messages?ids=' + ','.join(
                message.get('id') or message['href'].rpartition('/')[2].partition('?')[0]
                for message in messages)
        answer = yield self.wire.request('DELETE', path)
        if not answer.ok:
            return 0
        self.owed -= len(messages)
        self.tally.deleted += len(messages)
        return len(messages)

    def consume(self, number):
        """Claim up to so many and delete them; return how many."""
        messages = yield from self.claim(number)
        if not messages:
            self.tally.moved(0, empty=True)
            return 0
        return (yield from self.delete(messages))

    def _own(self, link):
        """Return a link of the server, which may not know its own prefix, as a path."""
        return link[link.index('/queues/'):]


def post(session, number):
    for queue in session.rounds():
        session.tally.moved((yield from queue.post(number)))


def cycle(session, number):
    """Post, claim, delete. Posts nothing while others took what this session posted."""
    for queue in session.rounds():
        if queue.owed < number:
            yield from queue.post(number)
        session.tally.moved((yield from queue.consume(number)))


def listing(session):
    for queue in session.rounds():
        session.tally.moved((yield from queue.list()))


def mix(session):
    """Three pages to each post, and as much is deleted as posted."""
    for queue in session.rounds():
        for number in (1, 10):
            for _ in range(3):
                session.tally.moved((yield from queue.list()))
            if queue.owed < number:
                session.tally.moved((yield from queue.post(number)))
            session.tally.moved((yield from queue.consume(number)))


def wait(session):
    """Claim and wait; the time is that from its twin's post to the answer."""
    queue, twin = session.queues[0], session.twin
    while True:
        twin['waits'] = True
        messages = yield from queue.claim(1, WAIT)
        now, posted = client.clock(), twin.pop('posted', None)
        twin['waits'] = False
        if messages and posted:
            session.tally.took(now - posted)
        if messages:
            session.tally.moved((yield from queue.delete(messages)))
        else:
            session.tally.moved(0, empty=True)
            yield 0.05  # it did not wait, so do not ask without a pause


def wake(session, anew):
    """Post to the twin, each time it waits.

    :param anew: through a new connection each time, so that it is often another process of
        the service that is posted to.
    """
    while True:
        yield random.uniform(0.02, 0.06)
        if session.twin.get('waits') and 'posted' not in session.twin:
            if anew:
                yield None
            session.twin['posted'] = client.clock()
            yield from session.queues[0].post(1)


class Session:
    """What a scenario gets."""

    def __init__(self, wire, tally, queues, size, twin):
        self.tally = tally
        self.twin = twin  # what two sessions have in common
        self.queues = [Queue(wire, tally, name, size) for name in queues]

    def rounds(self):
        return itertools.cycle(self.queues)


#: :ivar roles: functions of a session; connections take them in turn
#: :ivar backlog: messages that are in each queue beforehand
#: :ivar own_times: see ``client.Tally``
Scenario = collections.namedtuple('Scenario', 'name title roles backlog own_times',
                                  defaults=(0, False))

ALL = {scenario.name: scenario for scenario in (
    Scenario('post1', 'post one', (lambda it: post(it, 1),)),
    Scenario('post10', 'post ten', (lambda it: post(it, 10),)),
    Scenario('cycle1', 'cycle of one', (lambda it: cycle(it, 1),)),
    Scenario('cycle10', 'cycle of ten', (lambda it: cycle(it, 10),)),
    Scenario('list', 'list ten by marker', (listing,), 500),
    Scenario('mix', 'mix', (mix,), 500),
    Scenario('wait', 'wake a waiting claim', (wait, lambda it: wake(it, False)),
             own_times=True),
    Scenario('wait-new', '… by a new connection', (wait, lambda it: wake(it, True)),
             own_times=True),
)}
