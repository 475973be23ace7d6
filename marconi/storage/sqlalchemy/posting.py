"""Appending messages to queues, in groups, in the order of commits."""

import collections
import itertools
import operator

import msgspec
import sqlalchemy as sa

from marconi import exception
from marconi.storage.sqlalchemy import arrays
from marconi.storage.sqlalchemy import engine
from marconi.storage.sqlalchemy import group
from marconi.storage.sqlalchemy import streams
from marconi.storage.sqlalchemy import tables
from marconi.storage.sqlalchemy import together

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


class _Appending(together.Operation):
    """Posts without delays."""

    # The last: it locks queues, and others wait to post to them too.
    turn = 3

    def build(self):
        return _append(self.database)

    def values(self, posts):
        newest = _newest(posts)
        fitting = [post for post in posts if post.queue.generation == newest[post.queue.id]]
        rows = [(post.queue.id, post.queue.generation, 1000 * message.ttl, post.client_id,
                 message.encoding, message.body)
                for post in fitting for message in post.messages]
        return arrays.columns(_POSTED, rows) | {'ids': list(newest), 'now': self.database.now()}

    def results(self, posts, found):
        newest, numbers = _newest(posts), collections.defaultdict(list)
        for queue_id, seq in found:
            numbers[queue_id].append(seq)
        numbers = {queue_id: iter(sorted(own)) for queue_id, own in numbers.items()}
        return [list(itertools.islice(numbers[post.queue.id], len(post.messages)))
                if post.queue.id in numbers and post.queue.generation == newest[post.queue.id]
                else exception.StaleQueue(name=post.queue.name) for post in posts]


def _newest(posts):
    """Return {queue id: its newest generation that anybody knows}."""
    newest = {}
    for post in posts:
        queue = post.queue
        newest[queue.id] = max(queue.generation, newest.get(queue.id, queue.generation))
    return newest


class Posting:
    """Posts of all threads of this process, coalesced into group commits."""

    def __init__(self, database, streams):
        self.database = database
        self.streams = streams
        self._group = group.GroupCommit(self._post_group, GROUP_BYTES)
        self._insert = database.prepare(sa.insert(tables.messages), _COLUMNS)
        self._at_once = _Appending(database) if database.together else None

    def post(self, queue, messages, client_id):
        """Append messages, all or none; return their positions.

        :raises StaleQueue:
        """
        post = Post(queue, messages, client_id)
        if self._at_once and messages and not any(message.delay for message in messages):
            return self.database.together.submit(self._at_once, post, post.size / GROUP_BYTES)
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

    @engine.writing
    def _post_group(self, connection, posts):
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
