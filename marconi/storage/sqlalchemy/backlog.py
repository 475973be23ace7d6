"""How many messages are where: a walk along an index, a bounded part at a time."""

import sqlalchemy as sa

from marconi.storage import monitoring
from marconi.storage.sqlalchemy import engine
from marconi.storage.sqlalchemy import tables

_messages, _streams = tables.messages.c, tables.streams.c
_QUEUE = sa.bindparam('queue', type_=sa.BigInteger)


class Backlog(monitoring.Backlog):

    # The index on (queue_id, available_at, seq) has all of this in this order.
    _NEXT = sa.select(_messages.queue_id, _messages.available_at).where(
        _messages.queue_id > sa.bindparam('after', type_=sa.BigInteger),
    ).order_by(_messages.queue_id, _messages.available_at, _messages.seq).limit(
        sa.bindparam('most', type_=sa.Integer)).subquery('following')
    _COUNT = sa.select(
        _NEXT.c.queue_id, sa.func.count().label('messages'),
        sa.func.sum(sa.case((_NEXT.c.available_at > engine.NOW, 1), else_=0)).label('held'),
    ).group_by(_NEXT.c.queue_id).order_by(_NEXT.c.queue_id)
    _OLDEST = sa.select(engine.NOW - _messages.created_at).where(
        _messages.queue_id == _QUEUE,
        _messages.seq > sa.select(_streams.floor).where(_streams.id == _QUEUE).scalar_subquery(),
    ).order_by(_messages.seq).limit(1)

    def __init__(self, database):
        self.database = database

    @engine.reading
    def count(self, connection, after, limit):
        rows = connection.execute(self._COUNT, {
            'after': after, 'most': limit, 'now': self.database.now()}).all()
        counts = {row.queue_id: (row.messages - int(row.held), int(row.held)) for row in rows}
        if sum(row.messages for row in rows) < limit:
            return counts, None
        if len(rows) > 1:  # the last one may have more
            del counts[rows[-1].queue_id]
        return counts, max(counts)

    @engine.reading
    def oldest(self, connection, queue_ids):
        now, ages = self.database.now(), {}
        for queue_id in queue_ids:
            age = connection.scalar(self._OLDEST, {'queue': queue_id, 'now': now})
            if age is not None:
                ages[queue_id] = age
        return ages
