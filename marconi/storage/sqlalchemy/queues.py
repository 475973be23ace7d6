"""The catalogue: which queues exist, whose they are, where they live."""

import itertools
import operator

import orjson
import sqlalchemy as sa
from sqlalchemy import exc

from marconi import exception
from marconi import objects
from marconi.storage import base
from marconi.storage.sqlalchemy import engine
from marconi.storage.sqlalchemy import tables

_queues = tables.queues.c
#: How many rows are read at a time when a filter may reject most of them.
BATCH = 500


class Queues(base.Queues):

    _THIS = sa.and_(_queues.project == sa.bindparam('project'),
                    _queues.name == sa.bindparam('name'))
    _GET = sa.select(*_queues).where(_THIS)
    _LIST = sa.select(*_queues).where(
        _queues.project == sa.bindparam('project'), _queues.name > sa.bindparam('marker'),
    ).order_by(_queues.name).limit(sa.bindparam('limit', type_=sa.Integer))
    _COUNT = sa.select(sa.func.count()).where(_queues.project == sa.bindparam('project'))
    _EXISTING = sa.select(_queues.project, _queues.name).where(
        _queues.project == sa.bindparam('project'),
        _queues.name.in_(sa.bindparam('names', expanding=True)))
    _NAMED = sa.select(*_queues).where(_queues.id.in_(sa.bindparam('ids', expanding=True)))
    _UPDATE = sa.update(tables.queues).where(
        _queues.id == sa.bindparam('queue'),
        _queues.revision == sa.bindparam('old_revision'),
    ).values(metadata=sa.bindparam('new_metadata'), revision=_queues.revision + 1)
    _DELETE = sa.delete(tables.queues).where(
        _queues.id == sa.bindparam('queue'),
        # NULL is a pool like others.
        sa.func.coalesce(_queues.pool, '') == sa.bindparam('pool'))
    _IN_POOL = sa.select(*_queues).where(
        _queues.id > sa.bindparam('after')).order_by(_queues.id).limit(
            sa.bindparam('limit', type_=sa.Integer))

    def __init__(self, database):
        self.database = database

    def create(self, project, name, metadata, pool=None):
        try:
            self._insert(project, name, metadata, pool)
        except exc.IntegrityError:  # the name is taken
            return False
        return True

    @engine.reading
    def get(self, connection, project, name):
        row = connection.execute(self._GET, {'project': project, 'name': name}).first()
        return _queue(row) if row else None

    @engine.reading
    def named(self, connection, ids):
        return {row.id: _queue(row) for row in connection.execute(self._NAMED, {'ids': ids})}

    @engine.reading
    def existing(self, connection, names):
        found = []
        for project, keys in itertools.groupby(sorted(names), operator.itemgetter(0)):
            found += map(tuple, connection.execute(self._EXISTING, {
                'project': project, 'names': [name for _, name in keys]}))
        return found

    @engine.reading
    def list(self, connection, project, marker=None, limit=10, name=None, metadata=None):
        filtered = name is not None or metadata
        found, last = [], marker or ''
        while len(found) < limit:
            batch = BATCH if filtered else limit - len(found)
            rows = connection.execute(self._LIST, {
                'project': project, 'marker': last, 'limit': batch}).all()
            found += [queue for queue in map(_queue, rows)
                      if _matches(queue, name, metadata or {})]
            if len(rows) < batch:
                break
            last = rows[-1].name
        return found[:limit]

    @engine.reading
    def count(self, connection, project):
        return connection.scalar(self._COUNT, {'project': project})

    @engine.writing
    def update(self, connection, queue, metadata):
        done = connection.execute(self._UPDATE, {
            'queue': queue.id, 'old_revision': queue.revision,
            'new_metadata': orjson.dumps(metadata)})
        return done.rowcount == 1

    @engine.writing
    def delete(self, connection, queue):
        connection.execute(self._DELETE, {'queue': queue.id, 'pool': queue.pool or ''})

    @engine.reading
    def in_pool(self, connection, pool, after=0, limit=100):
        found = connection.execute(self._IN_POOL.where(_queues.pool == pool), {
            'after': after, 'limit': limit})
        return list(map(_queue, found))

    @engine.writing
    def _insert(self, connection, project, name, metadata, pool):
        connection.execute(sa.insert(tables.queues), {
            'project': project, 'name': name, 'pool': pool, 'revision': 0,
            'metadata': orjson.dumps(metadata)})
        keep_pool(connection, self.database, pool)


def keep_pool(connection, database, name):
    """Keep a pool from being deleted before this transaction ends: see ``Pools.delete``.

    :raises PoolNotFound: it is gone, or takes no queues.
    """
    if name is not None and not connection.execute(
            database.keeping(_POOL), {'name': name}).first():
        raise exception.PoolNotFound(name=name)


_POOL = sa.select(tables.pools.c.name).where(
    tables.pools.c.name == sa.bindparam('name'), tables.pools.c.draining == 0)


def _queue(row):
    return objects.Queue(id=row.id, project=row.project, name=row.name, pool=row.pool,
                         metadata=orjson.loads(row.metadata), revision=row.revision)


def _matches(queue, name, metadata):
    return (name is None or name in queue.name) and all(
        key in queue.metadata and queue.metadata[key] == value
        and type(queue.metadata[key]) is type(value) for key, value in metadata.items())
