"""Who is asking? Keystone tells, by the token of the request."""

import datetime
import hashlib
import re

from keystoneauth1 import exceptions as ksa_exceptions
from keystonemiddleware import auth_token
from oslo_config import cfg
from oslo_log import log
from webob import exc

from marconi.api import errors
from marconi.api import tokens
from marconi.conf import keystone

LOG = log.getLogger(__name__)

#: Where auth_token finds the cache of tokens.
CACHE = 'marconi.tokens'
#: What the layers below believe, and the only headers about the caller that they read.
BELIEVED = ('HTTP_X_PROJECT_ID', 'HTTP_X_ROLES', 'HTTP_X_USER_ID')
#: For so many seconds it is not even asked again whose token it is: to auth_token that is
#: as much work as to list messages, also if it has the token in its cache. A revoked
#: token works for so much longer than ``token_cache_time``.
REMEMBER = 5
#: Seconds after which to try again while Keystone does not answer.
RETRY_AFTER = 5

_TOKENS = ('HTTP_X_AUTH_TOKEN', 'HTTP_X_STORAGE_TOKEN', 'HTTP_X_SERVICE_TOKEN')
#: What a token can be. Keystone need not be asked about anything else, nor could it be.
_TOKEN = re.compile(r'[!-~]{1,8192}\Z')

#: Actions that load balancers call, which have no token.
FREE = ('ping', 'alive')


class Identity:
    """Lets through who has a token, and replaces what they say of themselves.

    Free are the list of versions and the health check, about which policy says
    nothing. Pre-signed URLs prove themselves, see ``signed_urls``.

    :param versions: classes of versions, as in ``root.VERSIONS``.
    :raises cfg.Error: the options do not tell how to reach Keystone.
    """

    def __init__(self, app, conf, versions, clock):
        self._app = app
        self._auth, lifetime = _auth_token(conf)
        self._request = auth_token.AuthProtocol.__call__.RequestClass
        self._tokens = tokens.Memory(lifetime, clock)
        self._known = tokens.Memory(min(lifetime, REMEMBER), clock)
        self._free = {'', '/', *_free(versions)}
        self._signed = tuple(f'{version.path}/' for version in versions if version.signed_urls)

    def __call__(self, environ, start_response):
        path = environ['PATH_INFO']
        if path in self._free:
            _forget(environ, BELIEVED)
        elif 'HTTP_URL_SIGNATURE' in environ and path.startswith(self._signed):
            _forget(environ, BELIEVED[1:])  # the project is what was signed
        else:
            error = self._identify(environ)
            if error is not None:
                return errors.respond(error)(environ, start_response)
        return self._app(environ, start_response)

    def _identify(self, environ):
        """Replace the caller's claims by Keystone's; return an error if there are none."""
        token = environ.get('HTTP_X_AUTH_TOKEN')
        if token is None or 'HTTP_X_SERVICE_TOKEN' in environ:
            return self._ask(environ, self._request(environ))
        key = hashlib.sha256(token.encode('latin-1')).digest()
        known = self._known.get(key)
        if known is not None:
            environ.update(known)
            return None
        request = self._request(environ)
        error = self._ask(environ, request)
        if error is None and _lasts(request):
            self._known.set(key, {name: environ[name] for name in BELIEVED})
        return error

    def _ask(self, environ, request):
        """The same, by auth_token."""
        environ[CACHE] = self._tokens
        for name in _TOKENS:
            if name in environ and not _TOKEN.match(environ[name].strip()):
                del environ[name]
        try:
            # Not by calling it: that would gather the answer of the application in a
            # response of WebOb's.
            self._auth.process_request(request)
        except exc.HTTPUnauthorized as error:
            return errors.unauthorized(error.headers['WWW-Authenticate'])
        except (exc.HTTPServiceUnavailable, ksa_exceptions.ClientException) as error:
            LOG.error('Keystone does not tell who is asking: %s', error)
            return errors.no_keystone(RETRY_AFTER)
        if not environ.get('HTTP_X_PROJECT_ID'):
            return errors.no_project()
        return None


class _AuthToken(auth_token.AuthProtocol):

    def validate_allowed_request(self, request, token):
        """Hold the access rules of an application credential against the request.

        They are compared with the catalogue first, which we do not have.
        """
        if token.get('application_credential'):
            token = {'catalog': [{'type': self._conf.get('service_type')}], **token}
        super().validate_allowed_request(request, token)


def check(conf):
    """Look whether the options tell how to reach Keystone; it is not asked.

    :raises cfg.Error: they do not.
    """
    _auth_token(conf)


def _auth_token(conf):
    """Return keystonemiddleware's auth_token, and how long a token is remembered."""
    keystone.register_opts(conf)
    options = conf[keystone.GROUP]
    if not (options.auth_type or options.auth_section):
        raise cfg.Error(
            f'auth_strategy is keystone, but [{keystone.GROUP}] has no auth_type: set up the '
            'access to Keystone, or choose auth_strategy = noauth.')
    overrides = {'oslo_config_config': conf, 'delay_auth_decision': False}
    if not options.memcached_servers:
        overrides['cache'] = CACHE
    elif options.memcache_security_strategy.lower() == 'none':
        LOG.warning('Whoever can write to memcached can be anybody: set [%s] '
                    'memcache_security_strategy.', keystone.GROUP)
    try:
        return _AuthToken(None, overrides), options.token_cache_time
    except (ksa_exceptions.ClientException, auth_token.ConfigurationError) as error:
        raise cfg.Error(f'[{keystone.GROUP}]: {error}') from error


def _lasts(request):
    """Return whether the token will be as good for any other request in the next seconds."""
    token, user = request.token_info['token'], request.token_auth.user
    rules = (token.get('application_credential') or {}).get('access_rules')
    left = user.expires - datetime.datetime.now(datetime.timezone.utc)
    return rules is None and not user.bind and left.total_seconds() > REMEMBER


def _free(versions):
    for version in versions:
        for path, actions in version.routes.items():
            if set(actions.values()) <= set(FREE):
                yield from (version.path + path, f'{version.path}{path}/')


def _forget(environ, names):
    for name in names:
        environ.pop(name, None)
