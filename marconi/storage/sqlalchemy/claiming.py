"""A group of claims in one statement, where the database can.

It does what ``claims`` and ``free`` do step by step: finds candidates, locks those that
nobody else holds, claims them, and notes the claims.
"""

import collections

import sqlalchemy as sa

from marconi import objects
from marconi.storage.sqlalchemy import arrays
from marconi.storage.sqlalchemy import engine
from marconi.storage.sqlalchemy import free
from marconi.storage.sqlalchemy import paths
from marconi.storage.sqlalchemy import rows
from marconi.storage.sqlalchemy import tables

_BIG = sa.BigInteger()
#: What the statement is told of each claim; times in milliseconds.
_WANTED = {'claim': sa.Text(), 'queue': _BIG, 'generation': _BIG, 'floor': _BIG,
           'head': _BIG, 'number': _BIG, 'window': _BIG, 'ttl': _BIG, 'grace': _BIG}


#: More candidates than twice those wanted, since claimers in other processes may be
#: holding some: each holds those of one claim.
SLACK = 4


class AtOnce:

    def __init__(self, store):
        self.database = store.database
        self.ids = store.ids
        self.free = store.free
        self._claim = store.database.prepare(_statement(store.database))

    def create(self, wants):
        """Return a ``Claim`` for each (queue, ttl, grace, limit), each of another queue.

        None if nothing was found. That it is a queue that has changed, or one whose
        messages others hold just now, is for others to find out.
        """
        claim_ids = [rows.new_claim_id() for _ in wants]
        held = collections.defaultdict(list)
        for row in self.database.write_once(self._execute, claim_ids, wants):
            held[row.claim_id].append(row)
        return [self._made(claim_id, held.get(claim_id), *want)
                for claim_id, want in zip(claim_ids, wants, strict=True)]

    def _execute(self, connection, claim_ids, wants):
        wanted = [(claim_id, queue.id, queue.generation, queue.floor, self.free.head(queue),
                   limit, 2 * limit + SLACK, 1000 * ttl, 1000 * grace)
                  for claim_id, (queue, ttl, grace, limit) in zip(claim_ids, wants)]
        return self._claim(connection, arrays.columns(_WANTED, wanted) | {
            'now': self.database.now()})

    def _made(self, claim_id, taken, queue, ttl, grace, limit):
        if taken is None:
            return None
        if taken[0].fresh is not None:
            self.free.remember(queue, taken[0].fresh)
        now = taken[0].now
        taken.sort(key=rows.POSITION)
        return objects.Claim(
            id=claim_id, ttl=ttl, grace=grace, renewed_at=now, read_at=now,
            messages=rows.to_messages(self.ids(), taken))


def _statement(database):
    """Return the statement; it yields the claimed messages.

    With each of them ``fresh``: the position of the first FRESH candidate of its queue.
    """
    of, stream = tables.messages.c, tables.streams
    wanted = arrays.unnested(_WANTED)
    candidates = free.candidates(
        database, queue=wanted.c.queue, fresh=wanted.c.head, others=wanted.c.floor,
        limit=wanted.c.window, of=wanted).subquery('candidate')
    fresh = sa.func.min(candidates.c.seq).filter(
        candidates.c.available_at == tables.FRESH).over().label('fresh')
    first = sa.select(candidates.c.seq, fresh).order_by(candidates.c.seq).lateral('first')
    # Locked one by one in their order, and no more than are wanted. What a candidate was
    # it need no longer be.
    locked = database.locking(database.paths.exactly(
        sa.select(paths.ROW.label('spot')), wanted.c.queue, first.c.seq,
    ).where(of.available_at + 0 <= engine.NOW, of.expires_at + 0 > engine.NOW,
            ).correlate(wanted, first), skip_locked=True).lateral('locked')
    ours = sa.select(locked.c.spot, first.c.fresh).select_from(
        first.join(locked, sa.true())).limit(wanted.c.number).correlate(wanted).lateral('ours')
    taken = sa.select(
        ours, wanted.c.claim, wanted.c.ttl, wanted.c.grace,
        (engine.NOW + wanted.c.ttl).label('deadline'),
    ).select_from(wanted.join(stream, sa.and_(
        stream.c.id == wanted.c.queue, stream.c.generation == wanted.c.generation,
    )).join(ours, sa.true())).cte('taken')

    claimed = sa.update(tables.messages).where(paths.ROW == taken.c.spot).values(
        claim_id=taken.c.claim, available_at=taken.c.deadline,
        claim_count=of.claim_count + 1,
        expires_at=sa.func.greatest(of.expires_at, taken.c.deadline + taken.c.grace),
    ).returning(*rows.COLUMNS, rows.NOW, taken.c.fresh, taken.c.ttl, taken.c.grace).cte('claimed')
    of = claimed.c
    made = sa.insert(tables.claims).from_select(
        ['queue_id', 'id', 'ttl', 'grace', 'renewed_at', 'expires_at', 'sweep_at'],
        sa.select(of.queue_id, of.claim_id, of.ttl // 1000, of.grace // 1000, of.now,
                  of.available_at, of.available_at).distinct()).cte('made')
    return sa.select(*(of[column.name] for column in rows.COLUMNS), of.now, of.fresh).add_cte(made)
