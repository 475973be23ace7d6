"""Appending messages to queues, in groups, in the order of commits."""

import itertools

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

    def append(self, connection, stream, rows):
        """Insert rows at the end of a locked stream; return their positions.

        :param rows: list of dicts, without position.
        """
        numbers = self.streams.numbers(connection, stream, len(rows))
        for row, number in zip(rows, numbers, strict=True):
            row['queue_id'], row['seq'] = stream.id, number
        return numbers

    def _post_group(self, posts):
        return self.database.write(self._transact, posts)

    def _transact(self, connection, posts):
        """Append all posts in one transaction; StaleQueue for those that cannot be."""
        streams = self.streams.lock(connection, sorted({post.queue.id for post in posts}))
        results, rows = [None] * len(posts), []
        numbered = sorted(enumerate(posts), key=_queue_id)
        for queue_id, batch in itertools.groupby(numbered, key=_queue_id):
            stream, fitting = streams.get(queue_id), []
            for index, post in batch:
                if stream is None or stream.generation != post.queue.generation:
                    results[index] = exception.StaleQueue(name=post.queue.name)
                else:
                    fitting.append((index, post))
            if fitting:
                rows += self._append_posts(connection, stream, fitting, results)
        if rows:
            self.database.insert_many(connection, tables.messages, rows)
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

    def _append_posts(self, connection, stream, fitting, results):
        rows = [_row(message, post.client_id, stream.now)
                for _, post in fitting for message in post.messages]
        numbers = iter(self.append(connection, stream, rows))
        for index, post in fitting:
            results[index] = list(itertools.islice(numbers, len(post.messages)))
        return rows


def _queue_id(numbered):
    return numbered[1].queue.id


def _row(message, client_id, now):
    return {
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
