"""What is checked around every operation, in the order of the contract."""

import functools
import re

from oslo_log import log
from pecan import hooks

from marconi import exception
from marconi.api import errors
from marconi.core import metadata

LOG = log.getLogger(__name__)

MOST_PROJECT = 256

_FORM = 'application/x-www-form-urlencoded'
_UUID = re.compile(r'(?:urn:uuid:)?\{?([0-9a-f-]{32,})\}?\Z', re.IGNORECASE)
_NOTHING = re.compile(r'0(\.0*)?\Z')
_BAD_ID = 'Invalid queue identification'

#: Who names no roles has these, where nobody proves who they are.
PLAIN_ROLES = ('member', 'reader')


class Checks(hooks.PecanHook):
    """The headers and the name of the queue; fills in the context."""

    def __init__(self, conf):
        self._uuids = conf.transport.client_id_uuid_safe == 'strict'
        self._shortest = conf.transport.min_length_client_id
        self._longest = conf.transport.max_length_client_id
        self._noauth = conf.DEFAULT.auth_strategy == 'noauth'

    def before(self, state):
        request, version = state.request, state.controller.__self__.version
        if version is None:
            return
        environ, context = request.environ, request.context
        signed = version.signed_urls and 'HTTP_URL_SIGNATURE' in environ
        if signed:
            version.signer.check(environ)
        _check_content_type(environ)
        accept = environ.get('HTTP_ACCEPT')
        if accept and accept != '*/*' and not _admits_json(accept):
            raise errors.Refusal(406, '406 Not Acceptable',
                                 'The answer is application/json, which Accept excludes.')
        context.client_id = self._client_id(environ, version.client_id_needed)
        # With Keystone only the health check gets here without a project.
        context.project_id = _project(
            environ, version.project_needed and (self._noauth or signed))
        context.presigned = signed
        if not signed:
            self._identify(environ, context)
        if state.arguments and not metadata.QUEUE_NAME.match(state.arguments[0]):
            raise _bad_name(environ['PATH_INFO'][len(version.path):])

    def _identify(self, environ, context):
        """Fill in what Keystone says of the caller, or else the caller."""
        if self._noauth:
            context.roles = _roles(environ, PLAIN_ROLES)
        else:
            context.roles = _roles(environ, ())
            context.user_id = environ.get('HTTP_X_USER_ID')

    def _client_id(self, environ, needed):
        """Return the Client-ID in the one form that is stored and compared."""
        value = environ.get('HTTP_CLIENT_ID')
        if value is None:
            if needed:
                raise errors.no_client_id()
            return None
        if not self._uuids:
            return self._free_client_id(value)
        match = _UUID.match(value)
        digits = match and match[1].replace('-', '').lower()
        if not match or len(digits) != 32:
            raise errors.Refusal(400, 'Wrong UUID value', 'Client-ID must be a UUID.')
        return digits

    def _free_client_id(self, value):
        if self._shortest <= len(value) <= self._longest and value.isprintable():
            return value
        raise errors.Refusal(
            400, 'Wrong UUID value', 'Client-ID must have '
            f'{self._shortest} to {self._longest} printable characters.')


class Policy(hooks.PecanHook):
    """No operation ends without policy having been asked."""

    def __init__(self, policy):
        self._policy = policy

    def on_error(self, state, error):
        request = state.request
        if request.operation and not request.context.policy_asked:
            # The request was refused for its form before the core saw it. Who
            # may not do this at all is told only that.
            try:
                self._policy.authorize(request.context, request.operation)
            except exception.NotAuthorized as denied:
                error = denied
        return errors.respond(error, request.operation)

    def after(self, state):
        request = state.request
        if request.operation and not request.context.policy_asked:
            LOG.error('Policy was not asked for %s.', request.operation)
            state.response = errors.internal()


def _bad_name(path):
    """Return the error for the name in a path below its version."""
    kind = path.split('/')[1].removesuffix('s')
    return errors.Refusal(
        400, _BAD_ID if kind == 'queue' else 'Invalid API request',
        f'The name of a {kind} has 1 to 64 letters, digits, "_", "." or "-".')


def _check_content_type(environ):
    kind = environ.get('CONTENT_TYPE')
    if (kind and environ.get('CONTENT_LENGTH')
            and kind.partition(';')[0].strip().lower() == _FORM):
        raise errors.Refusal(400, 'Invalid Content-Type',
                             f'The body is read as JSON and cannot be {_FORM}.')


@functools.lru_cache(100)  # few: each may be as long as a header can be
def _admits_json(accept):
    """Return whether the most specific range that fits admits JSON."""
    weights = {}
    for part in accept.lower().split(','):
        media_range, *parameters = [word.strip() for word in part.split(';')]
        weights[media_range] = next(
            (word[2:] for word in parameters if word.startswith('q=')), '1')
    for media_range in ('application/json', 'application/*', '*/*'):
        if media_range in weights:
            return not _NOTHING.match(weights[media_range])
    return False


def _project(environ, needed):
    """Return the project; None for v1's nameless one."""
    value = environ.get('HTTP_X_PROJECT_ID')
    if value is None:
        if needed:
            raise errors.Refusal(400, 'Project-Id Missing',
                                 'The header X-Project-Id is needed.')
        return None
    if not value:
        raise errors.Refusal(400, 'Empty project header not allowed',
                             'X-Project-Id must not be empty.')
    if not value.isascii():  # WSGI hands bytes over as Latin-1
        try:
            value = value.encode('latin-1').decode()
        except UnicodeDecodeError as error:
            raise errors.Refusal(400, _BAD_ID, 'X-Project-Id must be UTF-8.') from error
    if not value.isprintable():
        raise errors.Refusal(400, _BAD_ID,
                             'X-Project-Id must not contain control characters.')
    if len(value) > MOST_PROJECT:
        raise errors.Refusal(400, _BAD_ID, f'X-Project-Id may have {MOST_PROJECT} '
                             f'characters, and has {len(value)}.')
    return value


def _roles(environ, unnamed):
    roles = environ.get('HTTP_X_ROLES')
    if roles is None:
        return list(unnamed)
    return [role.strip() for role in roles.split(',') if role.strip()]
