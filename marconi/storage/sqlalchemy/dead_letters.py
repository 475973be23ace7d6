"""Moving messages that were claimed too often, inside the claim's transaction."""

import sqlalchemy as sa

from marconi import exception
from marconi.storage.sqlalchemy import tables

_messages = tables.messages.c


class DeadLetterOffice:

    _LEAVE = sa.delete(tables.messages).where(
        _messages.queue_id == sa.bindparam('queue'),
        _messages.seq.in_(sa.bindparam('seqs', expanding=True)))

    def __init__(self, store):
        self.database = store.database
        self.streams = store.streams
        self.posting = store.posting
        self.moved = store.moved

    def move(self, connection, queue, dead, target, now):
        """Move locked rows to the dead letter queue.

        Posted there as any message is, so that its readers miss none: at the
        end, unclaimed, count 0, lifetime counted from now. The id stays. One
        that returns to the queue it was first posted to takes the place again
        that its id stands for: who reads there has had it.

        :param target: ``objects.DeadLetters``.
        :raises StaleQueue: the dead letter queue is not what we remember.
        """
        if not dead:
            return
        connection.execute(self._LEAVE, {'queue': queue.id,
                                         'seqs': [row.seq for row in dead]})
        stream = self.streams.lock(connection, [target.queue.id]).get(target.queue.id)
        if stream is None or stream.generation != target.queue.generation:
            raise exception.StaleQueue(name=target.queue.name)
        letters = [_letter(row, target.ttl, now) for row in dead]
        back = [letter for letter in letters if letter['origin_queue'] == stream.id
                and letter['origin_seq'] > target.queue.floor]
        new = [letter | {'queue_id': stream.id} for letter in letters
               if letter not in back]
        if new:
            self.posting.append(connection, {stream.id: stream}, new)
            self.moved.record(connection, new, now)
        for letter in back:
            letter |= {'queue_id': stream.id, 'seq': letter['origin_seq'],
                       'origin_queue': None, 'origin_seq': None,
                       'available_at': tables.RETURNED}
        if back:
            self.database.insert_many(connection, tables.messages, back)


def _letter(row, ttl, now):
    own_ttl = row.expires_at - row.created_at
    first = row.origin_queue is None
    return {
        'available_at': tables.FRESH,
        'created_at': now,
        'expires_at': now + (own_ttl if ttl is None else 1000 * ttl),
        'claim_count': 0,
        'claim_id': None,
        'client_id': row.client_id,
        'origin_queue': row.queue_id if first else row.origin_queue,
        'origin_seq': row.seq if first else row.origin_seq,
        'encoding': row.encoding,
        'body': row.body,
    }
