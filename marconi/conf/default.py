"""Options of the service as a whole."""

from oslo_config import cfg

GROUP = 'DEFAULT'

OPTS = [
    cfg.StrOpt(
        'auth_strategy', default='keystone', choices=[
            ('keystone', 'by a token of Keystone, which [keystone_authtoken] tells how to reach'),
            ('noauth', 'not at all: X-Project-Id and X-Roles are believed. For one machine, or '
                       'behind a proxy that sets them'),
        ],
        help='How callers prove who they are.'),
    cfg.BoolOpt(
        'noauth_beyond_loopback', default=False,
        help='Confirms that with auth_strategy = noauth the service may listen on an '
             'address that other machines can reach. Whoever reaches it can read and '
             'delete everything of every project.'),
    cfg.BoolOpt(
        'admin_mode', default=False,
        help='Serve the operations that administrators need: pools and flavors, and '
             'GET /v2/health.'),
    cfg.BoolOpt(
        'enable_checksum', default=False,
        help='Show a checksum of its body with every message (v1.1 and v2).'),
    cfg.ListOpt(
        'enable_deprecated_api_versions', default=['1', '1.1'],
        help='The old versions of the API that are served beside version 2. '
             'Known are "1" and "1.1"; empty for none.'),
    cfg.IntOpt(
        'heartbeat_interval', min=1, max=3600, default=10, mutable=True,
        help='How often, in seconds, each process writes into the database that it lives. '
             'After three of these intervals without a word "marconi-manage service list" '
             'calls it down.'),
]


def register_opts(conf):
    conf.register_opts(OPTS, group=GROUP)


def list_opts():
    return [(GROUP, OPTS)]
