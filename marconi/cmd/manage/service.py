"""marconi-manage service: the processes of the service."""

from marconi.cmd import common
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
    common.check_database(conf)
    rows = [_row(service, heart.lives(service, conf)) for service in heart.recorded(conf)]
    tables.show(rows, COLUMNS, conf.command.json,
                'No process of the service was seen within a day.')


def _row(service, up):
    return (service.kind, service.host, service.pid, service.version,
            tables.time(service.started_at), tables.time(service.seen_at),
            'up' if up else 'down')
