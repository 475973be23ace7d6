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

    def __init__(self, database):
        self.database = database

    @engine.writing
    def beat(self, connection, service, uptime):
        now = {'now': self.database.now()}
        if connection.execute(self._TOUCH, now | {'service': service.id}).rowcount:
            return
        connection.execute(self._MAKE, now | {
            'id': service.id, 'kind': service.kind, 'host': service.host,
            'pid': service.pid, 'version': service.version, 'ago': round(1000 * uptime)})

    @engine.reading
    def list(self, connection):
        rows = connection.execute(self._LIST, {'now': self.database.now()})
        return [objects.Service(**row._mapping) for row in rows]

    @engine.writing
    def remove(self, connection, id):
        connection.execute(self._REMOVE, {'service': id})

    @engine.writing
    def forget(self, connection, seconds):
        connection.execute(self._FORGET, {'now': self.database.now(), 'ago': round(1000 * seconds)})
