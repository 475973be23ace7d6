"""Purged and closed queues: leaving them to the janitor, and cleaning up."""

import sqlalchemy as sa

from marconi.storage.sqlalchemy import engine
from marconi.storage.sqlalchemy import tables

_garbage, _streams = tables.garbage.c, tables.streams.c
_LIMIT = sa.bindparam('batch', type_=sa.Integer)
_OF_QUEUE = sa.bindparam('queue')

#: For so many milliseconds a closed queue is remembered, so that a process
#: that was about to open it finds it closed and does not make it anew.
CLOSED_FOR = 3_600_000


class Garbage:

    #: What there is to clean up.
    DUE = sa.select(_garbage.queue_id, engine.NOW.label('now')).where(
        _garbage.due_at <= engine.NOW).order_by(_garbage.due_at).limit(_LIMIT)
    _STREAM = sa.select(_streams.floor, _streams.closed_at).where(_streams.id == _OF_QUEUE)
    _PUT = sa.insert(tables.garbage).values(
        queue_id=sa.bindparam('queue'), due_at=engine.NOW)
    _DROP = sa.delete(tables.garbage).where(_garbage.queue_id == _OF_QUEUE)
    _DROP_STREAM = sa.delete(tables.streams).where(_streams.id == _OF_QUEUE)
    _POSTPONE = sa.update(tables.garbage).where(
        _garbage.queue_id == _OF_QUEUE).values(due_at=sa.bindparam('later'))

    def __init__(self, database):
        self.database = database

    def put(self, connection, queue_id):
        """Leave a purged or closed queue to the janitor; its stream is locked."""
        # Delete and insert is an upsert on every database; the lock on the
        # stream's row keeps others out.
        self.drop(connection, queue_id)
        connection.execute(self._PUT, {'queue': queue_id, 'now': self.database.now()})

    def drop(self, connection, queue_id):
        """Keep the janitor off a queue again; its stream is locked."""
        connection.execute(self._DROP, {'queue': queue_id})

    def remove(self, connection, batch):
        """Remove up to ``batch`` rows of purged and closed queues."""
        done = 0
        due = connection.execute(
            self.database.locking(self.DUE, skip_locked=True),
            {'batch': batch, 'now': self.database.now()}).all()
        for row in due:  # each counts, so that a full batch tells of more
            done += max(1, self._clean(connection, row.queue_id, row.now, batch - done))
            if done >= batch:
                break
        return done

    def _clean(self, connection, queue_id, now, batch):
        key = {'queue': queue_id}
        stream = connection.execute(self.database.locking(self._STREAM), key).first()
        if stream is None:
            connection.execute(self._DROP, key)
            return 0
        done = self._some(connection, _BELOW, key | {'floor': stream.floor}, batch)
        closed_at = abs(stream.closed_at) if stream.floor == tables.FOREVER else None
        if closed_at is not None:
            for which in (_CLAIMS, _DELAYS):
                done += self._some(connection, which, key, batch - done)
        if done < batch:
            self._finish(connection, key, closed_at, now)
        return done

    @staticmethod
    def _some(connection, which, values, batch):
        """Delete up to ``batch`` rows that ``which`` picks; return how many there were.

        By the last of them: to ask for all their keys and delete by these takes two to three
        times as long.
        """
        if batch <= 0:
            return 0
        last, up_to, all = which
        key = connection.scalar(last, values | {'before': batch - 1})
        if key is None:  # there are fewer
            return connection.execute(all, values).rowcount
        connection.execute(up_to, values | {'last': key})
        # Even if other sweeps were faster with some of them: there may be more behind.
        return batch

    def _finish(self, connection, key, closed_at, now):
        """Nothing is left of the queue: forget it, now or when it is safe."""
        if closed_at is None:
            connection.execute(self._DROP, key)
        elif closed_at + CLOSED_FOR > now:
            connection.execute(self._POSTPONE, key | {'later': closed_at + CLOSED_FOR})
        else:
            connection.execute(self._DROP, key)
            connection.execute(self._DROP_STREAM, key)


def _rows_of_queue(column, *conditions):
    """Return three statements on the rows of a queue, in the order of their keys in ``column``.

    A SELECT of the key that has ``before`` others before it; a DELETE up to the key ``last``;
    a DELETE of all.
    """
    which = column.table.c.queue_id == _OF_QUEUE, *conditions
    delete = sa.delete(column.table).where(*which)
    return (sa.select(column).where(*which).order_by(column).offset(
                sa.bindparam('before', type_=sa.Integer)).limit(1),
            delete.where(column <= sa.bindparam('last')), delete)


_BELOW = _rows_of_queue(tables.messages.c.seq,
                        tables.messages.c.seq <= sa.bindparam('floor'))
_CLAIMS = _rows_of_queue(tables.claims.c.id)
_DELAYS = _rows_of_queue(tables.delays.c.due_at)
