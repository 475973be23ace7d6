"""The served application, sent what is hardly HTTP: it answers or hangs up, and lives on."""

import time

import hypothesis
from hypothesis import strategies as st

from tests.functional import base
from tests.fuzz import answers
from tests.fuzz import test_application
from tests.fuzz import wires

HEADERS = (b'Host: x\r\nX-Project-Id: sockets\r\n'
           b'Client-ID: 0f7cb16e-8d42-4c9e-a37b-52b0d8bc3f11\r\n')
MESSAGES = b'/v2/queues/q/messages'
POST = b'{"messages": [{"body": 1}]}'
#: Bytes that the processes may grow by from hostile requests, all together.
GROWTH = 60 * 2 ** 20


def request(method=b'GET', path=MESSAGES, headers=b'', body=None):
    """The bytes of a request; without a fault unless the arguments have one."""
    if body is not None:
        headers += b'Content-Length: %d\r\n' % len(body)
    return b'%s %s HTTP/1.1\r\n%s%s\r\n%s' % (method, path, HEADERS, headers, body or b'')


CHUNKED = b'Transfer-Encoding: chunked\r\n'
LENGTH = b'Content-Length: 27\r\n'


def chunked(body):
    return request(b'POST', headers=CHUNKED) + body


#: What is sent -> the statuses it may be answered with; None stands for hanging up.
HOSTILE = {
    'nothing': (b'', {None}),
    'a line': (b'GET', {None, 400}),
    'half a request': (request()[:-2], {None, 400}),
    'no HTTP': (b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' + b'\xaa' * 500, {None, 400}),
    'HTTP/2': (b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', {None, 400}),
    'HTTP/0.9': (b'GET /\r\n', {None, 400}),
    'HTTP/3.0': (b'GET / HTTP/3.0\r\n\r\n', {None, 400}),
    'bare line feeds': (request().replace(b'\r\n', b'\n'), {None, 200, 400}),
    'NUL in a header': (request(headers=b'X: a\0b\r\n'), {None, 400}),
    'a folded header': (request(headers=b'X: a\r\n b\r\n'), {None, 200, 400}),
    'a header without a name': (request(headers=b': x\r\n'), {None, 400}),
    'a header without a colon': (request(headers=b'nonsense\r\n'), {None, 400}),
    'a space in a header name': (request(headers=b'A B: x\r\n'), {None, 400}),
    'Latin-1 in a header': (request(headers=b'X: \xe9\xff\r\n'), {None, 200, 400}),
    'a large header': (request(headers=b'X: ' + b'x' * 60000 + b'\r\n'), {None, 200, 400, 431}),
    'a huge header': (request(headers=b'X: ' + b'x' * 2000000 + b'\r\n'), {None, 400, 431}),
    'many headers': (request(headers=b'X: x\r\n' * 5000), {None, 400, 431}),
    'a long path': (request(path=b'/v2/queues/' + b'q' * 60000), {None, 400, 414}),
    'a huge path': (request(path=b'/' + b'q' * 2000000), {None, 400, 404, 414, 431}),
    'a deep path': (request(path=b'/v2' + b'/a' * 20000), {None, 404, 414}),
    'a whole URL': (request(path=b'http://x/v2/queues/q/messages'), {None, 200, 400, 404}),
    'no path': (request(path=b'*'), {None, 300, 400, 404}),
    'OPTIONS *': (request(b'OPTIONS', path=b'*'), {None, 200, 400, 404}),
    'CONNECT': (request(b'CONNECT', path=b'x:80'), {None, 400, 404, 405}),
    'bytes in a path': (request(path=b'/v2/queues/\xff\xfe'), {None, 400}),
    'bytes in a query': (request(path=MESSAGES + b'?limit=\xff'), {None, 400}),
    'a wrong escape': (request(path=b'/v2/queues/%zz%'), {None, 400}),
    'escaped bytes': (request(path=b'/v2/queues/%00%ff%0d%0a'), {None, 400}),
    'an escaped slash': (request(path=b'/v2/queues/a%2fmessages'), {None, 200, 400, 404}),
    'dots in a path': (request(path=b'/v2/../v2/./queues/q'), {None, 200, 404}),
    'a fragment': (request(path=MESSAGES + b'#x'), {None, 200, 400}),
    'a strange method': (request(b'FOO'), {None, 400, 405}),
    'a long method': (request(b'X' * 5000), {None, 400, 405}),
    'a method with bytes': (request(b'G\xffT'), {None, 400}),
    'two hosts': (request(headers=b'Host: y\r\n'), {None, 200, 400}),
    'no host': (request().replace(b'Host: x\r\n', b''), {None, 200, 400}),
    'two lengths': (request(b'POST', headers=b'Content-Length: 1\r\n', body=POST), {None, 400}),
    'the same length twice': (request(b'POST', headers=LENGTH, body=POST), {None, 201, 400}),
    'length and chunks': (request(b'POST', headers=CHUNKED, body=POST), {None, 400}),
    'a negative length': (request(b'POST', headers=b'Content-Length: -1\r\n'), {None, 400}),
    'a length in words': (request(b'POST', headers=b'Content-Length: ten\r\n'), {None, 400}),
    'a length with a sign': (request(b'POST', headers=b'Content-Length: +27\r\n') + POST,
                             {None, 400}),
    'an endless length': (request(b'POST', headers=b'Content-Length: 99999999999999999999\r\n'),
                          {None, 400, 413}),
    'a large length': (request(b'POST', headers=b'Content-Length: 9223372036854775807\r\n') + POST,
                       {None, 400, 413}),
    'a body that ends early': (request(b'POST', headers=b'Content-Length: 500\r\n') + POST,
                               {None, 400}),
    'a body for a GET': (request(body=POST), {200}),
    'a body for a DELETE': (request(b'DELETE', MESSAGES + b'?ids=1', body=POST), {204}),
    'a body nobody wants': (request(b'PUT', b'/v2/nothing', body=b'x' * 500000), {404}),
    'a body that is too large': (request(b'POST', body=b' ' * 400000), {400, 413}),
    'a body that is much too large': (request(b'POST', body=b' ' * 20000000), {None, 400, 413}),
    'a body for a form': (request(b'POST', headers=b'Content-Type: application/x-www-form-'
                                  b'urlencoded\r\n', body=b'a=b'), {400}),
    'no length': (request(b'POST'), {400}),
    'chunks': (chunked(b'1b\r\n' + POST + b'\r\n0\r\n\r\n'), {201, 400}),
    'chunks with extensions': (chunked(b'1b;a="b"\r\n' + POST + b'\r\n0\r\nX: y\r\n\r\n'),
                               {None, 201, 400}),
    'a wrong chunk size': (chunked(b'zz\r\n' + POST), {None, 400}),
    'a negative chunk size': (chunked(b'-1\r\n' + POST), {None, 400}),
    'a huge chunk size': (chunked(b'ffffffffffffffffff\r\n' + POST), {None, 400}),
    # The next three end without the end of the body. The server does not tell the application, to
    # which it is whole if it is JSON; no part of a JSON object is one, so nothing else passes.
    'a large chunk size': (chunked(b'7fffffffffffffff\r\n' + POST), {None, 201, 400}),
    'half a chunk': (chunked(b'ff\r\n' + POST), {None, 201, 400}),
    'less than half a chunk': (chunked(b'ff\r\n' + POST[:-1]), {None, 400}),
    'no last chunk': (chunked(b'1b\r\n' + POST + b'\r\n'), {None, 201, 400}),
    'chunks that are too large': (chunked(b'61a80\r\n' + b' ' * 400000 + b'\r\n0\r\n\r\n'),
                                  {None, 400, 413}),
    'gzip': (request(b'POST', headers=b'Content-Encoding: gzip\r\n', body=b'\x1f\x8b\x08'), {400}),
    'an unknown encoding': (request(b'POST', headers=b'Transfer-Encoding: x\r\n'), {None, 400}),
    'chunks and more': (request(b'POST', headers=b'Transfer-Encoding: chunked, x\r\n'),
                        {None, 400, 501}),
    'an upgrade': (request(headers=b'Connection: upgrade\r\nUpgrade: websocket\r\n'
                           b'Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n'),
                   {None, 200, 400}),
    'an upgrade to HTTP/2': (request(headers=b'Connection: upgrade, http2-settings\r\nUpgrade: h2c'
                                     b'\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n'),
                             {None, 200, 400}),
    'an expectation': (request(b'POST', headers=b'Expect: 100-continue\r\n', body=POST), {201}),
    'another expectation': (request(headers=b'Expect: tea\r\n'), {None, 200, 400, 417}),
}


class TestSockets(base.FunctionalTest):

    # What is tested never reaches a database.
    scenarios = [scenario for scenario in base.FunctionalTest.scenarios
                 if scenario[0] == 'sqlite']

    timeout = test_application.FuzzTest.timeout

    def setUp(self):
        super().setUp()
        self.server = self.service
        self.workers = self.pids()
        with self.connect() as connection:
            connection.send(request(b'PUT', b'/v2/queues/q', body=b'{}'))
            self.assertIn(connection.answer()[0], (201, 204))

    def connect(self):
        return wires.Connection(self.server.port)

    def pids(self):
        return {process.pid for process in self.server.processes()}

    def size(self):
        return sum(process.memory_info().rss for process in self.server.processes())

    def exchange(self, raw, patience=None):
        """Send bytes and nothing more; return the statuses of the answers, [None] for none.

        :param patience: seconds to leave the server alone before it is told that no more will
            come: it takes that for a sign that nobody wants its answer. None if there must be one.
        """
        with self.connect() as connection:
            connection.send(raw)
            found = []
            if patience is None:
                found.append(connection.answer())
            else:
                connection.wait(patience)
            connection.no_more()
            return [answer and answer[0] for answer in found + connection.answers()] or [None]

    def assertAlive(self):
        """The service answers, and none of its processes had to be replaced."""
        with self.connect() as connection:
            connection.send(request())
            answer = connection.answer()
        self.assertEqual(200, answer[0])
        answers.check('GET', *answer)
        self.assertEqual(self.workers, self.pids(), self.server.log())

    def test_hostile(self):
        wrong = {}
        for name, (raw, expected) in HOSTILE.items():
            try:
                found = self.exchange(raw, 0.1 if None in expected else None)
            except AssertionError as error:
                found = [str(error)[:200]]
            if not set(found) <= expected:
                wrong[name] = found
        self.assertEqual({}, wrong)
        self.assertAlive()

    def test_memory(self):
        """It does not grow with the number of hostile requests."""

        def everything(times):
            for _ in range(times):
                for raw, _ in HOSTILE.values():
                    self.exchange(raw, 0.01)

        everything(2)
        before = self.size()
        everything(3)
        self.assertLess(self.size() - before, GROWTH)
        self.assertAlive()

    def test_mutations(self):
        """Requests with some of their bytes changed."""
        whole = request(b'POST', body=POST) + request() + request(
            b'POST', b'/v2/queues/q/claims', headers=CHUNKED) + b'2\r\n{}\r\n0\r\n\r\n'

        @test_application.examples(100)
        @hypothesis.given(
            st.integers(0, len(whole)), st.integers(0, 80),
            st.one_of(st.binary(max_size=20), st.sampled_from(
                [b'\r\n', b'\r\n\r\n', b'0\r\n\r\n', b'\0', b' HTTP/1.1', b': ', b'\n'])))
        def play(at, length, new):
            raw = whole[:at] + new + whole[at + length:]
            statuses = self.exchange(raw, 0.02)
            assert all(status is None or status < 500 for status in statuses), (statuses, raw)

        play()
        self.assertAlive()

    def test_pipelining(self):
        """Answers come in order, whatever becomes of the bodies before."""
        requests = [request(b'POST', body=POST), request(b'PUT', b'/v2/nothing', body=b'x' * 1000),
                    request(body=POST), request(b'POST', body=b'{' * 300), request(),
                    request(b'DELETE', b'/v2/queues/none', body=b'x' * 70000),
                    request(b'HEAD', b'/v2/ping'), request(b'GET', b'/')]
        with self.connect() as connection:
            connection.send(b''.join(requests))
            found = [connection.answer('HEAD' if number == 6 else 'GET')
                     for number in range(len(requests))]
        self.assertEqual([201, 404, 200, 400, 200, 204, 204, 300],
                         [answer and answer[0] for answer in found])
        for number, answer in enumerate(found):
            answers.check('HEAD' if number == 6 else 'GET', *answer)

    def test_a_refused_body_does_not_spoil_the_connection(self):
        """What was not read is read away, or the connection ends; it is never a request."""
        smuggled = request(b'PUT', b'/v2/queues/smuggled', body=b'{}')
        for size in (1000, 300000, 900000, 3000000):
            body = (smuggled * (size // len(smuggled) + 1))[:size]
            with self.connect() as connection:
                connection.send(request(b'POST', b'/v2/queues/!/messages', body=body)
                                + request(b'GET', b'/'))
                found = [answer[0] for answer in connection.answers()
                         ] if size > 2 ** 20 else [connection.answer()[0], connection.answer()[0]]
            self.assertIn(found, ([400, 300], [400], []), size)
        queues = self.caller()
        queues.headers['X-Project-Id'] = 'sockets'
        self.assertEqual(['q'], [queue['name'] for queue in queues(
            'GET', '/v2/queues').json['queues']])

    def test_stalled_requests_keep_nobody_waiting(self):
        """Heads and bodies that do not go on, many of them, do not hold up the others."""
        stalled = []
        try:
            for number in range(100):
                connection = self.connect()
                stalled.append(connection)
                connection.send((request()[:40], request(b'POST', headers=b'Content-Length: 99\r\n')
                                 + b'{', chunked(b'ff\r\n{'), b'')[number % 4])
            for _ in range(20):
                began = time.monotonic()
                self.assertAlive()
                self.assertLess(time.monotonic() - began, wires.TIMEOUT)
        finally:
            for connection in stalled:
                connection.close()

    def test_slow_body(self):
        """A body that comes byte by byte is a body all the same."""
        with self.connect() as connection:
            connection.send(request(b'POST', headers=LENGTH))
            for byte in POST:
                connection.send(bytes([byte]))
                time.sleep(0.005)
            self.assertEqual(201, connection.answer()[0])

    def test_an_endless_body(self):
        """It is not read to the end of all days, nor kept in memory."""
        before = self.size()
        for head in (request(b'POST', headers=CHUNKED),
                     request(b'POST', headers=b'Content-Length: 9000000000\r\n')):
            with self.connect() as connection:
                connection.send(head)
                chunk = b'10000\r\n' + b' ' * 65536 + b'\r\n'
                sent = 0
                while sent < 2 ** 28 and connection.send(chunk):
                    sent += len(chunk)
                self.assertLess(sent, 2 ** 28)
        self.assertLess(self.size() - before, GROWTH)
        self.assertAlive()

    def test_many_connections(self):
        """Connections that say nothing, more than there are threads."""
        silent = []
        try:
            for _ in range(400):
                silent.append(self.connect())
            self.assertAlive()
        finally:
            for connection in silent:
                connection.close()

    def test_leavers(self):
        """Callers that hang up before they have their answer cost nothing for long."""
        def threads():
            return sum(process.num_threads() for process in self.server.processes())

        self.assertAlive()
        before = threads()
        for _ in range(100):
            with self.connect() as connection:
                connection.send(request(b'POST', b'/v2/queues/q/claims?wait=1', body=b'{}'))
            with self.connect() as connection:
                connection.send(request(b'POST', headers=b'Content-Length: 99\r\n') + b'{')
        self.assertAlive()
        self.until(lambda: threads() < before + 300, why='threads pile up')
        self.assertAlive()
