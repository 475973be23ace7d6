"""Where and with how many processes the API is served."""

from oslo_config import cfg

GROUP = 'drivers:transport:wsgi'

OPTS = [
    cfg.HostAddressOpt(
        'bind', default='127.0.0.1', help='The address to listen on.'),
    cfg.PortOpt(
        'port', default=8888, help='The port to listen on.'),
    cfg.IntOpt(
        'workers', min=1, max=256, default=2,
        help='How many processes serve requests. About one per core.'),
    cfg.IntOpt(
        'threads', min=1, max=10000, default=600,
        help='How many requests one process may have at the same time, those '
             'that wait for a message included. Threads are made when needed.'),
    cfg.IntOpt(
        'connections', min=1, default=4000,
        help='How many connections one process keeps open, those that are between two '
             'requests included. Others wait until one is closed.'),
]


def register_opts(conf):
    conf.register_opts(OPTS, group=GROUP)


def list_opts():
    return [(GROUP, OPTS)]
