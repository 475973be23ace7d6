"""marconi-manage queue: queues, and in which pool they live."""

from marconi import exception
from marconi.cmd.manage import catalogue
from marconi.cmd.manage import tables
from marconi.storage import pools as names

HELP = 'queues, and in which pool they live'

COLUMNS = ('project', 'queue', 'from', 'to', 'since', 'error')


def add_commands(commands):
    parser = commands.add_parser('move', help=move.__doc__)
    parser.add_argument('project', help='the id of the project')
    parser.add_argument('queue', help='the name of the queue')
    parser.add_argument('pool', help=f'where it is to live; "{names.DEFAULT}" is the database '
                                     'with the catalogue')
    parser.set_defaults(action=move)
    parser = commands.add_parser('moves', help=moves.__doc__)
    parser.add_argument('--json', action='store_true', help='for programs')
    parser.set_defaults(action=moves)


def move(conf):
    """move a queue to another pool, while it is in use"""
    project, name, pool = conf.command.project, conf.command.queue, conf.command.pool
    with catalogue.opened(conf) as store:
        queue = store.queues.get(project, name)
        if queue is None:
            raise exception.QueueNotFound(name=name)
        requested = store.moves.request(queue, None if pool == names.DEFAULT else pool)
    if not requested:
        print(f'Queue {name} lives in {pool} already.')
        return
    catalogue.hint(conf, 'moves')
    print(f'A janitor moves queue {name} to {pool}. See how far it is with '
          '"marconi-manage queue moves".')


def moves(conf):
    """show which queues are moving, and why some cannot"""
    with catalogue.opened(conf) as store:
        rows = [(move.project, move.name, move.source or names.DEFAULT,
                 move.target or names.DEFAULT, tables.time(move.requested_at), move.error)
                for move in store.moves.list()]
    tables.show(rows, COLUMNS, conf.command.json, 'No queue is moving.')
