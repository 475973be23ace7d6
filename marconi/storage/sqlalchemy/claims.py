"""Claims: make, show, renew, release; and dead letters on the way."""

import sqlalchemy as sa

from marconi import exception
from marconi import objects
from marconi import randomness
from marconi.storage import base
from marconi.storage.sqlalchemy import claiming
from marconi.storage.sqlalchemy import engine
from marconi.storage.sqlalchemy import group
from marconi.storage.sqlalchemy import rows
from marconi.storage.sqlalchemy import streams
from marconi.storage.sqlalchemy import tables

_claims, _messages = tables.claims.c, tables.messages.c
_QUEUE = _messages.queue_id == sa.bindparam('queue')
_THIS = sa.and_(_claims.queue_id == sa.bindparam('queue'),
                _claims.id == sa.bindparam('claim'))
_LEAST = sa.bindparam('least', type_=sa.BigInteger)
#: The messages of a claim: they share its deadline, and an index finds them.
_HELD = sa.and_(_QUEUE, _messages.available_at == sa.bindparam('deadline'),
                _messages.claim_id == sa.bindparam('claim'))


class Claims(base.Claims):

    #: How often one claim looks for others in the place of dead letters.
    MOST_ROUNDS = 20

    _FIND = sa.select(
        _claims.ttl, _claims.grace, _claims.renewed_at, _claims.expires_at, rows.NOW,
    ).where(_THIS, _claims.expires_at > engine.NOW, streams.ALIVE)
    # The deadline is asked for anew: it moves when the claim is renewed.
    _SHOW = sa.select(*rows.COLUMNS, rows.NOW).where(
        _QUEUE, _messages.claim_id == sa.bindparam('claim'),
        _messages.available_at == sa.select(_claims.expires_at).where(
            _THIS).scalar_subquery(),
        _messages.expires_at + 0 > engine.NOW, _messages.seq > sa.bindparam('floor'),
        streams.ALIVE,
    ).order_by(_messages.seq)

    #: Never shortened; ``least`` is claim end + grace.
    _LIFE = sa.case((_messages.expires_at < _LEAST, _LEAST),
                    else_=_messages.expires_at)
    _CLAIM = sa.update(tables.messages).where(
        # The sum: positions are looked up by the primary key.
        _QUEUE, _messages.available_at + 0 <= sa.bindparam('now'),
    ).values(claim_id=sa.bindparam('new_claim'), available_at=sa.bindparam('new_deadline'),
             claim_count=_messages.claim_count + 1, expires_at=_LIFE)
    _RENEW = sa.update(tables.messages).where(
        _HELD, _messages.expires_at > sa.bindparam('now'),
    ).values(available_at=sa.bindparam('new_deadline'), expires_at=_LIFE)
    _RENEW_CLAIM = sa.update(tables.claims).where(_THIS, streams.ALIVE).values(
        ttl=sa.bindparam('new_ttl'), grace=sa.bindparam('new_grace'),
        renewed_at=sa.bindparam('now'), expires_at=sa.bindparam('new_deadline'),
        sweep_at=sa.bindparam('new_deadline'))
    _FREE = sa.update(tables.messages).where(_HELD).values(
        claim_id=None, available_at=tables.RETURNED)
    _FORGET = sa.delete(tables.claims).where(_THIS, streams.ALIVE)

    def __init__(self, store):
        self.database = store.database
        self.ids = store.ids
        self.free = store.free
        self.dead_letters = store.dead_letters
        self._alive = rows.Alive(self.database)
        self._claim_these = self.database.prepare(
            self._CLAIM.where(self.database.among(_messages.seq, 'seqs')))
        self._note = self.database.prepare(sa.insert(tables.claims), [
            'queue_id', 'id', 'ttl', 'grace', 'renewed_at', 'expires_at', 'sweep_at'])
        self._claiming = group.GroupCommit(self._create_group, claiming.MOST_GROUPED)
        self._at_once = claiming.Claiming(store) if self.database.together else None

    def create(self, queue, ttl, grace, limit, dead_letters=None):
        if dead_letters is None:
            want = queue, ttl, grace, limit
            made = self._at_once.create(*want) if self._at_once else claiming.UNKNOWN
            return self._claiming.submit(want) if made is claiming.UNKNOWN else made
        # Alone: it locks a second queue, and in a group would hold that lock
        # while it waits for others.
        return self._create_alone(queue, ttl, grace, limit, dead_letters)

    @engine.writing
    def _create_group(self, connection, wanted):
        claims, changed = [], set()
        for queue, *want in wanted:
            claims.append(group.outcome(self._create, connection, queue, *want, None,
                                        queue.id in changed))
            changed.add(queue.id)
        return claims

    @engine.writing
    def _create_alone(self, connection, *want):
        return self._create(connection, *want)

    def _create(self, connection, queue, ttl, grace, limit, dead_letters, changed=False):
        taken = self.free.take(connection, queue, limit, changed=changed)
        if taken and dead_letters is not None:
            taken = self._sort_out(connection, queue, taken, limit, dead_letters)
        if not taken:
            return None
        return self._claim(connection, queue, taken, ttl, grace)

    @engine.reading
    def get(self, connection, queue, claim_id):
        claim = self._find(connection, queue, claim_id)
        found = connection.execute(self._SHOW, {
            'queue': queue.id, 'claim': claim_id, 'floor': queue.floor,
            'generation': queue.generation, 'now': self.database.now()}).all()
        if not found:
            self._alive.check(connection, queue)
        return objects.Claim(
            id=claim_id, ttl=claim.ttl, grace=claim.grace, renewed_at=claim.renewed_at,
            read_at=claim.now, messages=rows.to_messages(self.ids(), found))

    @engine.writing
    def renew(self, connection, queue, claim_id, ttl, grace):
        claim = self._find(connection, queue, claim_id, lock=True)
        deadline = claim.now + 1000 * ttl
        connection.execute(self._RENEW, {
            'queue': queue.id, 'claim': claim_id, 'deadline': claim.expires_at,
            'now': claim.now, 'new_deadline': deadline, 'least': deadline + 1000 * grace})
        self._last(connection, queue, self._RENEW_CLAIM, {
            'queue': queue.id, 'claim': claim_id, 'now': claim.now,
            'new_ttl': ttl, 'new_grace': grace, 'new_deadline': deadline})

    @engine.writing
    def release(self, connection, queue, claim_id):
        try:
            claim = self._find(connection, queue, claim_id, lock=True)
        except exception.ClaimNotFound:
            return
        connection.execute(self._FREE, {'queue': queue.id, 'claim': claim_id,
                                        'deadline': claim.expires_at})
        self._last(connection, queue, self._FORGET, {'queue': queue.id, 'claim': claim_id})

    def _sort_out(self, connection, queue, found, limit, dead_letters):
        """Move those of the rows that were claimed too often, and take others."""
        taken = []
        for _ in range(self.MOST_ROUNDS):
            dead = [row for row in found if row.claim_count >= dead_letters.max_claims]
            taken += [row for row in found if row.claim_count < dead_letters.max_claims]
            if not dead:
                break
            self.dead_letters.move(connection, queue, dead, dead_letters, dead[0].now)
            if dead_letters.queue.id == queue.id:
                break  # they would be found again
            found = self.free.take(connection, queue, limit - len(taken),
                                   besides=[row.seq for row in taken], changed=True)
        return taken

    @staticmethod
    def _last(connection, queue, statement, values):
        """Change the row of a claim, after its messages.

        That it is still alive then makes sure that the queue did not begin to
        move to another pool before we had the messages.
        """
        done = connection.execute(statement, values | {'generation': queue.generation})
        if not done.rowcount:
            raise exception.StaleQueue(name=queue.name)

    def _find(self, connection, queue, claim_id, lock=False):
        statement = self.database.locking(self._FIND) if lock else self._FIND
        claim = None
        if rows.CLAIM_ID.match(claim_id):
            claim = connection.execute(statement, {
                'queue': queue.id, 'generation': queue.generation, 'claim': claim_id,
                'now': self.database.now()}).first()
        if claim is None:
            self._alive.check(connection, queue)
            raise exception.ClaimNotFound(id=claim_id, queue=queue.name)
        return claim

    def _claim(self, connection, queue, taken, ttl, grace):
        now = max(row.now for row in taken)
        claim_id, deadline = randomness.new_id(), now + 1000 * ttl
        least = deadline + 1000 * grace
        done = self._claim_these(connection, {
            'queue': queue.id, 'seqs': [row.seq for row in taken], 'now': now,
            'new_claim': claim_id, 'new_deadline': deadline, 'least': least})
        if done != len(taken):
            # Impossible while we hold the locks on these rows.
            raise RuntimeError(f'Claimed {done} of {len(taken)} locked messages.')
        self._note(connection, {
            'queue_id': queue.id, 'id': claim_id, 'ttl': ttl, 'grace': grace,
            'renewed_at': now, 'expires_at': deadline, 'sweep_at': deadline})
        return objects.Claim(
            id=claim_id, ttl=ttl, grace=grace, renewed_at=now, read_at=now,
            messages=[message.evolve(claim_id=claim_id,
                                     claim_count=message.claim_count + 1,
                                     expires_at=max(message.expires_at, least))
                      for message in rows.to_messages(self.ids(), taken)])
