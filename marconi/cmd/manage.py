"""marconi-manage: what an operator does to the database."""

import sys

from oslo_config import cfg

from marconi import exception
from marconi.cmd import common


def main(args=None):
    """Run one command; return the exit code."""
    return common.run(lambda: _main(args))


def _main(args):
    conf = common.configure(args, cli_opts=[cfg.SubCommandOpt(
        'command', title='Commands', handler=_add_commands)])
    # Imported late: the help needs no database.
    from marconi.storage.sqlalchemy import migration
    return conf.command.action(conf, migration)


def _add_commands(groups):
    database = groups.add_parser('db', help='the database schema')
    commands = database.add_subparsers(dest='db_command', required=True)
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


def sync(conf, migration):
    """make the tables, or bring them up to date"""
    url = conf.database.connection
    if conf.command.expand:
        migration.expand(url)
    elif conf.command.contract:
        migration.contract(url)
    else:
        migration.upgrade(url)
    print(f'{_database(conf)} is at revision {migration.current(url)}.')


def current(conf, migration):
    """print the revision of the database"""
    print(migration.current(conf.database.connection) or 'none: the database was never set up')


def check(conf, migration):
    """end with 0 if the database fits this release"""
    try:
        contracted = migration.check(conf.database.connection)
    except exception.SchemaMismatch as error:
        common.fail(error)
    print(f'{_database(conf)} fits this release (revision '
          f'{migration.current(conf.database.connection)}).')
    if not contracted:
        print('When no process of the release before runs any more, '
              'run "marconi-manage db sync --contract".')


def _database(conf):
    return common.describe(conf.database.connection)


if __name__ == '__main__':
    sys.exit(main())
