"""Changes of tables that are in use: what an expand migration may do to them.

Neither holds a lock for as long as it takes to go through a table. On a Galera
cluster every change of the schema stops all writes for as long as it takes; see
``wsrep_OSU_method`` in its manual before you index a large table there.
"""

import contextlib
import time

from alembic import op
from alembic.ddl import base as ddl
from alembic.operations import ops as operations
import sqlalchemy as sa
from sqlalchemy import exc

from marconi.storage.sqlalchemy import faults

#: Seconds to wait for the short lock that every change needs. Whoever comes
#: later queues up behind us meanwhile, so we give up soon and try again.
BRIEF = 1
ATTEMPTS = 120
_PAUSE = 0.5

_INVALID = sa.text(
    'SELECT EXISTS (SELECT 1 FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid '
    'WHERE relname = :name AND NOT indisvalid AND pg_table_is_visible(indrelid))')


def add_column(table, column):
    """Add a column that may be NULL, without going through the table.

    :raises ValueError: the column must not be NULL: old code would not fill it.
    """
    if not column.nullable:
        raise ValueError(f'{table}.{column.name} must be nullable: the release before, which '
                         'does not know it, goes on inserting.')
    if column.name in (it['name'] for it in sa.inspect(op.get_bind()).get_columns(table)):
        return  # by a migration that was interrupted
    with _brief_locks() as dialect:
        if dialect.name in ('mysql', 'mariadb'):
            statement = str(ddl.AddColumn(table, column).compile(dialect=dialect))
            _again(lambda: op.execute(f'{statement}, ALGORITHM=INSTANT'))
        else:
            _again(lambda: op.add_column(table, column))


def create_index(name, table, columns):
    """Make an index while others write into the table."""
    connection = op.get_bind()
    dialect = connection.dialect
    if dialect.name == 'postgresql' and connection.scalar(_INVALID, {'name': name}):
        # Left by an attempt that was interrupted; it would be kept up for nothing.
        op.drop_index(name, table, postgresql_concurrently=True)
    if name in (it['name'] for it in sa.inspect(connection).get_indexes(table)):
        return
    if dialect.name == 'postgresql':
        # It waits for all transactions that are under way, but nobody waits for it.
        with _setting('lock_timeout', '0'):
            op.create_index(name, table, columns, postgresql_concurrently=True)
        return
    with _brief_locks():
        if dialect.name == 'sqlite':
            op.create_index(name, table, columns)
            return
        index = operations.CreateIndexOp(name, table, columns).to_index()
        statement = str(sa.schema.CreateIndex(index).compile(dialect=dialect))
        _again(lambda: op.execute(f'{statement} ALGORITHM=INPLACE LOCK=NONE'))


@contextlib.contextmanager
def _brief_locks():
    dialect = op.get_bind().dialect
    if dialect.name == 'sqlite':
        yield dialect
    elif dialect.name == 'postgresql':
        with _setting('lock_timeout', f"'{BRIEF}s'"):
            yield dialect
    else:
        with _setting('SESSION lock_wait_timeout', BRIEF):
            yield dialect


@contextlib.contextmanager
def _setting(name, value):
    """Change a setting of the session for a while."""
    connection = op.get_bind()
    show = 'SHOW {}' if connection.dialect.name == 'postgresql' else 'SELECT @@{}'
    before = connection.exec_driver_sql(show.format(name.replace('SESSION ', ''))).scalar()
    connection.exec_driver_sql(f'SET {name} = {value}')
    try:
        yield
    finally:
        connection.exec_driver_sql(
            f'SET {name} = ' + (f"'{before}'" if isinstance(before, str) else str(before)))


def _again(change):
    """Run a change until it gets its lock.

    :raises DBAPIError: that of the last attempt.
    """
    for left in reversed(range(ATTEMPTS)):
        try:
            return change()
        except exc.DBAPIError as error:
            if not left or not faults.is_conflict(error):
                raise
        time.sleep(_PAUSE)
