"""marconi-manage service: the processes of the service."""

from marconi.cmd.manage import catalogue
from marconi.cmd.manage import tables
from marconi.core import heart

HELP = 'the processes of the service'

COLUMNS = ('kind', 'host', 'pid', 'version', 'started', 'last_seen', 'state')


def add_commands(commands):
    parser = commands.add_parser('list', help=list_.__doc__)
    parser.add_argument('--json', action='store_true', help='for programs')
    parser.set_defaults(action=list_)


def list_(conf):
    """show which processes run, and which were last seen when"""
    with catalogue.opened(conf) as store:
        rows = [_row(service, conf.DEFAULT.heartbeat_interval)
                for service in store.services.list()]
    tables.show(rows, COLUMNS, conf.command.json,
                'No process of the service was seen within a day.')


def _row(service, interval):
    up = service.silent <= 1000 * heart.MISSED * interval
    return (service.kind, service.host, service.pid, service.version,
            tables.time(service.started_at), tables.time(service.seen_at),
            'up' if up else 'down')
