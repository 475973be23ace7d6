"""A caller of the API over HTTP: small and quick, so that the server is what is tested."""

from http import client
import json
import time
from urllib import parse
import uuid

#: No answer takes longer, the longest ``wait`` included.
TIMEOUT = 40

#: What a call may raise when there is no answer: the server is dead, dying or not there yet.
NoAnswer = (OSError, client.HTTPException)


class Answer:

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f'<{self.status} {self.body[:300]!r}>'


class Caller:
    """One client, with one kept connection. Not for several threads."""

    def __init__(self, url, project, client_id=None, queue=None):
        self.url = url
        self.headers = {'X-Project-Id': project, 'Client-ID': client_id or str(uuid.uuid4())}
        self.queue = queue
        self._connection = None

    def __call__(self, method, path, document=None, **query):
        """Send a request, once; return its ``Answer``.

        :param document: is sent as JSON.
        :param query: parameters; lists are repeated.
        """
        if query:
            path += '?' + parse.urlencode(query, doseq=True)
        body = None if document is None else json.dumps(document)
        headers = self.headers if body is None else {
            'Content-Type': 'application/json', **self.headers}
        try:
            if self._connection is None:
                self._connection = client.HTTPConnection(
                    parse.urlsplit(self.url).netloc, timeout=TIMEOUT)
            self._connection.request(method, path, body, headers)
            return Answer(self._connection.getresponse())
        except NoAnswer:
            self.close()
            raise

    def close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def persist(self, seconds, *args, **kwargs):
        """Like a call, repeated until the service answers and is not out of order."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                answer = self(*args, **kwargs)
            except NoAnswer:
                if time.monotonic() > deadline:
                    raise
            else:
                if answer.status != 503 or time.monotonic() > deadline:
                    return answer
            time.sleep(0.02)

    # The operations of v2, on ``self.queue``.

    @property
    def path(self):
        return f'/v2/queues/{self.queue}'

    def post(self, *bodies, **options):
        """Post a message for each body."""
        return self('POST', f'{self.path}/messages',
                    {'messages': [{'body': body, **options} for body in bodies]})

    def page(self, **query):
        return self('GET', f'{self.path}/messages', **{'echo': 'true', 'limit': 20, **query})

    def pages(self):
        """All messages, page by page, to the end."""
        path = f'{self.path}/messages?echo=true&include_claimed=true&limit=20'
        while True:
            answer = self('GET', path)
            if answer.status != 200:
                raise AssertionError(answer)
            page = answer.json
            if not page['messages']:
                return
            yield page['messages']
            path = page['links'][0]['href']

    def everything(self):
        return [message for page in self.pages() for message in page]

    def claim(self, document=None, **query):
        return self('POST', f'{self.path}/claims', document or {}, **query)
