"""What the wire says when something is wrong. One table, for all versions."""

from marconi import exception
from marconi.api import wire

#: Domain error -> status and title. A class stands for its subclasses too.
TABLE = {
    exception.InvalidValue: (400, 'Invalid API request'),
    exception.InvalidBody: (400, 'Invalid request body'),
    exception.NotFound: (404, 'Not found'),
    exception.Conflict: (409, 'Resource conflict'),
    exception.UnfitPool: (400, 'Unable to create'),
    exception.PoolInUse: (403, 'Unable to delete'),
    exception.MessageClaimed: (403, 'Unable to delete'),
    exception.MessageNotClaimed: (400, 'Unable to delete'),
    exception.MalformedClaimId: (400, 'Unable to delete'),
    exception.QuotaExceeded: (403, 'Quota exceeded'),
    exception.NotAuthorized: (403, 'Not authorized'),
    exception.StorageUnavailable: (503, 'Service temporarily unavailable'),
}


class Refusal(exception.MarconiError):
    """A request that is refused for what HTTP makes of it."""

    def __init__(self, status, title, description=None, headers=()):
        super().__init__(description or title)
        self.status = status
        self.title = title
        self.description = description
        self.headers = headers


def not_found():
    """The error for a path that leads nowhere."""
    return Refusal(404, '404 Not Found')


def no_client_id():
    """The error for a request that lacks the header Client-ID."""
    return Refusal(400, 'Missing header value', 'The header Client-ID is needed.')


def unauthorized(challenge):
    """The error for a request without a valid token.

    :param challenge: where to get one, as WWW-Authenticate tells it.
    """
    return Refusal(401, 'Unauthorized', 'The header X-Auth-Token needs a valid token.',
                   [('WWW-Authenticate', challenge)])


def no_project():
    """The error for a token that is for no project."""
    return Refusal(403, TABLE[exception.NotAuthorized][1],
                   'The token is for no project: queues belong to one.')


def no_keystone(retry_after):
    """The error for a token that cannot be checked now."""
    return Refusal(503, TABLE[exception.StorageUnavailable][1],
                   'The token cannot be checked: Keystone does not answer.',
                   [('Retry-After', str(retry_after))])


def not_set_up():
    """The error for every request while the options do not let us serve any."""
    return Refusal(503, TABLE[exception.StorageUnavailable][1],
                   'The service is not set up. Its log tells what is wrong.')


def bad_length():
    """The error for a Content-Length that is none: where the body ends is unknown."""
    return Refusal(400, 'Invalid API request',
                   'Content-Length must be a number of bytes.',
                   [('Connection', 'close')])


def respond(error, operation=None):
    """Return the response for an error of the domain or the door.

    :param operation: what was being done, named to the caller when the
        service is at fault.
    :returns: a response, or None if this error is not foreseen.
    """
    if isinstance(error, Refusal):
        return _response(error.status, error.title, error.description, error.headers)
    for cls in type(error).__mro__:
        if cls in TABLE:
            status, title = TABLE[cls]
            break
    else:
        return None
    if status != 503:
        return _response(status, title, str(error))
    return _response(
        status, title, f'The operation {operation} could not be completed. {error}',
        [('Retry-After', str(error.retry_after))])


def internal():
    """Return the response for an error that nobody foresaw."""
    return _response(500, 'Internal server error',
                     'The request could not be completed. The log tells why, under the '
                     'id that the header X-OpenStack-Request-Id shows.')


def _response(status, title, description=None, headers=()):
    text = {'title': title}
    if description is not None:
        text['description'] = description
    return wire.document(text, status, headers)
