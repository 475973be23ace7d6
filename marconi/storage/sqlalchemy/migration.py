"""Making and changing the schema, with Alembic."""

import pathlib
import secrets

from alembic import command
from alembic import config
from alembic.runtime import migration
from alembic.script import ScriptDirectory
import sqlalchemy as sa
from sqlalchemy import exc

from marconi import exception
from marconi.storage.sqlalchemy import connecting
from marconi.storage.sqlalchemy import engine as engines
from marconi.storage.sqlalchemy import faults
from marconi.storage.sqlalchemy import store
from marconi.storage.sqlalchemy import tables

SCRIPTS = pathlib.Path(__file__).parent / 'alembic'
#: The phases of an upgrade: what a revision says of itself. EXPAND adds what
#: new code needs, and old code does not mind. CONTRACT takes away what only old
#: code used. In a release those that contract come last.
EXPAND, CONTRACT = 'expand', 'contract'


def upgrade(url, revision='head'):
    """Bring a database to ``revision``; nothing happens if it is there.

    :raises StorageUnavailable: the database does not answer.
    :raises SchemaMismatch: the database is newer than this code.
    """
    with _connection(url) as connection:
        _refuse_newer(_current(connection))
        scripts = _config()
        scripts.attributes['connection'] = connection
        command.upgrade(scripts, revision)
        _make_secrets(connection)


def expand(url):
    """Add what this code needs; the code of the release before goes on working.

    What an earlier release left to contract is done with it: nobody is left of
    the releases before that one.

    :raises StorageUnavailable: the database does not answer.
    :raises SchemaMismatch: the database is newer than this code.
    """
    if not _is_expanded(current(url)):
        upgrade(url, expanded())


def contract(url):
    """Remove what only the code of the release before used.

    :raises StorageUnavailable: the database does not answer.
    :raises SchemaMismatch: the database is newer than this code, or was not
        expanded yet, so that there is old code at work.
    """
    found = current(url)
    _refuse_newer(found)
    if not _is_expanded(found):
        raise exception.SchemaMismatch(
            f'The database {_state(found)}: run "marconi-manage db sync --expand" first, and '
            'restart every process with this release.')
    upgrade(url)


def current(url):
    """Return the revision of a database, or None if it was never set up."""
    with _connection(url) as connection:
        return _current(connection)


def head():
    """Return the revision that this code was made for."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def expanded():
    """Return the revision that has all that this code needs."""
    return [script.revision for script in _scripts() if script.module.phase == EXPAND][-1]


def check(url):
    """Return whether the database has nothing left to contract; all else fits this code.

    :raises ValueError: the URL is malformed or of an unknown kind.
    :raises StorageUnavailable: the database does not answer.
    :raises SchemaMismatch: says which is older and what to do.
    """
    with _connection(url, engines.Database.SILENCE) as connection:
        try:
            found = _current(connection)
        except exc.DBAPIError as error:
            raise exception.StorageUnavailable(
                f'The database cannot be read: {faults.brief(error)}') from error
    _refuse_newer(found)
    if not _is_expanded(found):
        raise exception.SchemaMismatch(
            f'The database {_state(found)}, and this code needs {expanded()}: '
            'run "marconi-manage db sync", with --expand while older processes run.')
    return found == head()


def _state(found):
    return 'was never set up' if found is None else f'is at revision {found}'


def _is_expanded(found):
    """Whether a revision that this code knows has all that it needs."""
    revisions = [script.revision for script in _scripts()]
    return found in revisions[revisions.index(expanded()):]


def _scripts():
    """All revisions, oldest first."""
    return list(ScriptDirectory.from_config(_config()).walk_revisions())[::-1]


def _refuse_newer(found):
    if found is None:
        return
    if found not in {script.revision for script in _scripts()}:
        raise exception.SchemaMismatch(
            f'The database is at revision {found}, which is newer than this code '
            f'({head()}): install the newer Marconi again, or use another database.')


def _config():
    scripts = config.Config()
    scripts.set_main_option('script_location', str(SCRIPTS))
    return scripts


def _current(connection):
    return migration.MigrationContext.configure(connection).get_current_revision()


class _connection:
    """A connection of its own, closed for good at the end."""

    def __init__(self, url, silence=None):
        """
        :param silence: see ``connecting.make_engine``.
        """
        self._engine = connecting.make_engine(url, silence)

    def __enter__(self):
        try:
            self._connection = self._engine.connect()
        except exc.DBAPIError as error:
            self._engine.dispose()
            raise exception.StorageUnavailable(
                f'The database does not answer: {faults.brief(error)}') from error
        except (TypeError, ValueError) as error:
            self._engine.dispose()
            raise ValueError(
                'The database cannot be used: a part of its URL is unknown or malformed.',
            ) from error
        return self._connection

    def __exit__(self, *error):
        self._connection.close()
        self._engine.dispose()


def _make_secrets(connection):
    """Make what is made once for a database and then kept."""
    name = tables.settings.c.name
    if connection.scalar(sa.select(name).where(name == store.ID_KEY)) is None:
        connection.execute(sa.insert(tables.settings),
                           {'name': store.ID_KEY, 'value': secrets.token_hex(16)})
