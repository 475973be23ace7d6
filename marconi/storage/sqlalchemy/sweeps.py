"""Reclaiming space, one bounded transaction at a time."""

import sqlalchemy as sa

from marconi.storage import base
from marconi.storage.sqlalchemy import engine
from marconi.storage.sqlalchemy import tables

_claims, _garbage, _messages = tables.claims.c, tables.garbage.c, tables.messages.c
_moved, _streams = tables.moved.c, tables.streams.c
_LIMIT = sa.bindparam('batch', type_=sa.Integer)

#: For so many milliseconds a closed queue is remembered, so that a process
#: that was about to open it finds it closed and does not make it anew.
CLOSED_FOR = 3_600_000
#: For so many milliseconds after its move a dead letter's old id works as a
#: marker even if the message is gone.
MOVED_FOR = 14 * 86_400_000


class Sweeps(base.Sweeps):

    _EXPIRED = sa.select(_messages.queue_id, _messages.seq).where(
        _messages.expires_at <= engine.NOW).order_by(_messages.expires_at).limit(_LIMIT)
    _EXPIRED_CLAIMS = sa.select(_claims.queue_id, _claims.id).where(
        _claims.expires_at <= engine.NOW).order_by(_claims.expires_at).limit(_LIMIT)
    _QUEUES_WITH_DUE = sa.select(_streams.id).where(
        _streams.id > sa.bindparam('last'),
        sa.exists().where(_messages.queue_id == _streams.id,
                          _messages.available_at > tables.RETURNED,
                          _messages.available_at <= engine.NOW),
    ).order_by(_streams.id).limit(_LIMIT)
    _DUE = sa.select(_messages.queue_id, _messages.seq).where(
        _messages.queue_id == sa.bindparam('queue'),
        _messages.available_at > tables.RETURNED,
        _messages.available_at <= engine.NOW,
    ).order_by(_messages.available_at).limit(_LIMIT)
    _BELOW = sa.select(_messages.queue_id, _messages.seq).where(
        _messages.queue_id == sa.bindparam('queue'),
        _messages.seq <= sa.bindparam('floor')).order_by(_messages.seq).limit(_LIMIT)
    _CLAIMS_OF = sa.select(_claims.queue_id, _claims.id).where(
        _claims.queue_id == sa.bindparam('queue')).limit(_LIMIT)
    _GARBAGE = sa.select(_garbage.queue_id, engine.NOW.label('now')).where(
        _garbage.due_at <= engine.NOW).order_by(_garbage.due_at).limit(_LIMIT)
    _STREAM = sa.select(_streams.floor, _streams.closed_at).where(
        _streams.id == sa.bindparam('queue'))
    _MOVED = sa.select(_moved.queue_id, _moved.origin_queue, _moved.origin_seq).where(
        _moved.moved_at <= engine.NOW - MOVED_FOR,
        ~sa.exists().where(_messages.queue_id == _moved.queue_id,
                           _messages.seq == _moved.seq),
    ).order_by(_moved.moved_at).limit(_LIMIT)

    def __init__(self, database):
        self.database = database

    @engine.writing
    def expired_messages(self, connection, batch):
        return self._delete(connection, tables.messages, self._EXPIRED, batch)

    @engine.writing
    def expired_claims(self, connection, batch):
        return self._delete(connection, tables.claims, self._EXPIRED_CLAIMS, batch)

    def returned_messages(self, batch):
        done, last = 0, 0
        while done < batch:
            queues = self._queues_with_due(last, batch)
            for last in queues:
                done += self._file(last, batch - done)
                if done >= batch:
                    break
            if len(queues) < batch:
                break
        return done

    @engine.writing
    def purged_messages(self, connection, batch):
        done = 0
        for row in connection.execute(self._GARBAGE, self._values(batch)).all():
            done += self._clean(connection, row.queue_id, row.now, batch - done)
            if done >= batch:
                break
        return done

    @engine.writing
    def moved_ids(self, connection, batch):
        return self._delete(connection, tables.moved, self._MOVED, batch)

    @engine.reading
    def _queues_with_due(self, connection, last, batch):
        return connection.scalars(self._QUEUES_WITH_DUE,
                                  self._values(batch, last=last)).all()

    @engine.writing
    def _file(self, connection, queue_id, batch):
        seqs = [row.seq for row in self._pick(connection, self._DUE, batch,
                                              queue=queue_id)]
        if seqs:
            connection.execute(_FILE, {'queue': queue_id, 'seqs': seqs})
        return len(seqs)

    def _clean(self, connection, queue_id, now, batch):
        """Remove up to ``batch`` rows of a queue that was purged or closed."""
        key = {'queue': queue_id}
        stream = connection.execute(self.database.locking(self._STREAM), key).first()
        if stream is None:
            connection.execute(_DROP_GARBAGE, key)
            return 0
        done = self._delete(connection, tables.messages, self._BELOW, batch,
                            floor=stream.floor, **key)
        if stream.closed_at is not None and done < batch:
            done += self._delete(connection, tables.claims, self._CLAIMS_OF,
                                 batch - done, **key)
        if done < batch:
            self._finish(connection, key, stream.closed_at, now)
        return done

    @staticmethod
    def _finish(connection, key, closed_at, now):
        """Nothing is left of the queue: forget it, now or when it is safe."""
        if closed_at is None:
            connection.execute(_DROP_GARBAGE, key)
        elif closed_at + CLOSED_FOR > now:
            connection.execute(_POSTPONE, {**key, 'later': closed_at + CLOSED_FOR})
        else:
            connection.execute(_DROP_GARBAGE, key)
            connection.execute(_DROP_STREAM, key)

    def _delete(self, connection, table, which, batch, **values):
        """Delete the rows that ``which`` picks by primary key; return how many."""
        picked = self._pick(connection, which, batch, **values)
        if picked:
            connection.execute(_by_key(table), {'keys': [tuple(row) for row in picked]})
        return len(picked)

    def _pick(self, connection, which, batch, **values):
        return connection.execute(self.database.locking(which, skip_locked=True),
                                  self._values(batch, **values)).all()

    def _values(self, batch, **values):
        return {'batch': batch, 'now': self.database.now(), **values}


def _by_key(table):
    return sa.delete(table).where(
        sa.tuple_(*table.primary_key.columns).in_(sa.bindparam('keys', expanding=True)))


_FILE = sa.update(tables.messages).where(
    _messages.queue_id == sa.bindparam('queue'),
    _messages.seq.in_(sa.bindparam('seqs', expanding=True)),
).values(available_at=tables.RETURNED, claim_id=None)
_DROP_GARBAGE = sa.delete(tables.garbage).where(_garbage.queue_id == sa.bindparam('queue'))
_DROP_STREAM = sa.delete(tables.streams).where(_streams.id == sa.bindparam('queue'))
_POSTPONE = sa.update(tables.garbage).where(
    _garbage.queue_id == sa.bindparam('queue')).values(due_at=sa.bindparam('later'))
