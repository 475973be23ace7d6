"""A group of claims in one statement, where the database can.

It does what ``claims`` and ``free`` do step by step: finds candidates, locks those that
nobody else holds, claims them, and notes the claims.
"""

import collections

import sqlalchemy as sa

from marconi import objects
from marconi import randomness
from marconi.storage.sqlalchemy import arrays
from marconi.storage.sqlalchemy import engine
from marconi.storage.sqlalchemy import free
from marconi.storage.sqlalchemy import paths
from marconi.storage.sqlalchemy import rows
from marconi.storage.sqlalchemy import tables
from marconi.storage.sqlalchemy import together

_BIG = sa.BigInteger()
#: What the statement is told of each queue; ``before`` is how many messages it is to give
#: of those in front.
_QUEUES = {'queue': _BIG, 'generation': _BIG, 'floor': _BIG, 'head': _BIG, 'due_after': _BIG,
           'number': _BIG, 'window': _BIG, 'before': _BIG}
#: What it is told of each claim: which of all these messages is its first, counted from 1;
#: times in milliseconds.
_CLAIMS = {'first': _BIG, 'claim': sa.Text(), 'ttl': _BIG, 'grace': _BIG}
#: What it tells of each queue: since when it looked at those that are due; the first
#: position that is FRESH; when the first of those that are due came back.
_SEEN = 'due_after', 'fresh', 'due'
#: More candidates than twice those wanted, since claimers in other processes may be
#: holding some: each holds those of one group.
SLACK = 4
#: How many claims make a group full.
MOST_GROUPED = 50
#: What a claim gets that was not made, for a reason that others have to find out.
UNKNOWN = object()


class Claiming(together.Operation):
    """Claims of anything that is free."""

    turn = 1

    def __init__(self, store):
        super().__init__(store.database)
        self.ids = store.ids
        self.free = store.free

    def build(self):
        return _statement(self.database)

    def create(self, *want):
        """Return a ``Claim`` as in ``Claims.create``; None if the queue has nothing that is free.

        UNKNOWN if it got nothing for another reason: that the queue has changed, or that others
        hold its messages just now, is for others to find out.
        """
        return self.database.together.submit(
            self, (randomness.new_id(), *want), 1 / MOST_GROUPED)

    def values(self, wants):
        # Some may not know yet that a queue has changed.
        of_queue = collections.defaultdict(list)
        for want in wants:
            _, queue, *_ = want
            of_queue[queue.id, queue.generation].append(want)
        queues, claims, before = [], [], 0
        for own in of_queue.values():
            number = 0
            for claim_id, queue, ttl, grace, limit in own:
                claims.append((before + number + 1, claim_id, 1000 * ttl, 1000 * grace))
                number += limit
            known = self.free.known.get(queue)
            queues.append((queue.id, queue.generation, queue.floor, known.head, known.due_after,
                           number, 2 * number + SLACK, before))
            before += number
        return arrays.columns(_QUEUES, queues) | arrays.columns(_CLAIMS, claims) | {
            'now': self.database.now()}

    def results(self, wants, found):
        # Those without a claim stand for queues that have nothing.
        taken = sorted((row for row in found if row.claim_id is not None), key=rows.POSITION)
        empty = {(row.queue_id, row.generation): row for row in found if row.claim_id is None}
        held = {}
        for row, message in zip(taken, rows.to_messages(self.ids(), taken), strict=True):
            held.setdefault(row.claim_id, (row, []))[1].append(message)
        claims, seen = [], {}
        for claim_id, queue, ttl, grace, limit in wants:
            claim, row = UNKNOWN, empty.get((queue.id, queue.generation))
            if row is not None:
                claim = None
            elif claim_id in held:
                row, messages = held[claim_id]
                claim = objects.Claim(id=claim_id, ttl=ttl, grace=grace, renewed_at=row.now,
                                      read_at=row.now, messages=messages)
            if row is not None:
                seen[queue.id] = queue, row
            claims.append(claim)
        for queue, row in seen.values():
            self._note(queue, row)
        return claims

    def _note(self, queue, row):
        """Note what was seen of a queue, which each of its rows tells."""
        if row.fresh is not None:
            self.free.known.note_fresh(queue, row.fresh)
        self.free.known.note_due(queue, row.now, row.due_after, row.due)


def _statement(database):
    """Return the statement; it yields the claimed messages.

    With each of them ``_SEEN`` of its queue. For a queue that has nothing it yields a row
    without a message.
    """
    of, stream = tables.messages.c, tables.streams
    wanted = arrays.unnested(_QUEUES)
    # In parentheses, or no element of it could be asked for.
    claims = {name: sa.sql.elements.Grouping(sa.bindparam(name, type_=sa.ARRAY(type)))
              for name, type in _CLAIMS.items()}
    dealt = _dealt(database, wanted, claims)
    taken = sa.select(
        dealt, *(wanted.c[name] for name in (
            'queue', 'generation', 'head', 'floor', 'due_after')),
        *(claims[name][dealt.c.who].label(name) for name in ('claim', 'ttl', 'grace')),
        (engine.NOW + claims['ttl'][dealt.c.who]).label('deadline'),
    ).select_from(wanted.join(stream, sa.and_(
        stream.c.id == wanted.c.queue, stream.c.generation == wanted.c.generation,
    )).outerjoin(dealt, sa.true())).cte('taken')

    claimed = sa.update(tables.messages).where(paths.ROW == taken.c.spot).values(
        claim_id=taken.c.claim, available_at=taken.c.deadline,
        claim_count=of.claim_count + 1,
        expires_at=sa.func.greatest(of.expires_at, taken.c.deadline + taken.c.grace),
    ).returning(*rows.COLUMNS, rows.NOW, *(taken.c[name] for name in _SEEN),
                taken.c.ttl, taken.c.grace).cte('claimed')
    of = claimed.c
    made = sa.insert(tables.claims).from_select(
        ['queue_id', 'id', 'ttl', 'grace', 'renewed_at', 'expires_at', 'sweep_at'],
        sa.select(of.queue_id, of.claim_id, of.ttl // 1000, of.grace // 1000, of.now,
                  of.available_at, of.available_at).distinct()).cte('made')
    return sa.union_all(
        sa.select(*(of[column.name] for column in rows.COLUMNS), of.now,
                  *(of[name] for name in _SEEN), sa.null().label('generation')),
        _nothing(database, taken)).add_cte(made)


def _dealt(database, wanted, claims):
    """Return a LATERAL of where the messages are that a queue gives, and to which claim each.

    Locked, with what was seen of the queue.
    """
    of = tables.messages.c
    candidates = free.candidates(
        database, queue=wanted.c.queue, fresh=wanted.c.head, others=wanted.c.floor,
        due=wanted.c.due_after, limit=wanted.c.window, of=wanted)
    # Of all, and not only of the first: what a look tells.
    of_all = {'fresh': (candidates.c.seq, candidates.c.available_at == tables.FRESH),
              'due': (candidates.c.available_at, candidates.c.available_at > tables.RETURNED)}
    first = free.in_order(candidates, wanted.c.window, *(
        sa.func.min(column).filter(condition).over().label(name)
        for name, (column, condition) in of_all.items())).correlate(wanted).lateral('first')
    # Locked one by one in their order, and no more than are wanted. What a candidate was
    # it need no longer be.
    locked = database.locking(database.paths.exactly(
        sa.select(paths.ROW.label('spot')), wanted.c.queue, first.c.seq,
    ).where(of.available_at + 0 <= engine.NOW, of.expires_at + 0 > engine.NOW,
            ).correlate(wanted, first), skip_locked=True).lateral('locked')
    ours = sa.select(locked.c.spot, first.c.fresh, first.c.due).select_from(
        first.join(locked, sa.true())).limit(wanted.c.number).correlate(wanted).subquery('ours')
    # Dealt out in their order.
    place = wanted.c.before + sa.func.row_number().over()
    return sa.select(
        ours, sa.func.width_bucket(place, claims['first'], type_=sa.Integer).label('who'),
    ).correlate(wanted).lateral('dealt')


def _nothing(database, taken):
    """Return a SELECT of the queues that gave nothing since nothing in them is free.

    And not since others were just taking it. With the columns of claimed messages, and the
    generation.
    """
    left = free.candidates(
        database, queue=taken.c.queue, fresh=taken.c.head, others=taken.c.floor,
        due=taken.c.due_after, limit=1, of=taken)
    told = {'queue_id': taken.c.queue, 'now': rows.NOW, 'due_after': taken.c.due_after,
            'generation': taken.c.generation}
    names = *(column.name for column in rows.COLUMNS), 'now', *_SEEN, 'generation'
    return sa.select(*(told.get(name, sa.null()) for name in names)).where(
        taken.c.spot.is_(None), ~sa.exists(sa.select(left.c.seq).correlate(taken)))
