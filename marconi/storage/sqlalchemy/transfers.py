"""One end of a queue's move between two stores.

At both ends the token is the generation of the stream, which is locked and
compared by everything that changes something. So of two who carry the same
queue, because one was thought dead, only the later one gets anything done.
"""

import msgspec
import sqlalchemy as sa

from marconi import exception
from marconi.storage import pooling
from marconi.storage.sqlalchemy import engine
from marconi.storage.sqlalchemy import posting
from marconi.storage.sqlalchemy import tables

_claims, _delays, _messages = tables.claims.c, tables.delays.c, tables.messages.c
_streams = tables.streams.c
_STREAM = _streams.id == sa.bindparam('queue')
_QUEUE = _messages.queue_id == sa.bindparam('queue')
_AFTER = _messages.seq > sa.bindparam('after')
_UPTO = _messages.seq <= sa.bindparam('upto')
_SEQS = _messages.seq.in_(sa.bindparam('seqs', expanding=True))
_LIMIT = sa.bindparam('limit', type_=sa.Integer)
#: What may change in a message while it is copied.
_STATE = (_messages.seq, _messages.available_at, _messages.expires_at,
          _messages.claim_count, _messages.claim_id)


#: How many positions one statement names at most.
MOST_SEQS = 1000


class Rest(msgspec.Struct, frozen=True):
    """What a stream has besides its messages."""

    #: No position that was ever given to a message is greater.
    top: int
    #: {name of a table: list of its rows as dicts}
    rows: dict


#: The floor of a stream of which the other end has not told it yet.
_UNKNOWN = -1


class Transfers(pooling.Transfers):

    _FIND = sa.select(*_streams).where(_STREAM)
    _MAKE = sa.insert(tables.streams).values(
        id=sa.bindparam('queue'), generation=1, floor=_UNKNOWN, last_seq=0, closed_at=-engine.NOW)
    _SEAL = sa.update(tables.streams).where(_STREAM).values(
        generation=_streams.generation + 1, closed_at=-engine.NOW)
    _BEGIN = _SEAL.values(floor=_UNKNOWN)
    _SET_FLOOR = sa.update(tables.streams).where(_STREAM).values(floor=sa.bindparam('new_floor'))
    _COMPLETE = sa.update(tables.streams).where(_STREAM).values(last_seq=sa.bindparam('top'))
    _OPEN = sa.update(tables.streams).where(_STREAM).values(
        generation=_streams.generation + 1, closed_at=None)
    _CLOSE = _SEAL.values(floor=tables.FOREVER)

    _LAST = sa.select(_messages.seq).where(_QUEUE).order_by(_messages.seq.desc()).limit(1)
    _SIZES = sa.select(_messages.seq, sa.func.length(_messages.body).label('size')).where(
        _QUEUE).order_by(_messages.seq)
    _READ = _SIZES.where(_AFTER, _messages.seq > sa.select(_streams.floor).where(
        _STREAM).scalar_subquery()).limit(_LIMIT)
    _SIZES_OF = _SIZES.where(_SEQS)
    _PICK = sa.select(*_messages).where(_QUEUE, _SEQS).order_by(_messages.seq)
    _LEAVING = sa.select(*_STATE).where(_QUEUE, _AFTER).order_by(_messages.seq).limit(_LIMIT)
    _HERE = sa.select(*_STATE).where(_QUEUE, _AFTER, _UPTO).order_by(_messages.seq)
    _REMOVE = sa.delete(tables.messages).where(_QUEUE, _SEQS)
    _REMOVE_RANGE = sa.delete(tables.messages).where(_QUEUE, _AFTER, _UPTO)
    #: When messages come free of which neither a claim nor a delay tells.
    _UNTOLD = sa.select(_messages.available_at).where(
        _QUEUE, _messages.available_at > tables.RETURNED,
        _messages.available_at.not_in(sa.select(_claims.expires_at).where(
            _claims.queue_id == sa.bindparam('queue')))).distinct()

    def __init__(self, store):
        self.database = store.database
        self.garbage = store.streams.garbage

    # Where the queue arrives.

    @engine.writing
    def receive(self, connection, queue, begun):
        stream = self._find(connection, queue)
        if stream is None:
            connection.execute(self._MAKE, self._of(queue))
            return 1
        if stream.closed_at is None:
            raise RuntimeError(f'Queue {queue.id} is in use where it is to arrive.')
        connection.execute(self._SEAL if begun else self._BEGIN, self._of(queue))
        self.garbage.drop(connection, queue.id)
        return stream.generation + 1

    @engine.reading
    def last(self, connection, queue):
        return connection.scalar(self._LAST, {'queue': queue.id}) or 0

    @engine.writing
    def expect(self, connection, queue, token, floor):
        if self._check(connection, queue, token).floor == _UNKNOWN:
            connection.execute(self._SET_FLOOR, {'queue': queue.id, 'new_floor': floor})

    @engine.writing
    def put(self, connection, queue, token, rows):
        self._check(connection, queue, token)
        self.database.insert_many(connection, tables.messages, rows)

    @engine.writing
    def settle(self, connection, queue, token, after, upto, states):
        self._check(connection, queue, token)
        here = set(map(tuple, connection.execute(self._HERE, {
            'queue': queue.id, 'after': after, 'upto': upto})))
        states = set(map(tuple, states))
        wrong = here - states
        # Gone, or changed since they were copied.
        wrong = sorted(seq for seq, *_ in wrong)
        for start in range(0, len(wrong), MOST_SEQS):
            connection.execute(self._REMOVE, {
                'queue': queue.id, 'seqs': wrong[start:start + MOST_SEQS]})
        return sorted(seq for seq, *_ in states - here)

    @engine.writing
    def complete(self, connection, queue, token, rest):
        stream = self._check(connection, queue, token)
        for name, rows in rest.rows.items():
            table = tables.metadata.tables[name]
            connection.execute(sa.delete(table).where(table.c.queue_id == queue.id))
            if rows:
                self.database.insert_many(connection, table, rows)
        connection.execute(sa.delete(tables.delays).where(_delays.queue_id == queue.id))
        untold = connection.scalars(self._UNTOLD, {'queue': queue.id}).all()
        if untold:
            self.database.insert_many(connection, tables.delays, [
                {'queue_id': queue.id, 'due_at': time, 'sweep_at': time} for time in untold])
        self.database.raise_sequence(connection, tables.message_seq, rest.top)
        connection.execute(self._COMPLETE, {
            'queue': queue.id, 'top': max(rest.top, stream.last_seq)})
        # What was purged while it was copied.
        self.garbage.put(connection, queue.id)

    @engine.writing
    def open(self, connection, queue):
        if _in_transit(self._find(connection, queue)):
            connection.execute(self._OPEN, {'queue': queue.id})

    @engine.writing
    def drop(self, connection, queue):
        if _in_transit(self._find(connection, queue)):
            self._close(connection, queue)

    # Where it comes from.

    @engine.reading
    def read(self, connection, queue, after, limit):
        sizes = connection.execute(self._READ, {
            'queue': queue.id, 'after': after, 'limit': limit}).all()
        for seqs in _portions(sizes):
            return self._pick(connection, queue, seqs), (
                len(seqs) < len(sizes) or len(sizes) == limit)
        return [], False

    @engine.reading
    def sealed(self, connection, queue):
        return _in_transit(connection.execute(self._FIND, {'queue': queue.id}).first())

    @engine.writing
    def seal(self, connection, queue):
        stream = self._find(connection, queue)
        if stream is None or not (stream.closed_at is None or _in_transit(stream)):
            return None
        connection.execute(self._SEAL, self._of(queue))
        return pooling.Sealed(token=stream.generation + 1, floor=stream.floor)

    @engine.writing
    def unseal(self, connection, queue, token):
        self._check(connection, queue, token)
        connection.execute(self._OPEN, {'queue': queue.id})

    @engine.writing
    def hand_over(self, connection, queue, token, limit, settle, put):
        after = self._check(connection, queue, token).floor
        states = connection.execute(self.database.locking(self._LEAVING), {
            'queue': queue.id, 'after': after, 'limit': limit}).all()
        more = len(states) == limit
        missing = settle(after, states[-1].seq if more else tables.FOREVER, states)
        if missing:
            sizes = connection.execute(self._SIZES_OF, {'queue': queue.id, 'seqs': missing})
            for seqs in _portions(sizes):
                put(self._pick(connection, queue, seqs))
        if states:
            last = states[-1].seq
            connection.execute(self._REMOVE_RANGE, {
                'queue': queue.id, 'after': after, 'upto': last})
            # What is at the floor and below it has left.
            connection.execute(self._SET_FLOOR, {'queue': queue.id, 'new_floor': last})
        return more

    @engine.reading
    def rest(self, connection, queue):
        top = connection.execute(self._FIND, {'queue': queue.id}).one().last_seq
        if self.database.has_sequences:
            top = self.database.sequence_value(connection, tables.message_seq)
        return Rest(top=top, rows={
            table.name: self._rows(connection, sa.select(*table.c).where(
                table.c.queue_id == sa.bindparam('queue')), {'queue': queue.id})
            for table in (tables.claims, tables.moved)})

    @engine.writing
    def leave(self, connection, queue):
        if _in_transit(self._find(connection, queue)):
            self._close(connection, queue)

    # What both ends do.

    def _find(self, connection, queue):
        """Lock and return the stream, or None."""
        return connection.execute(self.database.locking(self._FIND), {'queue': queue.id}).first()

    def _check(self, connection, queue, token):
        stream = self._find(connection, queue)
        if not _in_transit(stream) or stream.generation != token:
            raise exception.LostLease(work=f'the move of queue {queue.id}')
        return stream

    def _pick(self, connection, queue, seqs):
        return self._rows(connection, self._PICK, {'queue': queue.id, 'seqs': seqs})

    def _close(self, connection, queue):
        connection.execute(self._CLOSE, self._of(queue))
        self.garbage.put(connection, queue.id)

    def _of(self, queue):
        return {'queue': queue.id, 'now': self.database.now()}

    @staticmethod
    def _rows(connection, statement, values):
        return [dict(row._mapping) for row in connection.execute(statement, values)]


def _in_transit(stream):
    """Return whether a stream is sealed, and did not leave for good."""
    return (stream is not None and stream.closed_at is not None and stream.closed_at < 0
            and stream.floor != tables.FOREVER)


def _portions(sizes):
    """Return lists of positions whose messages together fit into one statement.

    :param sizes: rows of (seq, size of the body).
    """
    portion, weight = [], 0
    for row in sizes:
        weight += row.size + posting.OVERHEAD
        if portion and (weight > posting.GROUP_BYTES or len(portion) == MOST_SEQS):
            yield portion
            portion, weight = [], row.size + posting.OVERHEAD
        portion.append(row.seq)
    if portion:
        yield portion
