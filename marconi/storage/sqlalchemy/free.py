"""Which messages are free, oldest first, however many are not.

A free message is in one of three places of one index: FRESH (never claimed nor
delayed), RETURNED (came back and was filed by the janitor), or past its
``available_at`` and not yet filed. The first two stand in posting order; the
third is sorted, and the janitor keeps it short. So no statement ever walks
over messages that are in somebody's hands.
"""

import operator

import sqlalchemy as sa

from marconi.storage.sqlalchemy import engine
from marconi.storage.sqlalchemy import streams
from marconi.storage.sqlalchemy import tables

_messages = tables.messages.c
QUEUE_ID = sa.bindparam('queue', type_=sa.BigInteger)
_QUEUE = _messages.queue_id == QUEUE_ID


def candidates(database, *conditions, queue, fresh, others, limit, of=None):
    """Return a SELECT of (seq, available_at) of free messages in posting order.

    :param conditions: besides that they live.
    :param queue: its id.
    :param fresh: the position that FRESH ones follow.
    :param others: the same for the others.
    :param limit: the number of rows.
    :param of: the table that these are columns of, if they are not parameters.
    """
    # The sums here and below keep other indexes out of it.
    found = sa.select(_messages.seq, _messages.available_at).where(
        _messages.expires_at + 0 > engine.NOW, *conditions)
    if of is not None:
        found = found.correlate(of)
    sources = {
        'fresh': database.paths.along(
            found, tables.AVAILABLE, queue, tables.FRESH, after=fresh).limit(limit),
        'returned': database.paths.along(
            found, tables.AVAILABLE, queue, tables.RETURNED, after=others).limit(limit),
        'due': database.paths.up_to(
            found.where(_messages.seq + 0 > others), tables.AVAILABLE, queue,
            tables.RETURNED, most=engine.NOW),
    }
    union = sa.union_all(*(sa.select(source.subquery(name))
                           for name, source in sources.items()))
    return union.order_by(union.selected_columns.seq).limit(limit)


class FreeMessages:
    """Takes the oldest free messages of a queue, for a claim or a pop."""

    #: More candidates than wanted, since other claimers may be holding some.
    SLACK = 20
    MOST_CANDIDATES = 2000
    MOST_HEADS = 100_000
    #: How often to look again when there are candidates and none can be taken.
    #: MariaDB locks for a moment what it looks at and does not change.
    TRIES = 2

    # The conditions are repeated: what a candidate was, it need no longer be.
    # The sums keep every index but the primary key out of it.
    _TAKE = sa.select(
        *tables.messages.c, engine.NOW.label('now'),
    ).where(
        _QUEUE, _messages.available_at + 0 <= engine.NOW, _messages.expires_at + 0 > engine.NOW,
        streams.ALIVE,
    ).order_by(_messages.seq).limit(sa.bindparam('limit', type_=sa.Integer))

    def __init__(self, database):
        self.database = database
        self._take = database.prepare(database.locking(self._TAKE.where(
            database.among(_messages.seq, 'seqs')), skip_locked=True))
        self._find = database.prepare(candidates(
            database, queue=QUEUE_ID, fresh=sa.bindparam('head', type_=sa.BigInteger),
            others=sa.bindparam('floor', type_=sa.BigInteger),
            limit=sa.bindparam('window', type_=sa.Integer)))
        # {queue id: (generation, a position at or below which no message is
        # FRESH)}. Fresh ones are taken in order and never come back as FRESH,
        # so it only rises; and it saves walking over index entries of messages
        # long gone, which a database cannot drop while a transaction is open
        # elsewhere. Only a move to another pool and back undoes it: it changes
        # the generation.
        self._heads = {}

    def take(self, connection, queue, limit, besides=(), changed=False):
        """Lock and return up to ``limit`` rows; nobody else gets them.

        :param besides: positions that this transaction has taken already.
        :param changed: whether it has changed messages of this queue already.
            What it sees then may be rolled back, and must not be remembered.
        """
        taken, besides, tries = [], set(besides), self.TRIES
        window = limit + len(besides) + self.SLACK
        while len(taken) < limit:
            found = self._candidates(connection, queue, window)
            if not changed:
                for row in found:
                    if row.available_at == tables.FRESH:
                        self.remember(queue, row.seq)
                        break
            found = [row.seq for row in found]
            seqs = [seq for seq in found if seq not in besides]
            if not seqs:
                break
            rows = self._take(connection, {
                'queue': queue.id, 'generation': queue.generation, 'seqs': seqs,
                'limit': limit - len(taken), 'now': self.database.now()})
            taken += rows
            besides.update(row.seq for row in rows)
            if not taken and tries and len(found) < window:
                tries -= 1
                continue
            if len(found) < window or window >= self.MOST_CANDIDATES:
                break
            window *= 8  # too many of them are in other claimers' hands
        return sorted(taken, key=operator.attrgetter('seq'))

    def head(self, queue):
        """Return a position at or below which no message of ``queue`` is FRESH."""
        generation, head = self._heads.get(queue.id, (None, 0))
        return max(head if generation == queue.generation else 0, queue.floor)

    def remember(self, queue, seq):
        """Remember that ``seq`` is the first FRESH message of ``queue``."""
        if len(self._heads) >= self.MOST_HEADS:
            self._heads.clear()
        self._heads[queue.id] = queue.generation, seq - 1

    def _candidates(self, connection, queue, window):
        return self._find(connection, {
            'queue': queue.id, 'head': self.head(queue), 'floor': queue.floor,
            'window': window, 'now': self.database.now()})
