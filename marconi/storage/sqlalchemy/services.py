"""The processes of the service: one row each, touched as long as it lives."""

import sqlalchemy as sa

from marconi import objects
from marconi.storage import monitoring
from marconi.storage.sqlalchemy import engine
from marconi.storage.sqlalchemy import tables

_services = tables.services.c
_AGO = engine.NOW - sa.bindparam('ago', type_=sa.BigInteger)


class Services(monitoring.Services):

    _TOUCH = sa.update(tables.services).where(
        _services.id == sa.bindparam('service')).values(seen_at=engine.NOW)
    _MAKE = sa.insert(tables.services).values(
        started_at=_AGO, seen_at=engine.NOW)
    _LIST = sa.select(*_services, (engine.NOW - _services.seen_at).label('silent')).order_by(
        _services.kind, _services.host, _services.pid)
    _REMOVE = sa.delete(tables.services).where(_services.id == sa.bindparam('service'))
    _FORGET = sa.delete(tables.services).where(_services.seen_at <= _AGO)

    def __init__(self, store):
        self.database = store.database
        self._schema = store.schema

    @property
    def _listed(self):
        return self._schema.reached('0004', 'the processes of the service are not listed')

    def beat(self, service, uptime):
        if self._listed:
            self._beat(service, uptime)

    @engine.writing
    def _beat(self, connection, service, uptime):
        now = {'now': self.database.now()}
        if connection.execute(self._TOUCH, now | {'service': service.id}).rowcount:
            return
        connection.execute(self._MAKE, now | {
            'id': service.id, 'kind': service.kind, 'host': service.host,
            'pid': service.pid, 'version': service.version, 'ago': round(1000 * uptime)})

    def list(self):
        return self._list() if self._listed else []

    @engine.reading
    def _list(self, connection):
        rows = connection.execute(self._LIST, {'now': self.database.now()})
        return [objects.Service(**row._mapping) for row in rows]

    def remove(self, id):
        if self._listed:
            self._remove(id)

    @engine.writing
    def _remove(self, connection, id):
        connection.execute(self._REMOVE, {'service': id})

    def forget(self, seconds):
        if self._listed:
            self._forget(seconds)

    @engine.writing
    def _forget(self, connection, seconds):
        connection.execute(self._FORGET, {'now': self.database.now(), 'ago': round(1000 * seconds)})
