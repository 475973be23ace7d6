"""marconi-manage db: the database schema."""

from marconi import exception
from marconi.cmd import common

HELP = 'the database schema'


def add_commands(commands):
    for name, action in (('sync', sync), ('current', current), ('check', check)):
        commands.add_parser(name, help=action.__doc__).set_defaults(action=action)


def sync(conf):
    """make the tables, or bring them up to date"""
    migration = _migration()
    migration.upgrade(conf.database.connection)
    print(f'{_database(conf)} is at revision {migration.head()}.')


def current(conf):
    """print the revision of the database"""
    print(_migration().current(conf.database.connection)
          or 'none: the database was never set up')


def check(conf):
    """end with 0 if the database fits this release"""
    migration = _migration()
    try:
        migration.check(conf.database.connection)
    except exception.SchemaMismatch as error:
        common.fail(error)
    print(f'{_database(conf)} fits this release (revision {migration.head()}).')


def _migration():
    from marconi.storage.sqlalchemy import migration  # late: the help needs no database
    return migration


def _database(conf):
    return common.describe(conf.database.connection)
