"""Counting the messages of a queue, page by page."""

import sqlalchemy as sa

from marconi.storage.sqlalchemy import engine
from marconi.storage.sqlalchemy import tables

_messages, _streams = tables.messages.c, tables.streams.c
_FLOOR = sa.select(_streams.floor).where(
    _streams.id == sa.bindparam('queue')).scalar_subquery()


def statement(database):
    """Return the SELECT that measures one page, with ``last`` and ``looked_at``.

    Parameters: queue, after, limit, until, now.
    """
    # Along the primary key whatever is counted: expired rows are part of the page, so that
    # no page goes over more rows than another.
    page = database.paths.through(
        sa.select(_messages.seq, _messages.created_at, _messages.expires_at,
                  sa.func.length(_messages.body).label('size')),
        tables.messages.primary_key,
    ).where(
        _messages.queue_id == sa.bindparam('queue'),
        _messages.seq > sa.bindparam('after'), _messages.seq > _FLOOR,
    ).order_by(_messages.queue_id, _messages.seq).limit(
        sa.bindparam('limit', type_=sa.Integer)).subquery('page').c
    lives = sa.and_(page.expires_at > engine.NOW, page.created_at <= sa.bindparam('until'))
    return sa.select(
        _sum(sa.case((lives, 1), else_=0)).label('messages'),
        _sum(sa.case((lives, page.size), else_=0)).label('bytes'),
        sa.func.max(page.seq).label('last'),
        sa.func.count().label('looked_at'))


def _sum(what):
    return sa.func.coalesce(sa.func.sum(what), 0)
