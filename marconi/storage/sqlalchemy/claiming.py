"""A group of claims, of any queues, in one statement, where the database can.

It does what ``claims`` and ``free`` do step by step: finds candidates, locks those that
nobody else holds, deals them out, claims them and notes the claims.
"""

import collections
import uuid

import sqlalchemy as sa

from marconi import exception
from marconi import objects
from marconi.storage.sqlalchemy import engine
from marconi.storage.sqlalchemy import free
from marconi.storage.sqlalchemy import group
from marconi.storage.sqlalchemy import paths
from marconi.storage.sqlalchemy import rows
from marconi.storage.sqlalchemy import streams
from marconi.storage.sqlalchemy import tables

_BIG = sa.BigInteger()
#: What the statement is told of each queue that messages are wanted of.
_QUEUES = {'queue': _BIG, 'generation': _BIG, 'floor': _BIG, 'head': _BIG,
           'wanted': _BIG, 'window': _BIG}
#: And of each claim: to which of the messages from which queue it is due, both counted
#: from 1; times in milliseconds.
_CLAIMS = {'due_place': _BIG, 'due_first': _BIG, 'due_last': _BIG, 'due_claim': sa.Text(),
           'due_ttl': _BIG, 'due_grace': _BIG}


class AtOnce:

    def __init__(self, store):
        self.database = store.database
        self.ids = store.ids
        self.free = store.free
        self._claim = store.database.prepare(_statement(store.database))

    def create(self, wants):
        """Return a ``Claim``, None or ``StaleQueue`` for each (queue, ttl, grace, limit)."""
        results, slack = [None] * len(wants), self.free.SLACK
        left = range(len(wants))
        while left:
            left = self._round(wants, left, slack, results)
            slack *= 8  # too many messages are in other claimers' hands
        return results

    def _round(self, wants, left, slack, results):
        """Fill in results; return the indexes of those that need a wider look."""
        places = collections.defaultdict(list)
        for index in left:
            queue = wants[index][0]
            places[queue.id, queue.generation].append(index)
        queues, claims = self._values(wants, places.values(), slack)
        found = self.database.write_once(self._execute, queues | claims)
        states, held = {}, collections.defaultdict(list)
        for row in found:
            states[row.place] = row
            if row.seq is not None:
                held[row.claim_id].append(row)
        claim_ids, wider = iter(claims['due_claim']), []
        for place, (own, window) in enumerate(zip(places.values(), queues['window']), 1):
            state = states[place]
            for index in own:
                queue, ttl, grace, _ = wants[index]
                taken = held.get(next(claim_ids))
                if taken:
                    results[index] = self._made(taken, ttl, grace)
                elif state.looked >= window < self.free.MOST_CANDIDATES:
                    wider.append(index)
                elif state.looked:  # they are gone; and the queue too?
                    results[index] = group.outcome(self.database.read, rows.check,
                                                   rows.ALIVE, queue)
                elif not state.alive:
                    results[index] = exception.StaleQueue(name=queue.name)
            if state.alive and state.fresh is not None:
                self.free.remember(queue, state.fresh)
        return wider

    def _values(self, wants, places, slack):
        queues, claims = [], []
        for place, own in enumerate(places, 1):
            last = 0
            for index in own:
                queue, ttl, grace, limit = wants[index]
                claims.append((place, last + 1, last + limit, uuid.uuid4().hex,
                               1000 * ttl, 1000 * grace))
                last += limit
            queues.append((queue.id, queue.generation, queue.floor, self.free.head(queue),
                           last, last + slack))
        return _arrays(_QUEUES, queues), _arrays(_CLAIMS, claims)

    def _execute(self, connection, values):
        return self._claim(connection, values | {'now': self.database.now()})

    def _made(self, taken, ttl, grace):
        now = taken[0].now
        return objects.Claim(
            id=taken[0].claim_id, ttl=ttl, grace=grace, renewed_at=now, read_at=now,
            messages=rows.to_messages(self.ids(), taken))


def _arrays(names, rows):
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


def _statement(database):
    """Return the statement.

    It yields at least one row per queue: place, alive, looked (number of candidates),
    fresh (the first of them that is FRESH), and the columns of a claimed message or NULLs.
    """
    of = tables.messages.c
    queue, claim = engine.unnested(_QUEUES), engine.unnested(_CLAIMS)
    candidates = free.candidates(
        database, queue=queue.c.queue, fresh=queue.c.head, others=queue.c.floor,
        limit=queue.c.window, of=queue).lateral('candidate')
    found = sa.select(queue.c.n.label('place'), candidates).select_from(
        queue.join(candidates, sa.true())).cte('found')

    mine = found.c.place == queue.c.n
    state = sa.select(
        queue.c.n.label('place'), sa.func.count(found.c.seq).label('looked'),
        sa.func.min(found.c.seq).filter(found.c.available_at == tables.FRESH).label('fresh'),
    ).select_from(queue.outerjoin(found, mine)).group_by(queue.c.n).cte('state')

    # Locked one by one in their order, and no more than are wanted. What a candidate was
    # it need no longer be.
    first = sa.select(found.c.seq).where(mine).order_by(found.c.seq).correlate(
        queue).lateral('first')
    alive = streams.alive(queue.c.queue, queue.c.generation).correlate(queue)
    locked = database.locking(database.paths.exactly(
        sa.select(of.seq, paths.ROW.label('spot')), queue.c.queue, first.c.seq,
    ).where(of.available_at + 0 <= engine.NOW, of.expires_at + 0 > engine.NOW, alive,
            ).correlate(queue, first), skip_locked=True).lateral('locked')
    taken = sa.select(locked).select_from(first.join(locked, sa.true())).limit(
        queue.c.wanted).correlate(queue).lateral('taken')
    numbered = sa.select(
        queue.c.n.label('place'), taken,
        sa.func.row_number().over(partition_by=queue.c.n, order_by=taken.c.seq).label('number'),
    ).select_from(queue.join(taken, sa.true())).cte('numbered')
    deadline = engine.NOW + claim.c.due_ttl
    dealt = sa.select(numbered, claim, deadline.label('deadline')).join(claim, sa.and_(
        claim.c.due_place == numbered.c.place,
        numbered.c.number.between(claim.c.due_first, claim.c.due_last))).cte('dealt')

    claimed = sa.update(tables.messages).where(paths.ROW == dealt.c.spot).values(
        claim_id=dealt.c.due_claim, available_at=dealt.c.deadline,
        claim_count=of.claim_count + 1,
        expires_at=sa.func.greatest(of.expires_at, dealt.c.deadline + dealt.c.due_grace),
    ).returning(*rows.COLUMNS, dealt.c.place, dealt.c.due_ttl, dealt.c.due_grace).cte('claimed')
    made = sa.insert(tables.claims).from_select(
        ['queue_id', 'id', 'ttl', 'grace', 'renewed_at', 'expires_at', 'sweep_at'],
        sa.select(claimed.c.queue_id, claimed.c.claim_id, claimed.c.due_ttl // 1000,
                  claimed.c.due_grace // 1000, engine.NOW, claimed.c.available_at,
                  claimed.c.available_at).distinct()).cte('made')

    return sa.select(
        state, alive.label('alive'), rows.NOW,
        *(claimed.c[column.name] for column in rows.COLUMNS),
    ).select_from(
        queue.join(state, state.c.place == queue.c.n).outerjoin(
            claimed, claimed.c.place == queue.c.n)
    ).order_by(state.c.place, claimed.c.seq).add_cte(made)
