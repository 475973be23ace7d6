"""A thin HTTP client: many kept connections, one thread, little processor time.

What is to be sent is said by *sessions*: generators that yield what they want next and are
sent what came of it. They may yield

* bytes: a whole request; sent back is its ``Answer``;
* a float: seconds to pause;
* None: the connection is closed; the next request opens a new one.
"""

import array
import heapq
import itertools
import re
import selectors
import socket
import ssl
import struct
import time

import orjson

clock = time.monotonic

#: Seconds that a server has to take a connection, or a part of a request.
TIMEOUT = 10
#: Seconds before a broken connection is opened anew.
PAUSE = 0.2
#: Seconds for what is under way when the time is up.
GRACE = 15
#: How many errors are kept to be shown.
EXAMPLES = 3

NOTHING = {'messages': []}

_LENGTH = re.compile(rb'\r\ncontent-length: *(\d+)', re.IGNORECASE)
_CHUNKED = re.compile(rb'\r\ntransfer-encoding: *chunked', re.IGNORECASE)
_CLOSE = re.compile(rb'\r\nconnection: *close', re.IGNORECASE)


class Answer:
    """An answer; ``status`` is 0 if the connection broke."""

    __slots__ = ('status', 'body')

    def __init__(self, status, body):
        self.status = status
        self.body = body

    @property
    def ok(self):
        return 200 <= self.status < 300

    @property
    def document(self):
        """The JSON in it; no messages if it is an error or empty."""
        return orjson.loads(self.body) if self.ok and self.body else NOTHING


def parse(buffer):
    """Return (status, body, whether the server keeps the connection).

    None if the answer is not complete yet.

    :raises ValueError: that is no HTTP.
    """
    end = buffer.find(b'\r\n\r\n')
    if end < 0:
        return None
    status, head = int(buffer[9:12]), buffer[:end]
    length = _LENGTH.search(head)
    if length:
        body = buffer[end + 4:]
        if len(body) < int(length[1]):
            return None
    elif _CHUNKED.search(head):
        body = _unchunk(buffer, end + 4)
        if body is None:
            return None
    elif status in (204, 304):
        body = b''
    else:
        raise ValueError('the length of the answer is not known')
    return status, body, not _CLOSE.search(head)


def _unchunk(buffer, at):
    parts = []
    while True:
        end = buffer.find(b'\r\n', at)
        size = int(buffer[at:end].partition(b';')[0], 16) if end > 0 else None
        if size is None or len(buffer) < end + size + 4:
            return None
        if size == 0:
            return b''.join(parts)
        parts.append(buffer[end + 2:end + 2 + size])
        at = end + size + 4


class Connection:
    """One session and its connection."""

    def __init__(self, crowd, session):
        self.crowd = crowd
        self.session = session
        self.socket = None
        self.waiting = False  # for an answer
        self.buffer = b''
        self.sent = 0.0

    def advance(self, answer=None):
        """Let the session go on with ``answer``, and do what it wants next."""
        crowd = self.crowd
        while True:
            wish = self.session.send(answer)
            if crowd.over:
                return self.close()
            if wish is None:
                self.close()
                answer = None
                continue
            if type(wish) is float:
                return crowd.later(wish, self.advance)
            return self.send(wish)

    def send(self, request):
        self.sent = clock()
        self.waiting = True
        try:
            if self.socket is None:
                self.socket = self.crowd.connect()
                self.crowd.selector.register(self.socket, selectors.EVENT_READ, self)
            self.socket.sendall(request)
        except OSError as error:
            self.fail(error)

    def read(self):
        """Read what has come; go on if it is an answer."""
        try:
            data = self.socket.recv(262144)
            while data and isinstance(self.socket, ssl.SSLSocket) and self.socket.pending():
                data += self.socket.recv(262144)
            if not data:
                raise ConnectionError('the server closed the connection')
            self.buffer += data
            found = parse(self.buffer)
        except (OSError, ValueError) as error:
            return self.fail(error)
        if found:
            self.buffer = b''
            self.waiting = False
            status, body, kept = found
            if not kept:
                self.close()
            answer = Answer(status, body)
            self.crowd.tally.answered(answer, clock() - self.sent)
            self.advance(answer)

    def fail(self, error):
        """Count a broken connection; go on after a pause."""
        self.waiting = False
        self.close()
        self.crowd.tally.failed(str(error) or type(error).__name__)
        self.crowd.later(PAUSE, lambda: self.advance(Answer(0, b'')))

    def close(self):
        if self.socket is not None:
            self.crowd.selector.unregister(self.socket)
            self.socket.close()
            self.socket = None
        self.buffer = b''


class Tally:
    """What one process counts while it measures, and what it posts and deletes in all."""

    def __init__(self, own_times=False):
        """
        :param own_times: times are those that sessions report, not those of each request.
        """
        self.measuring = False
        self.own_times = own_times
        self.times = array.array('d')
        self.requests = self.messages = self.empty = self.errors = 0
        self.posted = self.deleted = 0
        self.examples = []

    def answered(self, answer, seconds):
        if not answer.ok:
            self.failed(f'{answer.status} {answer.body[:200].decode(errors="replace")}')
        elif self.measuring:
            self.requests += 1
            if not self.own_times:
                self.times.append(seconds)

    def failed(self, text):
        """Errors count always: also in the warm-up, and after the end."""
        self.errors += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(text)

    def took(self, seconds):
        """Note a time that a session measured itself."""
        if self.measuring:
            self.times.append(seconds)

    def moved(self, messages, empty=False):
        """Note messages of the kind that the scenario is about; or that there were none."""
        if self.measuring:
            self.messages += messages
            self.empty += empty


class Crowd:
    """All sessions of a process, and the loop that runs them."""

    def __init__(self, address, tally, tls=None):
        """
        :param address: (host, port).
        :param tls: the ``ssl.SSLContext`` for https.
        """
        self.address = address
        self.tally = tally
        self.tls = tls
        self.over = False
        self.selector = selectors.DefaultSelector()
        self._timers = []
        self._order = itertools.count()

    def connect(self):
        it = socket.create_connection(self.address, TIMEOUT)
        it.settimeout(None)  # a timeout in Python would cost a system call more each time
        for option in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):
            it.setsockopt(socket.SOL_SOCKET, option, struct.pack('ll', TIMEOUT, 0))
        it.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.tls.wrap_socket(it, server_hostname=self.address[0]) if self.tls else it

    def later(self, seconds, action):
        heapq.heappush(self._timers, (clock() + seconds, next(self._order), action))

    def run(self, sessions, begin, end, tick):
        """Run sessions until ``end``; measure from ``begin`` on.

        :param tick: is called now and then; returns whether to stop before the end.
        """
        connections = [Connection(self, session) for session in sessions]
        for connection in connections:
            connection.advance()
        while not self.over:
            self._step(0.05)
            now = clock()
            self.tally.measuring = begin <= now < end
            self.over = tick() or now >= end
        self._finish(connections)

    def _step(self, seconds):
        now = clock()
        while self._timers and self._timers[0][0] <= now:
            heapq.heappop(self._timers)[2]()
        if self._timers:
            seconds = min(seconds, max(0, self._timers[0][0] - now))
        for key, _ in self.selector.select(seconds):
            key.data.read()

    def _finish(self, connections):
        """Wait for what is under way, so that what was done is known."""
        self._timers.clear()
        deadline = clock() + GRACE
        while any(connection.waiting for connection in connections) and clock() < deadline:
            self._step(0.05)
        for connection in connections:
            if connection.waiting:
                self.tally.failed(f'no answer within {GRACE} s')
            connection.close()
            connection.session.close()
        self.selector.close()
