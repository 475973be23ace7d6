"""Moving messages that were claimed too often, inside the claim's transaction.

To a queue in another pool they go in a transaction of their own, before it.
"""

import sqlalchemy as sa

from marconi import exception
from marconi.storage.sqlalchemy import engine
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
        letters = [_letter(row, target.ttl, now) for row in dead]
        connection.execute(self._LEAVE, {'queue': queue.id,
                                         'seqs': [row.seq for row in dead]})
        if target.store is None:
            self._append(connection, target.queue, letters, now)
        else:
            # Committed there first: should we fail then, they are still here,
            # and are left out there when they come again.
            target.store.messages.adopt(target.queue, letters)

    @engine.writing
    def adopt(self, connection, queue, letters):
        """See ``storage.base.Messages.adopt``."""
        here = self.moved.living(connection, queue, [_origin(letter) for letter in letters])
        new = [letter for letter in letters if _origin(letter) not in here]
        if new:
            self._append(connection, queue, new, new[0]['created_at'])

    def _append(self, connection, queue, letters, now):
        stream = self.streams.lock(connection, [queue.id]).get(queue.id)
        if stream is None or stream.generation != queue.generation:
            raise exception.StaleQueue(name=queue.name)
        back = [letter for letter in letters if letter['origin_queue'] == stream.id
                and letter['origin_seq'] > queue.floor]
        new = [letter | {'queue_id': stream.id} for letter in letters
               if letter not in back]
        if new:
            self.posting.append(connection, {stream.id: stream}, new)
            self.moved.record(connection, new, now)
        if back:
            # Others may know that there is nothing any more where it goes.
            self.streams.renew(connection, stream.id)
            self.database.insert_many(connection, tables.messages, [
                letter | {'queue_id': stream.id, 'seq': letter['origin_seq'],
                          'origin_queue': None, 'origin_seq': None,
                          'available_at': tables.RETURNED} for letter in back])


def _origin(letter):
    return letter['origin_queue'], letter['origin_seq']


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
