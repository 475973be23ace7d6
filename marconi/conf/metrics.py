"""Metrics for Prometheus."""

from oslo_config import cfg

GROUP = 'metrics'

OPTS = [
    cfg.HostAddressOpt(
        'bind', default='127.0.0.1',
        help='The address at which metrics can be read. Whoever reaches it sees the ids of '
             'projects and the names of their queues.'),
    cfg.PortOpt(
        'port', default=0,
        help='The port at which marconi-server shows its metrics, for all its processes; 0 '
             'for none. The service that "make run" starts shows those of its janitor '
             'here, too.'),
    cfg.PortOpt(
        'janitor_port', default=0,
        help='The port at which marconi-janitor shows its metrics, those of queues among '
             'them; 0 for none.'),
    cfg.IntOpt(
        'busiest_queues', min=0, max=1000, default=20, mutable=True,
        help='Of how many queues, those with the most messages, backlog and age are shown; '
             '0 for none.'),
    cfg.IntOpt(
        'backlog_interval', min=1, default=30, mutable=True,
        help='How often, in seconds, a janitor looks which queues these are.'),
    cfg.IntOpt(
        'backlog_limit', min=100, max=1000000, default=10000, mutable=True,
        help='How far the messages of a queue are counted. One that has more is shown with '
             'this number.'),
]


def register_opts(conf):
    conf.register_opts(OPTS, group=GROUP)


def list_opts():
    return [(GROUP, OPTS)]
