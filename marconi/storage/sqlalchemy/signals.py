"""What those who wait must know of their queues, in one statement for all."""

import sqlalchemy as sa

from marconi import objects
from marconi.storage.sqlalchemy import arrays
from marconi.storage.sqlalchemy import engine
from marconi.storage.sqlalchemy import tables

_messages, _streams = tables.messages.c, tables.streams.c


#: What the statement is told of each queue: see ``known.Known``.
_QUEUES = {name: sa.BigInteger() for name in ('ids', 'generation', 'bottom', 'head', 'due_after')}


def statement(database):
    """Return the statement that tells of many queues what waiters must know.

    Of those that hold no message it yields nothing. It makes use of what is known of them
    where the database has arrays.
    """
    source, which = tables.streams, []
    bounds = {'bottom': 0, 'head': _streams.floor, 'due_after': tables.RETURNED}
    if database.has_arrays:
        asked = arrays.unnested(_QUEUES)
        source = sa.join(source, asked, _streams.id == asked.c.ids)
        same = _streams.generation == asked.c.generation
        bounds = {name: sa.case((same, asked.c[name]), else_=bound)
                  for name, bound in bounds.items()}
    else:
        which = [database.among(_streams.id, 'ids')]
    tail = database.paths.through(sa.select(_messages.seq), tables.messages.primary_key).where(
        _messages.queue_id == _streams.id, _messages.seq > bounds['bottom']).order_by(
            _messages.seq.desc()).limit(1).scalar_subquery()
    return sa.select(
        _streams.id, _streams.closed_at, engine.NOW.label('now'), tail.label('tail'),
        sa.func.coalesce(_free(database, tables.FRESH, bounds['head']),
                         _free(database, tables.RETURNED, _streams.floor)).label('free'),
        _first(tables.claims.c.expires_at, bounds['due_after']).label('claim_ends_at'),
        _first(tables.delays.c.due_at, bounds['due_after']).label('delay_ends_at'),
    ).select_from(source).where(
        *which,
        # Most of those that are waited for are empty: one look into an index for each.
        # Not EXISTS, for which PostgreSQL might read all messages.
        sa.or_(_streams.closed_at.is_not(None), tail.is_not(None)))


def to_signal(row):
    """Return the ``Signal`` that a row of ``statement`` stands for; None if it is closed."""
    if row.closed_at is not None:
        return None
    ends = [when for when in (row.claim_ends_at, row.delay_ends_at) if when is not None]
    ends_in = min(ends) - row.now if ends else None
    due = ends_in is not None and ends_in <= 0
    return objects.Signal(tail=row.tail, due=due, ends_in=ends_in,
                          ready=due or row.free is not None)


def _first(column, after):
    """The least value of a column in one queue: the first entry of an index.

    Not MIN, which MariaDB and MySQL find by reading all of the queue.
    """
    return sa.select(column).where(
        column.table.c.queue_id == _streams.id, column > after,
    ).order_by(column).limit(1).scalar_subquery()


def _free(database, place, after):
    """The position of the first free message that is filed in one place."""
    living = sa.select(_messages.seq).where(_messages.expires_at + 0 > engine.NOW)
    return database.paths.along(living, tables.AVAILABLE, _streams.id, place,
                                after=after).limit(1).scalar_subquery()


def written(dialect):
    """Return a statement that tells what has been written; None if none does."""
    return _WRITTEN.get(dialect)


_WRITTEN = {
    # Which transactions can be seen: that changes when one ends that wrote something.
    'postgresql': sa.select(sa.cast(sa.func.pg_current_snapshot(), sa.Text).label('value')),
    # How far the log has got.
    'mysql': sa.text("SHOW GLOBAL STATUS WHERE variable_name IN "
                     "('Innodb_lsn_current', 'Innodb_redo_log_current_lsn')").columns(
                         name=sa.Text, value=sa.Text),
}
