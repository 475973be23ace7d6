"""Appending messages to queues, in groups, in the order of commits."""

import itertools
import operator

import msgspec
import sqlalchemy as sa

from marconi import exception
from marconi.storage.sqlalchemy import group
from marconi.storage.sqlalchemy import tables

#: A group of posts is full at so many bytes: an INSERT must fit into one packet
#: of MySQL's protocol (16 MiB by default).
GROUP_BYTES = 4 * 2 ** 20
#: What a message weighs besides its body.
OVERHEAD = 200


class Post(msgspec.Struct, frozen=True):
    """What one caller appends to one queue."""

    queue: object
    messages: list
    client_id: str

    @property
    def size(self):
        return sum(len(message.body) + OVERHEAD for message in self.messages)


class Posting:
    """Posts of all threads of this process, coalesced into group commits."""

    def __init__(self, database, streams):
        self.database = database
        self.streams = streams
        self._group = group.GroupCommit(self._post_group, GROUP_BYTES)

    def post(self, queue, messages, client_id):
        """Append messages, all or none; return their positions.

        :raises StaleQueue:
        """
        post = Post(queue, messages, client_id)
        return self._group.submit(post, post.size)

    def append(self, connection, streams, rows):
        """Insert rows at the ends of their streams; return their positions.

        :param streams: {queue id: row of the stream}, locked.
        :param rows: list of dicts, sorted by queue; their ``seq`` is filled in.
        """
        if self.database.has_sequences:
            numbers = self.database.insert_numbered(
                connection, tables.messages, rows, 'seq', tables.message_seq)
            for row, number in zip(rows, numbers, strict=True):
                row['seq'] = number
            return numbers
        for queue_id, own in itertools.groupby(rows, operator.itemgetter('queue_id')):
            own = list(own)
            numbers = self.streams.numbers(connection, streams[queue_id], len(own))
            for row, number in zip(own, numbers, strict=True):
                row['seq'] = number
        self.database.insert_many(connection, tables.messages, rows)
        return [row['seq'] for row in rows]

    def _post_group(self, posts):
        return self.database.write(self._transact, posts)

    def _transact(self, connection, posts):
        """Append all posts in one transaction; StaleQueue for those that cannot be."""
        streams = self.streams.lock(connection, sorted({post.queue.id for post in posts}))
        results, rows, fitting = [None] * len(posts), [], []
        for index, post in sorted(enumerate(posts), key=_queue_id):
            stream = streams.get(post.queue.id)
            if stream is None or stream.generation != post.queue.generation:
                results[index] = exception.StaleQueue(name=post.queue.name)
            else:
                fitting.append(index)
                rows += [_row(message, stream, post.client_id)
                         for message in post.messages]
        numbers = iter(self.append(connection, streams, rows) if rows else ())
        for index in fitting:
            results[index] = list(itertools.islice(numbers, len(posts[index].messages)))
        self._note_delays(connection, rows)
        return results

    @staticmethod
    def _note_delays(connection, rows):
        """Tell the janitor and those who wait when delayed messages come due."""
        due = {}
        for row in rows:
            if row['available_at'] != tables.FRESH:
                due.setdefault(row['queue_id'], set()).add(row['available_at'])
        for queue_id, times in due.items():
            # Nobody else notes these: we hold the lock on the stream.
            noted = connection.scalars(_NOTED, {'queue': queue_id, 'times': list(times)})
            new = times.difference(noted)
            if new:
                connection.execute(sa.insert(tables.delays), [
                    {'queue_id': queue_id, 'due_at': time, 'sweep_at': time}
                    for time in sorted(new)])


def _queue_id(numbered):
    return numbered[1].queue.id


def _row(message, stream, client_id):
    now = stream.now
    return {
        'queue_id': stream.id,
        'available_at': now + 1000 * message.delay if message.delay else tables.FRESH,
        'created_at': now,
        'expires_at': now + 1000 * message.ttl,
        'claim_count': 0,
        'claim_id': None,
        'client_id': client_id,
        'origin_queue': None,
        'origin_seq': None,
        'encoding': message.encoding,
        'body': message.body,
    }


_NOTED = sa.select(tables.delays.c.due_at).where(
    tables.delays.c.queue_id == sa.bindparam('queue'),
    tables.delays.c.due_at.in_(sa.bindparam('times', expanding=True)))
