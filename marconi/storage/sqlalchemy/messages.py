"""Messages: post, list, get, delete, pop, count."""

import functools

import sqlalchemy as sa

from marconi import exception
from marconi import objects
from marconi.storage import base
from marconi.storage.sqlalchemy import deleting
from marconi.storage.sqlalchemy import engine
from marconi.storage.sqlalchemy import free
from marconi.storage.sqlalchemy import group
from marconi.storage.sqlalchemy import measuring
from marconi.storage.sqlalchemy import rows
from marconi.storage.sqlalchemy import signals
from marconi.storage.sqlalchemy import streams
from marconi.storage.sqlalchemy import tables

_messages = tables.messages.c
_QUEUE = _messages.queue_id == sa.bindparam('queue')
_SEQS = _messages.seq.in_(sa.bindparam('seqs', expanding=True))
# The sum: positions are looked up by the primary key and nothing else.
_LIVES = sa.and_(_messages.expires_at + 0 > engine.NOW, _messages.seq > sa.bindparam('floor'))
_MARKER = sa.bindparam('marker', type_=sa.BigInteger)
_AFTER = _messages.seq > _MARKER
_LIMIT = sa.bindparam('limit', type_=sa.Integer)
_HELD = sa.and_(_messages.claim_id.is_not(None), _messages.available_at > engine.NOW)
_DELAYED = sa.and_(_messages.claim_id.is_(None), _messages.available_at > engine.NOW)
_SHOWN = sa.select(*rows.COLUMNS, rows.NOW)

#: How many deletions of single messages one transaction makes at most.
MOST_GROUPED = 100


class Messages(base.Messages):

    _GET = _SHOWN.where(_QUEUE, _SEQS, _LIVES, streams.ALIVE).order_by(_messages.seq)
    _DELETE = sa.delete(tables.messages).where(_QUEUE)
    _DELETE_LIVE = _DELETE.where(streams.ALIVE)
    _DELETE_FREE = _DELETE_LIVE.where(sa.not_(_HELD))
    _DELETE_HELD = _DELETE_LIVE.where(_HELD, _messages.expires_at + 0 > engine.NOW,
                                      _messages.claim_id == sa.bindparam('claim'))
    _COUNT = sa.select(
        sa.func.count().label('total'),
        sa.func.coalesce(sa.func.sum(sa.case((_HELD, 1), else_=0)), 0).label('claimed'),
        sa.func.min(_messages.seq).label('oldest'),
        sa.func.max(_messages.seq).label('newest'),
    ).where(_QUEUE, _LIVES, streams.ALIVE)

    def __init__(self, store):
        self.database = store.database
        self.ids = store.ids
        self.moved = store.moved
        self.posting = store.posting
        self.free = store.free
        self.dead_letters = store.dead_letters
        self._deleting = group.GroupCommit(self._delete_group, MOST_GROUPED)
        self._at_once = deleting.Deleting(self.database) if self.database.together else None
        these = self.database.among(_messages.seq, 'seqs')
        self._delete_these, self._delete_live, self._delete_free, self._delete_held = (
            self.database.prepare(statement.where(these)) for statement in (
                self._DELETE, self._DELETE_LIVE, self._DELETE_FREE, self._DELETE_HELD))
        self._alive = rows.Alive(self.database)
        self._signals = self.database.prepare(signals.statement(self.database))
        self._measure = measuring.statement(self.database)
        # Those of one kind when it is first asked for: most processes see few of them.
        self._list_of = functools.cache(
            lambda *kind: self.database.prepare(_list(self.database, *kind)))

    def post(self, queue, messages, client_id):
        numbers = self.posting.post(queue, messages, client_id)
        return self.ids().encode([(queue.id, number) for number in numbers])

    @engine.reading
    def list(self, connection, queue, marker=None, limit=10, skip_client=None,
             include_claimed=False, include_delayed=False):
        after = queue.floor
        if marker is not None:
            position = self.moved.positions(connection, queue, [marker])
            if not position:
                return self._values(connection, queue, [])
            after = max(after, position[0])
        known = self.free.known.get(queue)
        values = {**self._of(queue), 'marker': max(after, known.bottom), 'limit': limit,
                  'skip_client': skip_client, 'head': max(after, known.head),
                  'due_after': known.due_after}
        # Mostly there is nothing in between that may not be shown, and then the
        # simplest way is right: along the queue.
        kind = skip_client is not None, include_claimed, include_delayed
        simple, precise = self._list_of(kind[0], True, True), self._list_of(*kind)
        if precise is simple or after >= known.hidden:
            found = simple(connection, values)
            if after <= known.bottom and skip_client is None:
                self.free.known.note_oldest(queue, known, found[0].seq if found else None)
            hidden = [row.seq for row in found if row.available_at > row.now]
            if precise is simple or not hidden:
                return self._values(connection, queue, found)
            self.free.known.note_hidden(queue, hidden[-1])
        else:
            self.free.known.trust_hidden(queue)
        found = precise(connection, values)
        return self._values(connection, queue, found)

    @engine.reading
    def get(self, connection, queue, ids):
        seqs = self.moved.positions(connection, queue, ids)
        found = connection.execute(
            self._GET, {**self._of(queue), 'seqs': seqs}).all() if seqs else []
        return self._values(connection, queue, found)

    def delete(self, queue, id, claim_id=None):
        sound = claim_id is None or rows.CLAIM_ID.match(claim_id)
        seqs = self._at_once and sound and self.moved.own(queue, [id])
        if seqs and self._at_once.delete(queue, seqs, claim_id or ''):
            return 1
        # Here it is also found out why not.
        return self._deleting.submit((queue, id, claim_id))

    @engine.writing
    def _delete_group(self, connection, wanted):
        # In one order for all groups, so that no two wait for each other.
        places = [(queue.id, id, number) for number, (queue, id, _) in enumerate(wanted)]
        done = {number: group.outcome(self._delete, connection, *wanted[number])
                for _, _, number in sorted(places)}
        return [done[number] for number in range(len(wanted))]

    def _delete(self, connection, queue, id, claim_id):
        seqs = self.moved.positions(connection, queue, [id])
        if not seqs:
            self._alive.check(connection, queue)
            return 0
        if claim_id is None or rows.CLAIM_ID.match(claim_id):
            guarded = self._delete_free if claim_id is None else self._delete_held
            if guarded(connection, {**self._of(queue), 'seqs': seqs, 'claim': claim_id}):
                return 1
        self._alive.check(connection, queue)
        for row in self._read(connection, queue, seqs):
            if claim_id is not None and not rows.CLAIM_ID.match(claim_id):
                raise exception.MalformedClaimId(claim_id=claim_id)
            _refuse(row, id, claim_id)
        return 0

    def delete_many(self, queue, ids, claim_ids=None):
        seqs = self._at_once and claim_ids is None and self.moved.own(queue, ids)
        if not seqs:
            return self._delete_many(queue, ids, claim_ids)
        deleted = self._at_once.delete(queue, seqs, None)
        if deleted < len(seqs):
            self.database.read(self._alive.check, queue)
        return deleted

    @engine.writing
    def _delete_many(self, connection, queue, ids, claim_ids):
        seqs = self.moved.positions(connection, queue, ids)
        if seqs and claim_ids is not None:
            for row in self._read(connection, queue, seqs):
                if row.claim_id not in claim_ids or row.available_at <= row.now:
                    [message] = rows.to_messages(self.ids(), [row])
                    _refuse(row, message.id, ', '.join(claim_ids))
        done = self._delete_live(connection, {**self._of(queue), 'seqs': seqs}) if seqs else 0
        if done < len(seqs) or not seqs:
            # All of them, or none: the queue may be leaving for another pool.
            self._alive.check(connection, queue)
        return done

    @engine.writing
    def pop(self, connection, queue, limit):
        taken = self.free.take(connection, queue, limit)
        if taken:
            self._delete_these(connection, {'queue': queue.id,
                                            'seqs': [row.seq for row in taken]})
        return rows.to_messages(self.ids(), taken, claim_id=None)

    def adopt(self, queue, letters):
        self.dead_letters.adopt(queue, letters)

    @engine.reading
    def stats(self, connection, queue):
        count = connection.execute(self._COUNT, self._of(queue)).one()
        if not count.total:
            self._alive.check(connection, queue)
            return objects.Stats(free=0, claimed=0)
        ends = connection.execute(self._GET, {
            **self._of(queue), 'seqs': [count.oldest, count.newest]}).all()
        ends = rows.to_messages(self.ids(), ends)
        claimed = int(count.claimed)
        return objects.Stats(
            free=count.total - claimed, claimed=claimed,
            oldest=ends[0] if ends else None, newest=ends[-1] if ends else None)

    @engine.reading
    def measure(self, connection, queue, after=0, limit=1000, until=None):
        page = connection.execute(self._measure, {
            'queue': queue.id, 'after': after, 'limit': limit,
            'until': tables.FOREVER if until is None else until,
            'now': self.database.now()}).one()
        return (int(page.messages), int(page.bytes),
                page.last if page.looked_at == limit else None)

    @engine.reading
    def signals(self, connection, queues):
        known = self.free.known
        knew = [known.get(queue) for queue in queues]
        found = self._signals(connection, {
            'ids': [queue.id for queue in queues],
            **{name: [getattr(of, name) for of in knew]
               for name in ('generation', 'bottom', 'head', 'due_after')},
            'now': self.database.now()})
        found = {row.id: signals.to_signal(row) for row in found}
        for queue, of in zip(queues, knew, strict=True):
            if queue.id not in found:
                known.note_oldest(queue, of, None)
        return found

    def _of(self, queue):
        """The parameters that nearly every statement has."""
        return {'queue': queue.id, 'generation': queue.generation,
                'floor': queue.floor, 'now': self.database.now()}

    def _values(self, connection, queue, found):
        if not found:
            self._alive.check(connection, queue)
        return rows.to_messages(self.ids(), found)

    def _read(self, connection, queue, seqs):
        """Lock and return those of the messages that are there."""
        return connection.execute(self.database.locking(_READ),
                                  {**self._of(queue), 'seqs': seqs}).all()


def _refuse(row, id, claim_id):
    """Say why a message that is there may not be deleted."""
    if row.claim_id is not None and row.available_at > row.now:
        raise exception.MessageClaimed(id=id)
    raise exception.MessageNotClaimed(id=id, claim_id=claim_id)


def _list(database, skip_client, include_claimed, include_delayed):
    """Return the statement for one kind of listing."""
    mine = [_messages.client_id != sa.bindparam('skip_client')] if skip_client else []
    if not include_claimed and not include_delayed:
        # Only positions go through the sort: MariaDB and MySQL would put
        # temporary rows with bodies on disk.
        candidates = free.candidates(
            database, *mine, queue=free.QUEUE_ID, others=_MARKER, limit=_LIMIT,
            **free.KNOWN)
        return database.paths.at(_SHOWN.where(_QUEUE, streams.ALIVE), _messages.seq,
                                 free.in_order(candidates, _LIMIT))
    hidden = []
    if not include_claimed:
        hidden.append(sa.not_(_HELD))
    if not include_delayed:
        hidden.append(sa.not_(_DELAYED))
    return _SHOWN.where(_QUEUE, _AFTER, _messages.expires_at > engine.NOW, *hidden, *mine,
                        streams.ALIVE).order_by(_messages.seq).limit(_LIMIT)


_READ = _SHOWN.where(_QUEUE, _SEQS, _LIVES)
