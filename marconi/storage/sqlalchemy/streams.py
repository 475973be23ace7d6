"""What a pool knows of its queues: existence, order of posts, floor."""

import sqlalchemy as sa
from sqlalchemy import exc

from marconi import exception
from marconi.storage import base
from marconi.storage.sqlalchemy import engine
from marconi.storage.sqlalchemy import garbage
from marconi.storage.sqlalchemy import tables

_streams = tables.streams.c

#: The streams that may be posted to, locked in the order of their ids so that
#: no two groups of posts wait for each other.
_LOCK = sa.select(
    _streams.id, _streams.generation, _streams.last_seq, engine.NOW.label('now'),
).where(_streams.closed_at.is_(None)).order_by(_streams.id)


def locking(database):
    """Return the statement that locks the open ones of the streams ``ids``."""
    return database.locking(_LOCK.where(database.among(_streams.id, 'ids')))


def alive(queue, generation):
    """Return the condition that a remembered queue is still what it was."""
    return sa.exists().where(_streams.id == queue, _streams.generation == generation)


#: The same for parameters.
ALIVE = alive(sa.bindparam('queue'), sa.bindparam('generation'))


class Streams(base.Streams):

    _SHOW = sa.select(_streams.generation, _streams.floor, _streams.closed_at).where(
        _streams.id == sa.bindparam('queue'))
    _CHANGE = sa.update(tables.streams).where(
        _streams.id == sa.bindparam('queue'), _streams.closed_at.is_(None))
    _TOUCH = _CHANGE.values(generation=_streams.generation + 1)
    _PURGE = _TOUCH.values(floor=sa.bindparam('new_floor'))
    _CLOSE = _TOUCH.values(floor=tables.FOREVER, closed_at=engine.NOW)

    def __init__(self, database, ids):
        self.database = database
        self.ids = ids
        self.garbage = garbage.Garbage(database)
        self._raise_last = database.prepare(_RAISE_LAST)
        self._lock_all = database.prepare(locking(database))

    def open(self, queue):
        # Nobody deals with a queue before this. The key of ids takes a connection, which
        # those who hold one already might all wait for.
        self.ids()
        shown = self._show(queue)
        if shown is None:
            self._make(queue)
            shown = self._show(queue)
        if not _usable(queue, shown):
            return None
        return queue.evolve(generation=shown.generation, floor=shown.floor)

    @engine.writing
    def touch(self, connection, queue):
        if self._lock(connection, queue) is not None:
            self.renew(connection, queue.id)

    def renew(self, connection, queue_id):
        """Make everybody forget what they know of a queue; its stream is locked."""
        connection.execute(self._TOUCH, {'queue': queue_id})

    @engine.writing
    def purge(self, connection, queue):
        stream = self._lock(connection, queue)
        if stream is not None:
            [floor] = self.numbers(connection, stream, 1)
            connection.execute(self._PURGE, {'queue': queue.id, 'new_floor': floor})
            self.garbage.put(connection, queue.id)

    @engine.writing
    def close(self, connection, queue):
        if self._lock(connection, queue) is not None:
            connection.execute(self._CLOSE, {'queue': queue.id,
                                             'now': self.database.now()})
            self.garbage.put(connection, queue.id)

    def numbers(self, connection, stream, count):
        """Take the next ``count`` positions of a locked stream, ascending."""
        if self.database.has_sequences:
            return list(connection.scalars(_NEXT_NUMBERS, {'count': count}))
        last = stream.last_seq + count
        self._raise_last(connection, {'queue': stream.id, 'last': last})
        return list(range(stream.last_seq + 1, last + 1))

    def lock(self, connection, ids):
        """Lock streams for posting; return {id: row} of those that are open."""
        rows = self._lock_all(connection, {'ids': ids, 'now': self.database.now()})
        return {row.id: row for row in rows}

    def _lock(self, connection, queue):
        """Lock and return the stream; None if it is closed."""
        stream = self.lock(connection, [queue.id]).get(queue.id)
        if stream is None:
            _usable(queue, connection.execute(self._SHOW, {'queue': queue.id}).first())
        return stream

    @engine.reading
    def _show(self, connection, queue):
        return connection.execute(self._SHOW, {'queue': queue.id}).first()

    def _make(self, queue):
        try:
            self._insert(queue)
        except exc.IntegrityError:
            pass  # another process made it just now

    @engine.writing
    def _insert(self, connection, queue):
        connection.execute(sa.insert(tables.streams), {
            'id': queue.id, 'generation': 1, 'floor': 0, 'last_seq': 0})


def _usable(queue, stream):
    """Return whether a stream is there and not closed.

    :raises QueueSealed: it moves, or has moved, to another pool.
    """
    if stream is None or stream.closed_at is None:
        return stream is not None
    if stream.closed_at < 0:
        raise exception.QueueSealed(name=queue.name)
    return False


_NEXT_NUMBERS = sa.select(tables.message_seq.next_value()).select_from(
    sa.func.generate_series(1, sa.bindparam('count', type_=sa.Integer)))
_RAISE_LAST = sa.update(tables.streams).where(
    _streams.id == sa.bindparam('queue')).values(last_seq=sa.bindparam('last'))
