"""Appending messages to queues, in groups, in the order of commits."""

import collections
import itertools
import operator

import msgspec
import sqlalchemy as sa

from marconi import exception
from marconi.storage.sqlalchemy import arrays
from marconi.storage.sqlalchemy import group
from marconi.storage.sqlalchemy import streams
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
        self._insert = database.prepare(sa.insert(tables.messages), _COLUMNS)
        self._append = database.prepare(_append(database)) if database.has_writable_ctes else None

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
        self._insert.many(connection, rows)
        return [row['seq'] for row in rows]

    def _post_group(self, posts):
        if self._append is None or any(message.delay for post in posts
                                       for message in post.messages):
            return self.database.write(self._transact, posts)
        queues = {(post.queue.id, post.queue.generation) for post in posts}
        if len(queues) > len({id for id, _ in queues}):
            # Some do not know yet that a queue has changed: it has to be clear whose are in.
            return [result for post in posts for result in self._post_group([post])]
        return self.database.write_once(self._post_at_once, posts)

    def _post_at_once(self, connection, posts):
        """What ``_transact`` does, in one statement; without delays."""
        rows = [(post.queue.id, post.queue.generation, 1000 * message.ttl, post.client_id,
                 message.encoding, message.body)
                for post in posts for message in post.messages]
        if not rows:
            return [[] for _ in posts]
        found = self._append(connection, arrays.columns(_POSTED, rows) | {
            'ids': list({post.queue.id for post in posts}), 'now': self.database.now()})
        seqs = collections.defaultdict(list)
        for queue_id, seq in found:
            seqs[queue_id].append(seq)
        results = []
        numbers = {queue_id: iter(sorted(own)) for queue_id, own in seqs.items()}
        for post in posts:
            own = numbers.get(post.queue.id)
            results.append(exception.StaleQueue(name=post.queue.name) if own is None
                           else list(itertools.islice(own, len(post.messages))))
        return results

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


_COLUMNS = [column.name for column in tables.messages.c]

#: What is known of a message that is to be appended; times in milliseconds.
_POSTED = {'queue_id': sa.BigInteger(), 'generation': sa.BigInteger(), 'ttl': sa.BigInteger(),
           'client_id': sa.Text(), 'encoding': sa.SmallInteger(), 'body': tables.Bytes}


def _append(database):
    """Return the statement that appends ``_POSTED`` to queues; yields (queue_id, seq).

    Rows of queues that are not what we remember are left out. All streams are locked
    before the first number is taken, as P3 asks: the rows are sorted in between.
    """
    stream = streams.locking(database).cte('stream')
    posted = arrays.unnested(_POSTED)
    fitting = sa.select(posted, stream.c.now).join(stream, sa.and_(
        stream.c.id == posted.c.queue_id, stream.c.generation == posted.c.generation,
    )).order_by(posted.c.n).subquery('fitting')
    of = fitting.c
    return sa.insert(tables.messages).from_select(
        ['queue_id', 'seq', 'available_at', 'created_at', 'expires_at', 'claim_count',
         'client_id', 'encoding', 'body'],
        sa.select(of.queue_id, tables.message_seq.next_value(), tables.FRESH, of.now,
                  of.now + of.ttl, 0, of.client_id, of.encoding, of.body),
    ).returning(tables.messages.c.queue_id, tables.messages.c.seq)
