"""Callers of the API, and what must be true of every answer they get.

``Version`` is what the contracts say differs between v1, v1.1 and v2 in the operations that they
have in common; ``Caller`` hides the headers and the shapes, so that a story reads the same in all.
"""

import dataclasses
import itertools
import json
import re
from urllib import parse
import uuid

import webtest

PROJECT = 'tenant-7'
NOTHING = object()

REQUEST_ID = re.compile(r'req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')
JSON_TYPES = ('application/json', 'application/json-home')
#: Errors of the protocol itself: the contracts give them a title only.
BARE_TITLES = ('404 Not Found', '405 Method Not Allowed', '415 Unsupported Media Type')


@dataclasses.dataclass(frozen=True)
class Version:
    """One version of the API, as its contract has it."""

    name: str
    prefix: str
    #: The status of a list with nothing in it, for queues and for messages.
    nothing: int
    #: The status of ``?ids=`` when none of them is there.
    ids_not_found: int
    #: Whether posts, claims and ``?ids=`` wrap messages as {"messages": [...]}.
    wrapped: bool
    #: Exactly what a message shows.
    message_keys: frozenset
    #: Whether reads answer with Content-Location.
    content_location: bool
    #: Whether Client-ID and X-Project-Id are needed wherever one goes.
    strict_headers: bool

    def __str__(self):
        return self.name

    def __repr__(self):
        return self.name

    def wrap(self, messages):
        return {'messages': messages} if self.wrapped else messages

    def unwrap(self, document):
        return document['messages'] if self.wrapped else document


V1 = Version('v1', '/v1', nothing=204, ids_not_found=204, wrapped=False,
             message_keys=frozenset(['href', 'ttl', 'age', 'body']),
             content_location=True, strict_headers=False)
V1_1 = Version('v1.1', '/v1.1', nothing=200, ids_not_found=404, wrapped=True,
               message_keys=frozenset(['id', 'href', 'ttl', 'age', 'body']),
               content_location=False, strict_headers=True)
V2 = dataclasses.replace(V1_1, name='v2', prefix='/v2')
ALL = (V1, V1_1, V2)


def message_id(href):
    """The id of the message that an href names."""
    return href.rpartition('/messages/')[2].partition('?')[0]


def url(path, query):
    """``path`` with a query string; True is written true, and lists are repeated."""
    pairs = [(name, value) for name, values in query.items()
             for value in (values if isinstance(values, (list, tuple)) else [values])]
    if not pairs:
        return path
    return path + '?' + parse.urlencode(
        [(name, str(value).lower() if isinstance(value, bool) else value)
         for name, value in pairs])


def hrefs(document):
    """Every href in a document, wherever it is; messages' bodies left out."""
    if isinstance(document, dict):
        for key, value in document.items():
            if key == 'href':
                yield value
            elif key != 'body':
                yield from hrefs(value)
    elif isinstance(document, list):
        for value in document:
            yield from hrefs(value)


def check(method, response):
    """What holds for every answer of every version."""
    environ = response.request.environ
    place = (f'{method} {environ["PATH_INFO"][:200]}?{environ["QUERY_STRING"][:200]} -> '
             f'{response.status} {response.text[:500]!r}')
    ids = response.headers.getall('X-OpenStack-Request-Id')
    assert response.status_int not in (500, 501), place
    assert len(ids) == 1 and REQUEST_ID.fullmatch(ids[0]), (place, ids)
    for header in ('Location', 'Content-Location'):
        assert response.headers.get(header, '/v').startswith('/v'), (place, response.headers)
    if method == 'HEAD' or response.status_int == 204:
        assert response.body == b'', place
    if response.body:
        assert response.content_type in JSON_TYPES, (place, response.content_type)
        begins = ('/v', f'{environ["SCRIPT_NAME"]}/v')
        assert all(href.startswith(begins) for href in hrefs(response.json)), place
    if response.status_int >= 400 and method != 'HEAD':
        check_error(place, response.json)


def check_error(place, error):
    assert isinstance(error, dict) and isinstance(error.get('title'), str), place
    assert error['title'], place
    assert set(error) <= {'title', 'description', 'code', 'link'}, place
    if error['title'] not in BARE_TITLES:
        assert isinstance(error.get('description'), str) and error['description'], place


class Response(webtest.TestResponse):

    @property
    def json(self):
        """The document, whichever of the JSON types it has."""
        return json.loads(self.body)


class Request(webtest.TestRequest):

    ResponseClass = Response


class Claim:
    """A claim that was made, as its answer tells it."""

    def __init__(self, version, response):
        self.location = response.headers['Location']
        self.id = self.location.rpartition('/claims/')[2]
        self.messages = version.unwrap(response.json)

    @property
    def bodies(self):
        return [message['body'] for message in self.messages]

    @property
    def ids(self):
        return [message_id(message['href']) for message in self.messages]


class Caller:
    """Somebody who calls one version of the API, with the headers that it needs."""

    def __init__(self, app, version, project=PROJECT, client_id=None, roles=None):
        self.app = webtest.TestApp(app)
        self.version = version
        self.client_id = client_id or str(uuid.uuid4())
        self.headers = {'Client-ID': self.client_id, 'X-Project-Id': project,
                        'X-Roles': roles}

    def request(self, method, path, document=NOTHING, body=b'', headers=None, **query):
        """The answer to a request.

        :param path: below the version's prefix, or a whole one as the API gave it.
        :param document: sent as JSON; ``body`` is sent as it is.
        :param headers: beside the usual ones; None leaves a usual one out.
        """
        if not path.startswith(self.version.prefix + '/'):
            path = self.version.prefix + path
        return self.whole(method, url(path, query), document, body, headers)

    def whole(self, method, path, document=NOTHING, body=b'', headers=None, mount=''):
        """Like ``request``, with a path that is taken as it is.

        :param mount: where a proxy says to have put the service.
        """
        path = parse.quote(path, safe=''.join(map(chr, range(128))))  # only what no URL may have
        request = Request.blank(path, method=method, environ={'SCRIPT_NAME': mount})
        if document is not NOTHING:
            body = json.dumps(document).encode()
        if body:
            request.body = body
        for name, value in {**self.headers, **(headers or {})}.items():
            if value is not None:
                request.headers[name] = value
        response = self.app.do_request(request, status='*', expect_errors=True)
        check(method, response)
        return response

    def get(self, path, **kwargs):
        return self.request('GET', path, **kwargs)

    def head(self, path, **kwargs):
        return self.request('HEAD', path, **kwargs)

    def put(self, path, *document, **kwargs):
        return self.request('PUT', path, *document, **kwargs)

    def patch(self, path, *document, **kwargs):
        return self.request('PATCH', path, *document, **kwargs)

    def delete(self, path, **kwargs):
        return self.request('DELETE', path, **kwargs)

    # The operations that all versions have, done with success.

    def done(self, status, method, path, *args, **kwargs):
        response = self.request(method, path, *args, **kwargs)
        statuses = status if isinstance(status, tuple) else (status,)
        assert response.status_int in statuses, (method, path, response.status, response.text)
        return response

    def create(self, queue, **metadata):
        """Make a queue, in v1 with its metadata put afterwards."""
        path = f'/queues/{queue}'
        if self.version is V1:
            self.done((201, 204), 'PUT', path)
            if metadata:
                self.done(204, 'PUT', path + '/metadata', metadata)
        else:
            self.done(201, 'PUT', path, metadata)

    def post(self, queue, *bodies, ttl=3600, **fields):
        """Post messages with these bodies, and return their ids."""
        messages = [{'body': body, 'ttl': ttl, **fields} for body in bodies]
        response = self.done(201, 'POST', f'/queues/{queue}/messages',
                             self.version.wrap(messages))
        return [message_id(href) for href in response.json['resources']]

    def list(self, queue, **query):
        """A page of messages; echo unless said otherwise."""
        response = self.done((200, self.version.nothing), 'GET', f'/queues/{queue}/messages',
                             **{'echo': True, **query})
        return response.json['messages'] if response.status_int == 200 else []

    def bodies(self, queue, **query):
        return [message['body'] for message in self.list(queue, **query)]

    def walk(self, queue, **query):
        """Every message's body, by following the next links until an empty page."""
        path = url(f'/queues/{queue}/messages', {'echo': True, **query})
        for _ in itertools.repeat(None, 200):
            response = self.done((200, self.version.nothing), 'GET', path)
            page = response.json['messages'] if response.status_int == 200 else []
            if not page:
                return
            yield from (message['body'] for message in page)
            [link] = response.json['links']
            path = link['href']
        raise AssertionError(f'{queue} has no last page')

    def show(self, queue, id):
        return self.done(200, 'GET', f'/queues/{queue}/messages/{id}').json

    def claim(self, queue, ttl=300, grace=60, **query):
        """A ``Claim``, or None when there was nothing."""
        response = self.done((201, 204), 'POST', f'/queues/{queue}/claims',
                             {'ttl': ttl, 'grace': grace}, **query)
        return Claim(self.version, response) if response.status_int == 201 else None

    def show_claim(self, queue, id):
        return self.done(200, 'GET', f'/queues/{queue}/claims/{id}').json

    def stats(self, queue):
        return self.done(200, 'GET', f'/queues/{queue}/stats').json['messages']

    def counts(self, queue):
        stats = self.stats(queue)
        return stats['free'], stats['claimed'], stats['total']

    def pop(self, queue, number):
        return self.done(200, 'DELETE', f'/queues/{queue}/messages', pop=number).json['messages']
