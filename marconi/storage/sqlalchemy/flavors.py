"""Classes of pools: who named them. What belongs to them, the pools say."""

import orjson
import sqlalchemy as sa
from sqlalchemy import exc

from marconi import exception
from marconi import objects
from marconi.storage import pooling
from marconi.storage.sqlalchemy import engine
from marconi.storage.sqlalchemy import tables

_flavors = tables.flavors.c
_pools = tables.pools.c


class Flavors(pooling.Flavors):

    _THIS = sa.and_(_flavors.project == sa.bindparam('owner'),
                    _flavors.name == sa.bindparam('flavor'))
    _GET = sa.select(*_flavors).where(_THIS)
    _LIST = sa.select(*_flavors).where(
        _flavors.project == sa.bindparam('owner'),
        _flavors.name > sa.bindparam('marker')).order_by(_flavors.name)
    _PAGE = _LIST.limit(sa.bindparam('limit', type_=sa.Integer))
    _POOLS = sa.select(_pools.name, _pools.flavor).where(
        _pools.flavor.in_(sa.bindparam('flavors', expanding=True))).order_by(_pools.name)
    # In their order, as everybody who needs several.
    _CONCERNED = sa.select(_pools.name).where(sa.or_(
        _pools.name.in_(sa.bindparam('pools', expanding=True)),
        _pools.flavor == sa.bindparam('flavor'))).order_by(_pools.name)
    _UPDATE = sa.update(tables.flavors).where(_THIS).values(
        capabilities=sa.bindparam('new_capabilities'))
    _DELETE = sa.delete(tables.flavors).where(_THIS)
    _RELEASE = sa.update(tables.pools).where(
        _pools.flavor == sa.bindparam('old'),
        _pools.name.not_in(sa.bindparam('pools', expanding=True))).values(flavor=None)
    _TAKE = sa.update(tables.pools).where(
        _pools.name.in_(sa.bindparam('pools', expanding=True)),
    ).values(flavor=sa.bindparam('new'))

    def __init__(self, database):
        self.database = database

    def put(self, flavor):
        try:
            self._put(flavor)
        except exc.IntegrityError:
            if self._row(flavor.project, flavor.name) is None:
                raise exception.FlavorTaken(name=flavor.name) from None
            self._put(flavor)  # somebody made the same one just now

    @engine.reading
    def get(self, connection, project, name):
        row = self._find(connection, project, name)
        return self._with_pools(connection, [row])[0] if row else None

    @engine.reading
    def list(self, connection, project, marker=None, limit=None):
        rows = connection.execute(self._LIST if limit is None else self._PAGE, {
            'owner': project, 'marker': marker or '', 'limit': limit}).all()
        return self._with_pools(connection, rows)

    @engine.writing
    def delete(self, connection, project, name):
        gone = connection.execute(self._DELETE, {'owner': project, 'flavor': name})
        if gone.rowcount:
            connection.execute(self._RELEASE, {'old': name, 'pools': []})

    @engine.writing
    def _put(self, connection, flavor):
        found = connection.scalars(self.database.locking(self._CONCERNED), {
            'flavor': flavor.name, 'pools': flavor.pools}).all()
        for name in flavor.pools:
            if name not in found:
                raise exception.PoolNotFound(name=name)
        capabilities = orjson.dumps(flavor.capabilities)
        if not connection.execute(self._UPDATE, {
                'owner': flavor.project, 'flavor': flavor.name,
                'new_capabilities': capabilities}).rowcount:
            connection.execute(sa.insert(tables.flavors), {
                'project': flavor.project, 'name': flavor.name, 'capabilities': capabilities})
        connection.execute(self._RELEASE, {'old': flavor.name, 'pools': flavor.pools})
        connection.execute(self._TAKE, {'new': flavor.name, 'pools': flavor.pools})

    @engine.reading
    def _row(self, connection, project, name):
        return self._find(connection, project, name)

    def _find(self, connection, project, name):
        return connection.execute(self._GET, {'owner': project, 'flavor': name}).first()

    def _with_pools(self, connection, rows):
        """Return rows as ``Flavor`` values, with the pools that are of them."""
        if not rows:
            return []
        pools = connection.execute(self._POOLS, {'flavors': [row.name for row in rows]}).all()
        return [objects.Flavor(
            project=row.project, name=row.name, capabilities=orjson.loads(row.capabilities),
            pools=[pool.name for pool in pools if pool.flavor == row.name]) for row in rows]
