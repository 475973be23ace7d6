"""The databases that hold messages, beside the one with the catalogue."""

import orjson
import sqlalchemy as sa
from sqlalchemy import exc

from marconi import exception
from marconi import objects
from marconi.storage import pooling
from marconi.storage.sqlalchemy import engine
from marconi.storage.sqlalchemy import tables

_pools = tables.pools.c
#: Up to how many queues are counted, to say what keeps a pool from being forgotten.
MOST_COUNTED = 1000


class Pools(pooling.Pools):

    _GET = sa.select(*_pools).where(_pools.name == sa.bindparam('pool'))
    _LIST = sa.select(*_pools).where(
        _pools.name > sa.bindparam('marker')).order_by(_pools.name)
    _PAGE = _LIST.limit(sa.bindparam('limit', type_=sa.Integer))
    _HAS_URI = sa.select(_pools.name).where(
        _pools.uri == sa.bindparam('uri'), _pools.name != sa.bindparam('pool'))
    _UPDATE = sa.update(tables.pools).where(_pools.name == sa.bindparam('pool'))
    _DELETE = sa.delete(tables.pools).where(_pools.name == sa.bindparam('pool'))
    _FLAVORS = sa.select(_pools.name, _pools.flavor).order_by(_pools.name)
    _NAMED = sa.select(tables.flavors.c.name).where(
        tables.flavors.c.name == sa.bindparam('flavor'))
    _QUEUES = sa.select(sa.func.count()).select_from(
        sa.select(tables.queues.c.id).where(tables.queues.c.pool == sa.bindparam('pool'))
        .limit(MOST_COUNTED + 1).subquery())
    _MOVES = sa.select(sa.func.count()).select_from(
        sa.select(tables.moves.c.queue_id).where(tables.moves.c.target == sa.bindparam('pool'))
        .limit(MOST_COUNTED + 1).subquery())

    def __init__(self, store):
        self.database = store.database
        self._schema = store.schema

    def put(self, pool):
        self._unless_taken(pool.name, pool.uri, self._put, pool)

    def update(self, name, **changes):
        return self._unless_taken(name, changes.get('uri'), self._update, name, changes)

    @engine.reading
    def get(self, connection, name):
        row = connection.execute(self._GET, {'pool': name}).first()
        return _pool(row) if row else None

    def list(self, marker=None, limit=None):
        if not self._schema.reached('0002', 'there are no pools'):
            return []
        return self._listed(marker, limit)

    @engine.reading
    def _listed(self, connection, marker, limit):
        statement = self._LIST if limit is None else self._PAGE
        rows = connection.execute(statement, {'marker': marker or '', 'limit': limit})
        return [_pool(row) for row in rows]

    @engine.writing
    def delete(self, connection, name):
        # All of them, so that two pools of one flavor are not deleted at a time.
        flavors = dict(connection.execute(self.database.locking(self._FLAVORS)).all())
        # First the row: whoever makes a queue there waits, or is waited for.
        connection.execute(self._DELETE, {'pool': name})
        for reason in self._uses(connection, name, flavors):
            raise exception.PoolInUse(name=name, reason=reason)

    def _uses(self, connection, name, flavors):
        """Yield what keeps a pool from being forgotten, in words."""
        queues = connection.scalar(self._QUEUES, {'pool': name})
        if queues:
            yield f'queues live there ({_up_to(queues)})'
        moves = connection.scalar(self._MOVES, {'pool': name})
        if moves:
            yield f'queues are to move there ({_up_to(moves)})'
        flavor = flavors.get(name)
        if list(flavors.values()).count(flavor) == 1 and connection.execute(
                self._NAMED, {'flavor': flavor}).first():
            yield f'it is the only pool of flavor {flavor}'

    @engine.writing
    def _put(self, connection, pool):
        if not connection.execute(self._UPDATE.values(_row(pool)), {'pool': pool.name}).rowcount:
            connection.execute(sa.insert(tables.pools), _row(pool))

    @engine.writing
    def _update(self, connection, name, changes):
        row = connection.execute(self.database.locking(self._GET), {'pool': name}).first()
        if row is None:
            return None
        pool = _pool(row).evolve(**changes)
        connection.execute(self._UPDATE.values(_row(pool)), {'pool': name})
        return pool

    def _unless_taken(self, name, uri, work, *args):
        """Return ``work(*args)``, which may find the uri or the name taken."""
        try:
            return work(*args)
        except exc.IntegrityError:
            other = self._who_has(name, uri)
            if other is None:  # somebody made a pool of this name just now
                return work(*args)
            raise exception.PoolUriTaken(other=other) from None

    @engine.reading
    def _who_has(self, connection, name, uri):
        return connection.scalar(self._HAS_URI, {'pool': name, 'uri': uri})


def _pool(row):
    return objects.Pool(
        name=row.name, uri=row.uri, weight=row.weight, flavor=row.flavor,
        options=orjson.loads(row.options), draining=bool(row.draining))


def _row(pool):
    return {'name': pool.name, 'uri': pool.uri, 'weight': pool.weight, 'flavor': pool.flavor,
            'options': orjson.dumps(pool.options), 'draining': int(pool.draining)}


def _up_to(count):
    return f'more than {MOST_COUNTED}' if count > MOST_COUNTED else str(count)
