"""Reclaiming space, one bounded transaction at a time."""

import functools
import itertools
import operator

import sqlalchemy as sa

from marconi.storage import base
from marconi.storage.sqlalchemy import engine
from marconi.storage.sqlalchemy import garbage
from marconi.storage.sqlalchemy import tables

_claims, _delays, _messages = tables.claims.c, tables.delays.c, tables.messages.c
_moved = tables.moved.c
_LIMIT = sa.bindparam('batch', type_=sa.Integer)
_QUEUE = sa.bindparam('queue', type_=sa.BigInteger)

#: For so many milliseconds after its move a dead letter's old id works as a
#: marker even if the message is gone.
MOVED_FOR = 14 * 86_400_000
#: Seconds that a transaction should take which has the database for itself.
ALONE = 0.01


def sweeping(which):
    """Return what makes a method, given a connection and a number of rows, a sweep.

    It is one transaction, and none if there is nothing to do: the lock on the lease alone
    is written to the log, and all who wait take that for news.

    :param which: SELECT of the first ``batch`` rows to deal with.
    """
    def decorate(method):
        @functools.wraps(method)
        def run(self, batch, holder=None):
            if self.database.read(_found, which, self.database.now()):
                return self.database.write(work, self, batch, holder)
            return 0

        def work(connection, self, batch, holder):
            if holder and not self.leases.keep(connection, method.__name__, holder):
                return 0
            return method(self, connection, batch)

        return run
    return decorate


def _found(connection, which, now):
    return connection.execute(which, {'batch': 1, 'now': now}).first() is not None


class Sweeps(base.Sweeps):

    _EXPIRED = sa.select(_messages.queue_id, _messages.seq).where(
        _messages.expires_at <= engine.NOW).order_by(_messages.expires_at).limit(_LIMIT)
    _EXPIRED_CLAIMS = sa.select(_claims.queue_id, _claims.id, _claims.expires_at).where(
        _claims.sweep_at <= engine.NOW).order_by(_claims.sweep_at).limit(_LIMIT)
    _ENDED_DELAYS = sa.select(_delays.queue_id, _delays.due_at).where(
        _delays.sweep_at <= engine.NOW).order_by(_delays.sweep_at).limit(_LIMIT)
    _MOVED = sa.select(_moved.queue_id, _moved.origin_queue, _moved.origin_seq).where(
        _moved.moved_at <= engine.NOW - MOVED_FOR,
        # A look-up per row; PostgreSQL turns NOT EXISTS into a scan of all.
        sa.select(_messages.seq).where(
            _messages.queue_id == _moved.queue_id,
            _messages.seq == _moved.seq).scalar_subquery().is_(None),
    ).order_by(_moved.moved_at).limit(_LIMIT)
    _FORGET_MOVED = sa.delete(tables.moved).where(
        _moved.queue_id == _QUEUE,
        _moved.origin_queue == sa.bindparam('origin_queue'),
        _moved.origin_seq == sa.bindparam('origin_seq'))

    def __init__(self, database, leases):
        self.database = database
        self.leases = leases
        if database.has_one_writer:
            self.bite = ALONE
        self._garbage = garbage.Garbage(database)

        def delete(column, keys):
            return sa.delete(column.table).where(
                column.table.c.queue_id == _QUEUE, database.among(column, keys))

        self._remove = delete(_messages.seq, 'seqs')
        self._forget_claims = delete(_claims.id, 'ids')
        self._forget_delays = delete(_delays.due_at, 'times')
        self._file = sa.update(tables.messages).where(
            _messages.queue_id == _QUEUE, database.among(_messages.available_at, 'times'),
        ).values(available_at=tables.RETURNED, claim_id=None)

    @sweeping(_EXPIRED)
    def expired_messages(self, connection, batch):
        picked = self._pick(connection, self._EXPIRED, batch)
        for queue_id, rows in _by_queue(picked):
            connection.execute(self._remove, {'queue': queue_id,
                                              'seqs': [row.seq for row in rows]})
        return len(picked)

    @sweeping(_EXPIRED_CLAIMS)
    def expired_claims(self, connection, batch):
        picked = self._pick(connection, self._EXPIRED_CLAIMS, batch)
        for queue_id, rows in _by_queue(picked):
            rows = list(rows)
            times = {row.expires_at for row in rows}
            connection.execute(self._file, {'queue': queue_id, 'times': list(times)})
            connection.execute(self._forget_claims, {'queue': queue_id,
                                                     'ids': [row.id for row in rows]})
        return len(picked)

    @sweeping(_ENDED_DELAYS)
    def ended_delays(self, connection, batch):
        picked = self._pick(connection, self._ENDED_DELAYS, batch)
        for queue_id, rows in _by_queue(picked):
            ended = {'queue': queue_id, 'times': list({row.due_at for row in rows})}
            connection.execute(self._file, ended)
            connection.execute(self._forget_delays, ended)
        return len(picked)

    @sweeping(garbage.Garbage.DUE)
    def purged_messages(self, connection, batch):
        return self._garbage.remove(connection, batch)

    @sweeping(_MOVED)
    def moved_ids(self, connection, batch):
        picked = self._pick(connection, self._MOVED, batch)
        for row in picked:
            connection.execute(self._FORGET_MOVED, {
                'queue': row.queue_id, 'origin_queue': row.origin_queue,
                'origin_seq': row.origin_seq})
        return len(picked)

    def _pick(self, connection, which, batch):
        rows = connection.execute(self.database.locking(which, skip_locked=True),
                                  {'batch': batch, 'now': self.database.now()})
        return sorted(rows, key=operator.itemgetter(0, 1))


def _by_queue(rows):
    return itertools.groupby(rows, key=operator.attrgetter('queue_id'))
