"""The application in this process, asked whatever hypothesis comes up with."""

import itertools
import json
import os
import re
import time
from urllib import parse
import warnings

import hypothesis
from hypothesis import strategies as st
from oslo_policy import opts as policy_opts
import webtest
from webtest import lint

from marconi.api import app
import marconi.conf
from marconi import core
from tests import base
from tests.fuzz import answers
from tests.fuzz import requests as fuzz

#: ``MARCONI_FUZZ=50 make test ARGS=tests.fuzz`` looks fifty times as long.
FACTOR = float(os.environ.get('MARCONI_FUZZ', 1))
#: No answer may take longer, on a machine that is busy with other things.
SOON = 10


def examples(number):
    """Play that many examples, times FACTOR; by default the same ones each time."""
    return hypothesis.settings(
        max_examples=max(1, round(number * FACTOR)), deadline=None, database=None,
        derandomize=FACTOR == 1, print_blob=True,
        suppress_health_check=list(hypothesis.HealthCheck))


_projects = itertools.count(1)


class State:
    """What the answers so far told: fills in the requests to come."""

    def __init__(self):
        self.project = f'project-{next(_projects)}'
        self._known = {'queue': ['a'], 'message': ['0' * 32], 'claim': ['0' * 32]}

    def fill(self, text, turn):
        """``text`` with its {queue}, {message} and {claim} made out."""
        text = text.replace('{project}', self.project)
        for kind, known in self._known.items():
            text = text.replace('{%s}' % kind, known[turn % len(known)])
        return text

    def learn(self, answer):
        """Remember the ids and names in an answer."""
        text = answer.text + answer.headers.get('Location', '')
        for kind, pattern in (('queue', r'/queues/([A-Za-z0-9_.-]+)'),
                              ('message', r'/messages/([^"?/\\]+)'),
                              ('claim', r'(?:/claims/|claim_id=)([0-9a-f]{32})')):
            for found in re.findall(pattern, text)[:20]:
                if found not in self._known[kind]:
                    self._known[kind].append(found)


class FuzzTest(base.TestCase):

    timeout = max(300, 300 * FACTOR)
    options = {}

    def setUp(self):
        super().setUp()
        warnings.simplefilter('ignore', hypothesis.errors.HypothesisWarning)
        warnings.simplefilter('ignore', lint.WSGIWarning)  # of methods that it does not know
        conf = marconi.conf.new(args=[], files=[])
        for name, value in {
                'database.connection': self.database_url(), 'DEFAULT.auth_strategy': 'noauth',
                'DEFAULT.admin_mode': True,
                'signed_url.secret_key': 'correct horse',
                'transport.message_encryption_key': ['battery staple'],
                **self.options}.items():
            group, _, option = name.rpartition('.')
            conf.set_override(option, value, group)
        policy_opts.set_defaults(conf)
        self.broker = core.Broker.from_conf(conf)
        self.addCleanup(self.broker.close)
        self.app = webtest.TestApp(app.build(conf, self.broker))
        self.pool = self.database_url('pool')

    def send(self, request, state, turn=0):
        """Send a request as a WSGI server hands it over; check the answer and return it."""
        def fill(text, turn):
            return state.fill(text, turn).replace('{pool}', self.pool)

        raw = webtest.TestRequest.blank('/')
        environ = raw.environ
        environ['REQUEST_METHOD'] = request.method
        path = '/' + fill(request.path, turn).removeprefix('/')
        environ['PATH_INFO'] = _latin(parse.unquote_to_bytes(_text(path)))
        # NOTE: granian and other servers hand bytes over as Latin-1, and nothing below a space.
        environ['QUERY_STRING'] = re.sub(
            '[\0- \x7f]', '+', _latin(_text(fill(request.query, turn))))
        for name, value in request.headers.items():
            key = name.upper().replace('-', '_')
            environ[key if key == 'CONTENT_TYPE' else f'HTTP_{key}'] = fill(value, turn)
        if request.body:
            raw.body = fill(request.body.decode('latin-1'), turn).encode('latin-1')
        began = time.monotonic()
        answer = self.app.do_request(raw, status='*', expect_errors=True)
        self.check(request, answer, time.monotonic() - began)
        return answer

    def check(self, request, answer, seconds):
        assert seconds < SOON, f'{seconds} s for {request}'
        answers.check(request.method, answer.status_int, answer.headerlist, answer.body)


class TestApplication(FuzzTest):

    def test_stories(self):
        """Sequences of requests in a project of their own, each knowing the answers before it."""

        @examples(200)
        @hypothesis.given(st.lists(st.tuples(fuzz.requests, st.integers(0, 9)),
                                   min_size=5, max_size=15))
        def play(story):
            state = State()
            for request, turn in story:
                state.learn(self.send(request, state, turn))

        play()

    def test_single_requests(self):
        """Requests one by one, to a project where there is something of everything."""
        state = self.populated()

        @examples(1200)
        @hypothesis.given(fuzz.requests, st.integers(0, 9))
        def play(request, turn):
            self.send(request, state, turn)

        play()

    def test_strays(self):
        state = self.populated()

        @examples(300)
        @hypothesis.given(fuzz.strays())
        def play(request):
            self.send(request, state)

        play()

    def populated(self):
        """The state of a project with queues, messages and claims."""
        state = State()
        headers = {'Client-ID': fuzz.CLIENT_ID, 'X-Project-Id': state.project}
        for request in (
                fuzz.Request('PUT', '/v2/queues/a', headers=headers, body=b'{"team": "ops"}'),
                fuzz.Request('POST', '/v2/queues/a/messages', headers=headers, body=json.dumps(
                    {'messages': [{'body': {'n': n}} for n in range(8)]}).encode()),
                fuzz.Request('POST', '/v2/queues/a/claims', headers=headers, query='limit=2')):
            answer = self.send(request, state)
            self.assertEqual(201, answer.status_int, answer.text)
            state.learn(answer)
        return state


class TestOtherOptions(TestApplication):
    """The same with the options that lead elsewhere in the code."""

    options = {'DEFAULT.enable_checksum': True, 'transport.client_id_uuid_safe': 'off',
               'transport.message_delete_with_claim_id': True}


def _text(text):
    return text.encode('utf-8', 'surrogatepass')


def _latin(raw):
    return raw.decode('latin-1')
