"""Pre-signed URLs: whoever has one may do what it says until it expires."""

import datetime
import hashlib
import hmac
import re

from marconi import exception
from marconi.api import errors

PATHS = ('messages', 'claims', 'subscriptions')
LIFETIME = datetime.timedelta(days=1)

#: Backslash and "n": an accident of the first implementation, now wire format.
_SEPARATOR = r'\n'
_METHOD = re.compile(r'[A-Za-z]+\Z')


def _now():
    return datetime.datetime.now(datetime.timezone.utc)


class Signer:
    """Makes and checks signatures.

    :param key: the secret, or None: then nothing can be signed.
    """

    def __init__(self, key, now=_now):
        self._key = key.encode() if key else None
        self._now = now

    def share(self, project, queue, wish):
        """Return what a caller needs to use the URLs that ``wish`` asks for.

        :param queue: the path of the queue.
        :param wish: dict with ``paths``, ``methods``, ``expires``, all optional.
        :raises InvalidValue: one of them breaks its rule.
        """
        if self._key is None:
            raise exception.InvalidValue(
                'This service has no secret_key to sign URLs with.')
        unknown = set(wish) - {'paths', 'methods', 'expires'}
        if unknown:
            raise exception.InvalidValue(
                f'{min(unknown)} is not known; only paths, methods and expires are.')
        paths = sorted(f'{queue}/{path}' for path in _paths(wish.get('paths', [])))
        methods = sorted(_methods(wish.get('methods', ['GET'])))
        expires = self._expiry(wish)
        return {'paths': paths, 'methods': methods, 'project': project,
                'expires': expires,
                'signature': self._signature(paths, methods, project, expires)}

    def check(self, environ):
        """Return if the signature in the headers covers the request.

        :raises Refusal: it does not; the answer tells nothing.
        """
        methods = environ.get('HTTP_URL_METHODS', '').split(',')
        paths = environ.get('HTTP_URL_PATHS', '').split(',')
        expires = environ.get('HTTP_URL_EXPIRES', '')
        if not (self._key is not None
                and environ['REQUEST_METHOD'] in methods
                and any(_covers(path, environ['PATH_INFO']) for path in paths)
                and self._fits(environ, sorted(paths), sorted(methods), expires)
                and self._lies_ahead(expires)):
            raise errors.not_found()

    def _fits(self, environ, paths, methods, expires):
        signature = self._signature(
            paths, methods, environ.get('HTTP_X_PROJECT_ID', ''), expires)
        # Bytes: comparing texts in constant time works for ASCII only.
        return hmac.compare_digest(signature.encode(),
                                   environ['HTTP_URL_SIGNATURE'].encode('latin-1'))

    def _signature(self, paths, methods, project, expires):
        message = _SEPARATOR.join(
            (','.join(paths), ','.join(methods), project, expires))
        return hmac.new(self._key, message.encode(), hashlib.sha256).hexdigest()

    def _lies_ahead(self, expires):
        try:
            return _moment(expires) > self._now()
        except (ValueError, OverflowError):
            return False

    def _expiry(self, wish):
        """Return when the URLs expire, as the wire shows it: UTC, no zone."""
        moment = self._now() + LIFETIME
        if 'expires' in wish:
            moment = self._wished_expiry(wish['expires'])
        return moment.strftime('%Y-%m-%dT%H:%M:%S')

    def _wished_expiry(self, text):
        try:
            moment = _moment(text)
        except (TypeError, ValueError, OverflowError) as error:
            raise exception.InvalidValue('expires must be a time in ISO 8601.') from error
        if moment <= self._now():
            raise exception.InvalidValue('expires must lie in the future.')
        return moment


def _moment(text):
    """Return an ISO 8601 time; in UTC, and meant so if it names no zone."""
    moment = datetime.datetime.fromisoformat(text).replace(microsecond=0)
    if moment.tzinfo is None:
        return moment.replace(tzinfo=datetime.timezone.utc)
    return moment.astimezone(datetime.timezone.utc)


def _covers(path, requested):
    """Return whether ``requested`` is ``path`` or below it.

    Nobody gets more than ``share`` gives, whoever else may know the key.
    """
    return path.rpartition('/')[2] in PATHS and f'{requested}/'.startswith(f'{path}/')


def _paths(wish):
    if not isinstance(wish, list) or any(path not in PATHS for path in wish):
        raise exception.InvalidValue(
            f'paths must be an array of some of {", ".join(PATHS)}.')
    return set(wish) or {'messages'}


def _methods(wish):
    if not isinstance(wish, list) or not all(
            isinstance(method, str) and _METHOD.match(method) for method in wish):
        raise exception.InvalidValue('methods must be an array of names of methods.')
    return set(wish)
