"""marconi-manage db: the database schema."""

from marconi import exception
from marconi.cmd import common

HELP = 'the database schema'


def add_commands(commands):
    for name, action in (('sync', sync), ('current', current), ('check', check)):
        command = commands.add_parser(name, help=action.__doc__)
        command.set_defaults(action=action)
        if action is sync:
            _add_phases(command)


def _add_phases(command):
    phases = command.add_mutually_exclusive_group()
    phases.add_argument('--expand', action='store_true',
                        help='only add what this release needs: processes of the release '
                             'before may go on running')
    phases.add_argument('--contract', action='store_true',
                        help='then remove what only the release before used, when no process '
                             'of it runs any more')


def sync(conf):
    """make the tables, or bring them up to date"""
    migration, url = _migration(), conf.database.connection
    if conf.command.expand:
        migration.expand(url)
    elif conf.command.contract:
        migration.contract(url)
    else:
        migration.upgrade(url)
    print(f'{_database(conf)} is at revision {migration.current(url)}.')


def current(conf):
    """print the revision of the database"""
    print(_migration().current(conf.database.connection)
          or 'none: the database was never set up')


def check(conf):
    """end with 0 if the database fits this release"""
    migration, url = _migration(), conf.database.connection
    try:
        contracted = migration.check(url)
    except exception.SchemaMismatch as error:
        common.fail(error)
    print(f'{_database(conf)} fits this release (revision {migration.current(url)}).')
    if not contracted:
        print('When no process of the release before runs any more, '
              'run "marconi-manage db sync --contract".')


def _migration():
    from marconi.storage.sqlalchemy import migration  # late: the help needs no database
    return migration


def _database(conf):
    return common.describe(conf.database.connection)
