"""Which messages are free, oldest first, however many are not.

A free message is in one of three places of one index: FRESH (never claimed nor
delayed), RETURNED (came back and was filed by the janitor), or past its
``available_at`` and not yet filed. The first two stand in posting order; the
third is sorted, and the janitor keeps it short. So no statement ever walks
over messages that are in somebody's hands.
"""

import sqlalchemy as sa

from marconi.storage.sqlalchemy import engine
from marconi.storage.sqlalchemy import streams
from marconi.storage.sqlalchemy import tables

_messages = tables.messages.c
_QUEUE = _messages.queue_id == sa.bindparam('queue')


def candidates(after, *conditions, limit):
    """Return a SELECT of (seq, available_at) of free messages in posting order.

    :param after: {'fresh', 'returned', 'due': condition on the position}.
    :param conditions: further ones.
    :param limit: name of the parameter for the number of rows.
    """
    limit = sa.bindparam(limit, type_=sa.Integer)
    places = {
        'fresh': _messages.available_at == tables.FRESH,
        'returned': _messages.available_at == tables.RETURNED,
        'due': sa.and_(_messages.available_at > tables.RETURNED,
                       _messages.available_at <= engine.NOW),
    }
    sources = []
    for name, place in places.items():
        source = engine.by_index(
            sa.select(_messages.seq, _messages.available_at), tables.AVAILABLE,
        ).where(
            _QUEUE, place, after[name], _messages.expires_at > engine.NOW, *conditions,
        ).order_by(_messages.seq).limit(limit).subquery(name)
        sources.append(sa.select(source))
    union = sa.union_all(*sources)
    return union.order_by(union.selected_columns.seq).limit(limit)


class FreeMessages:
    """Takes the oldest free messages of a queue, for a claim or a pop."""

    #: More candidates than wanted, since other claimers may be holding some.
    SLACK = 20
    MOST_CANDIDATES = 2000
    MOST_HEADS = 100_000

    _CANDIDATES = candidates(
        {'fresh': _messages.seq >= sa.bindparam('head'),
         'returned': _messages.seq > sa.bindparam('floor'),
         'due': _messages.seq > sa.bindparam('floor')},
        limit='window')

    # The condition is repeated: what a candidate was, it need no longer be.
    _TAKE = sa.select(
        *tables.messages.c, engine.NOW.label('now'),
    ).where(
        _QUEUE, _messages.seq.in_(sa.bindparam('seqs', expanding=True)),
        _messages.available_at <= engine.NOW, _messages.expires_at > engine.NOW,
        streams.ALIVE,
    ).order_by(_messages.seq).limit(sa.bindparam('limit', type_=sa.Integer))

    def __init__(self, database):
        self.database = database
        self._take = database.locking(self._TAKE, skip_locked=True)
        # {queue id: position below which no message is FRESH any more}. Fresh
        # ones are taken in order and never come back as FRESH, so it only
        # rises; and it saves walking over index entries of messages long gone,
        # which a database cannot drop while a transaction is open elsewhere.
        self._heads = {}

    def take(self, connection, queue, limit):
        """Lock and return up to ``limit`` rows; nobody else gets them."""
        window = limit + self.SLACK
        while True:
            seqs = self._candidates(connection, queue, window)
            if not seqs:
                return []
            rows = connection.execute(self._take, {
                'queue': queue.id, 'generation': queue.generation, 'seqs': seqs,
                'limit': limit, 'now': self.database.now()}).all()
            if rows or len(seqs) < window or window >= self.MOST_CANDIDATES:
                return rows
            window *= 8  # all of them are in other claimers' hands

    def _candidates(self, connection, queue, window):
        head = max(self._heads.get(queue.id, 0), queue.floor + 1)
        found = connection.execute(self._CANDIDATES, {
            'queue': queue.id, 'head': head, 'floor': queue.floor, 'window': window,
            'now': self.database.now()}).all()
        for row in found:
            if row.available_at == tables.FRESH:
                if len(self._heads) >= self.MOST_HEADS:
                    self._heads.clear()
                self._heads[queue.id] = row.seq
                break
        return [row.seq for row in found]
