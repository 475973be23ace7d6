"""Which messages are free, oldest first, however many are not.

A free message is in one of three places of one index: FRESH (never claimed nor
delayed), RETURNED (came back and was filed by the janitor), or due: past its
``available_at`` and not yet filed. The first two stand in posting order; the
third is sorted, and the janitor keeps it short. So no statement ever walks
over messages that are in somebody's hands, nor over those long gone: see ``known``.
"""

import time

import sqlalchemy as sa

from marconi.storage.sqlalchemy import engine
from marconi.storage.sqlalchemy import known
from marconi.storage.sqlalchemy import rows
from marconi.storage.sqlalchemy import streams
from marconi.storage.sqlalchemy import tables

_messages = tables.messages.c
QUEUE_ID = sa.bindparam('queue', type_=sa.BigInteger)
#: What a look leaves out; parameters of ``candidates``.
KNOWN = {'fresh': sa.bindparam('head', type_=sa.BigInteger),
         'due': sa.bindparam('due_after', type_=sa.BigInteger)}
_QUEUE = _messages.queue_id == QUEUE_ID


def candidates(database, *conditions, queue, fresh, others, due, limit, of=None):
    """Return a subquery of (seq, available_at) of free messages, in no order.

    It has the first ``limit`` of those in each place, and all that are due.

    :param conditions: besides that they live.
    :param queue: its id.
    :param fresh: the position that FRESH ones follow.
    :param others: the same for the others.
    :param due: the time that those which are due came back after; at least RETURNED.
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
            due, most=engine.NOW),
    }
    return sa.union_all(*(sa.select(source.subquery(name))
                          for name, source in sources.items())).subquery('candidate')


def in_order(candidates, limit, *more):
    """Return a SELECT of the positions of the first ``candidates``.

    :param more: other columns.
    """
    return sa.select(candidates.c.seq, *more).order_by(candidates.c.seq).limit(limit)


class FreeMessages:
    """Takes the oldest free messages of a queue, for a claim or a pop."""

    #: More candidates than wanted, since other claimers may be holding some.
    SLACK = 20
    MOST_CANDIDATES = 2000
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
        window = sa.bindparam('window', type_=sa.Integer)
        found = candidates(
            database, queue=QUEUE_ID, others=sa.bindparam('floor', type_=sa.BigInteger),
            limit=window, **KNOWN)
        self._find = database.prepare(
            in_order(found, window, found.c.available_at, rows.NOW))
        self._alive = rows.Alive(database)
        self.known = known.KnownQueues(
            lambda: database.clock() if database.clock else int(1000 * time.monotonic()))

    def take(self, connection, queue, limit, besides=(), changed=False):
        """Lock and return up to ``limit`` rows; nobody else gets them.

        :param besides: positions that this transaction has taken already.
        :param changed: whether it has changed messages of this queue already.
            What it sees then may be rolled back, and must not be remembered.
        :raises StaleQueue: there is nothing, and ``queue`` is not what we remember.
        """
        taken, without, tries = [], set(besides), self.TRIES
        window = limit + len(without) + self.SLACK
        while len(taken) < limit:
            knew = self.known.get(queue)
            found = self._find(connection, {
                'queue': queue.id, 'head': knew.head, 'floor': queue.floor,
                'due_after': knew.due_after, 'window': window, 'now': self.database.now()})
            if found and not changed:
                self._note(queue, knew, found, len(found) < window)
            seqs = [row.seq for row in found if row.seq not in without]
            if not seqs:
                break
            got = self._take(connection, {
                'queue': queue.id, 'generation': queue.generation, 'seqs': seqs,
                'limit': limit - len(taken), 'now': self.database.now()})
            taken += got
            without.update(row.seq for row in got)
            if not taken and tries and len(found) < window:
                tries -= 1
                continue
            if len(found) < window or window >= self.MOST_CANDIDATES:
                break
            window *= 8  # too many of them are in other claimers' hands
        if not taken and not besides:
            now = self._alive.check(connection, queue)
            if not found and not changed:
                self.known.note_due(queue, now, knew.due_after, None)
        return sorted(taken, key=rows.POSITION)

    def _note(self, queue, knew, found, all):
        """Note what a look has found.

        :param knew: what was known before it.
        :param all: whether that is all that there is.
        """
        fresh = next((row.seq for row in found if row.available_at == tables.FRESH), None)
        if fresh is not None:
            self.known.note_fresh(queue, fresh)
        if all:
            self.known.note_due(queue, found[0].now, knew.due_after, min(
                (row.available_at for row in found if row.available_at > tables.RETURNED),
                default=None))
