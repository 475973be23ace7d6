"""marconi-manage service: the processes of the service."""

import datetime
import json

from marconi.cmd import common
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
    if conf.command.json:
        print(json.dumps(rows, indent=2))
    elif rows:
        _print([[name.replace('_', ' ') for name in COLUMNS], *(row.values() for row in rows)])
    else:
        print('No process of the service was seen within a day.')


def _row(service, up):
    return dict(zip(COLUMNS, (
        service.kind, service.host, service.pid, service.version, _time(service.started_at),
        _time(service.seen_at), 'up' if up else 'down'), strict=True))


def _time(milliseconds):
    return datetime.datetime.fromtimestamp(
        milliseconds // 1000, datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')


def _print(rows):
    rows = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print('  '.join(map(str.ljust, row, widths)).rstrip())
