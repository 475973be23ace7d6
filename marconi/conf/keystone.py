"""The options of keystonemiddleware, with defaults that suit this service.

They are registered by who uses them: without Keystone nobody needs to load it.
"""

from keystonemiddleware import auth_token
from oslo_config import cfg

GROUP = 'keystone_authtoken'

DEFAULTS = {
    # Nobody reads it, and it makes tokens several times as large.
    'include_service_catalog': False,
    # The service as access rules of application credentials name it.
    'service_type': 'messaging',
    # While Keystone is down, a request with a new token waits as long as this.
    'http_connect_timeout': 5,
    'http_request_max_retries': 1,
}


def set_defaults():
    """Change the defaults, for this process; also what oslo-config-generator calls."""
    for _, options in auth_token.AUTH_TOKEN_OPTS:
        cfg.set_defaults(options, **DEFAULTS)


def register_opts(conf):
    set_defaults()
    for group, options in auth_token.list_opts():
        conf.register_opts(options, group=group)
