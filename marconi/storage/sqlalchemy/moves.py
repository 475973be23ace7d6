"""Which queues are to move to another pool."""

import sqlalchemy as sa

from marconi import exception
from marconi import objects
from marconi.storage import pooling
from marconi.storage.sqlalchemy import engine
from marconi.storage.sqlalchemy import queues
from marconi.storage.sqlalchemy import tables

_moves, _queues = tables.moves.c, tables.queues.c
_OF_QUEUE = _moves.queue_id == sa.bindparam('queue')
#: How much of an error is kept, in characters.
ERROR_LENGTH = 255


class Moves(pooling.Moves):

    _GET = sa.select(*_moves).where(_OF_QUEUE)
    _LIST = sa.select(*_moves).order_by(_moves.requested_at, _moves.queue_id)
    _PUT = sa.insert(tables.moves).values(requested_at=engine.NOW)
    _POOL = sa.select(_queues.pool).where(_queues.id == sa.bindparam('queue'))
    _SWITCH = sa.update(tables.queues).where(
        _queues.id == sa.bindparam('queue')).values(pool=sa.bindparam('target'))
    _POSTPONE = sa.update(tables.moves).where(_OF_QUEUE).values(
        requested_at=engine.NOW, error=sa.bindparam('why'))
    _FORGET = sa.delete(tables.moves).where(
        # NULL is a pool like others. Another move may have been requested since.
        _OF_QUEUE, sa.func.coalesce(_moves.target, '') == sa.bindparam('target'))

    def __init__(self, store):
        self.database = store.database
        self._schema = store.schema

    @engine.writing
    def request(self, connection, queue, target):
        queues.keep_pool(connection, self.database, target)
        here = connection.execute(self.database.locking(self._POOL), {'queue': queue.id}).first()
        if here is None or here.pool == target:
            return False
        under_way = connection.execute(self._GET, {'queue': queue.id}).first()
        if under_way is None:
            connection.execute(self._PUT, {
                'queue_id': queue.id, 'project': queue.project, 'name': queue.name,
                'source': here.pool, 'target': target, 'now': self.database.now()})
        elif under_way.target != target:
            raise exception.QueueMoving(name=queue.name, target=under_way.target)
        return True

    def list(self, limit=None):
        if not self._schema.reached('0002', 'no queue moves'):
            return []
        return self._listed(limit)

    @engine.reading
    def _listed(self, connection, limit):
        return [objects.Move(**row._mapping)
                for row in connection.execute(self._LIST.limit(limit))]

    @engine.writing
    def switch(self, connection, move):
        connection.execute(self._SWITCH, {'queue': move.queue_id, 'target': move.target})

    @engine.writing
    def postpone(self, connection, move, error):
        connection.execute(self._POSTPONE, {
            'queue': move.queue_id, 'why': error[:ERROR_LENGTH], 'now': self.database.now()})

    @engine.writing
    def forget(self, connection, move):
        connection.execute(self._FORGET, {
            'queue': move.queue_id, 'target': move.target or ''})
