"""From the ids that callers know to positions, those of dead letters included.

A dead letter keeps its id, which is made of its first queue and position. The
table ``moved`` leads from there to the position it has now, and does so for a
while after the message is gone, so that the id still works as a marker.
"""

import sqlalchemy as sa

from marconi.storage.sqlalchemy import tables

_messages, _moved = tables.messages.c, tables.moved.c
_FIND = sa.select(_moved.seq).where(
    _moved.queue_id == sa.bindparam('queue'),
    _moved.origin_queue == sa.bindparam('origin_queue'),
    _moved.origin_seq == sa.bindparam('origin_seq'))


class Moved:

    def __init__(self, ids):
        self.ids = ids

    def positions(self, connection, queue, ids):
        """Return the positions in ``queue`` that the ids stand for.

        Ids that are malformed or belong elsewhere are left out.
        """
        decode, positions = self.ids().decode, []
        for id in ids:
            pair = decode(id)
            if pair is None:
                continue
            if pair[0] == queue.id:
                positions.append(pair[1])
            else:
                positions += connection.scalars(_FIND, {
                    'queue': queue.id, 'origin_queue': pair[0], 'origin_seq': pair[1]})
        return positions

    def own(self, queue, ids):
        """Return the positions that the ids stand for; None if that takes a look.

        Malformed ones are left out.
        """
        pairs = [pair for pair in map(self.ids().decode, ids) if pair is not None]
        if all(id == queue.id for id, _ in pairs):
            return [seq for _, seq in pairs]
        return None

    def living(self, connection, queue, origins):
        """Return those of [(first queue, first position)] that are in ``queue`` now."""
        found = set()
        for origin in origins:
            seq = origin[1] if origin[0] == queue.id else connection.scalar(_FIND, {
                'queue': queue.id, 'origin_queue': origin[0], 'origin_seq': origin[1]})
            if seq and connection.scalar(_LIVES, {'queue': queue.id, 'seq': seq}):
                found.add(origin)
        return found

    def record(self, connection, rows, now):
        """Remember where dead letters came from.

        :param rows: dicts of ``tables.messages``, ready to be inserted.
        """
        for row in rows:
            # It may come this way again: from a queue whose dead letters
            # return to it.
            origin = {'origin_queue': row['origin_queue'], 'origin_seq': row['origin_seq']}
            connection.execute(_FORGET, {**origin, 'queue': row['queue_id']})
            connection.execute(sa.insert(tables.moved), {
                **origin, 'queue_id': row['queue_id'], 'seq': row['seq'], 'moved_at': now})


_LIVES = sa.select(_messages.seq).where(
    _messages.queue_id == sa.bindparam('queue'), _messages.seq == sa.bindparam('seq'))
_FORGET = sa.delete(tables.moved).where(
    _moved.queue_id == sa.bindparam('queue'),
    _moved.origin_queue == sa.bindparam('origin_queue'),
    _moved.origin_seq == sa.bindparam('origin_seq'))
