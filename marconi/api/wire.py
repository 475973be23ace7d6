"""Requests and responses: WebOb's, less what costs time and changes the wire."""

import msgspec
import webob

#: Where the outermost layer leaves what belongs to a request.
CONTEXT = 'marconi.context'
BODY = 'marconi.body'

JSON = ('Content-Type', 'application/json')

_STATUSES = {status: f'{status} {webob.util.status_reasons[status]}'
             for status in webob.util.status_reasons}

encode = msgspec.json.Encoder().encode


class Request(webob.BaseRequest):
    """A request; controllers find in it only what they may need.

    Pecan's own class wraps every access to an attribute, and reads forms.
    """

    #: The policy rule of the action that is called; None before that.
    operation = None

    def __init__(self, environ):
        super().__init__(environ)
        self.context = environ[CONTEXT]

    def read(self, most):
        """Return the body.

        :param most: how many bytes it may have.
        :raises InvalidValue: it has more; nothing of it was kept.
        """
        return self.environ[BODY].read(most)

    @property
    def uri(self):
        """Path and query as they were sent, without host and mount prefix."""
        path, query = self.environ['PATH_INFO'], self.environ.get('QUERY_STRING')
        return f'{path}?{query}' if query else path


class Response(webob.Response):
    """A response that is ready: status, headers, and the body as bytes.

    WebOb's constructor negotiates charsets, and its ``__call__`` makes
    ``Location`` absolute, which breaks the clients: they join it to their
    endpoint.
    """

    def __init__(self, status=200, body=b'', headers=()):
        self._status = _STATUSES[status]
        self._headers = None
        self._headerlist = list(headers)
        self._app_iter = [body] if body else []
        # A 204 has no body by definition, and so no length.
        if status != 204:
            self._headerlist.append(('Content-Length', str(len(body))))

    def __call__(self, environ, start_response):
        start_response(self._status, self._headerlist)
        return () if environ['REQUEST_METHOD'] == 'HEAD' else self._app_iter


def document(value, status=200, headers=()):
    """Return a response with a JSON document."""
    return Response(status, encode(value), (JSON, *headers))


def created(location, value=None):
    """Return 201 with the path of what was made, and a document if given."""
    if value is None:
        return Response(201, headers=(('Location', location),))
    return document(value, 201, (('Location', location),))


def no_content(*headers):
    return Response(204, headers=headers)
