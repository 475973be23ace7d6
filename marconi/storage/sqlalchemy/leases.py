"""Leases are rows: Galera has no advisory locks."""

import sqlalchemy as sa
from sqlalchemy import exc

from marconi.storage import base
from marconi.storage.sqlalchemy import engine
from marconi.storage.sqlalchemy import tables

_leases = tables.leases.c


class Leases(base.Leases):

    _UNTIL = engine.NOW + 1000 * sa.bindparam('seconds', type_=sa.BigInteger)
    _TAKE = sa.update(tables.leases).where(
        _leases.name == sa.bindparam('lease'),
        sa.or_(_leases.holder == sa.bindparam('me'), _leases.expires_at <= engine.NOW),
    ).values(holder=sa.bindparam('me'), expires_at=_UNTIL)
    _MAKE = sa.insert(tables.leases).values(
        name=sa.bindparam('lease'), holder=sa.bindparam('me'), expires_at=_UNTIL)
    _EXISTS = sa.select(_leases.name).where(_leases.name == sa.bindparam('lease'))
    _HOLDER = sa.select(_leases.holder).where(_leases.name == sa.bindparam('lease'))
    _GIVE = sa.delete(tables.leases).where(
        _leases.name == sa.bindparam('lease'), _leases.holder == sa.bindparam('me'))

    def __init__(self, database):
        self.database = database

    def acquire(self, name, holder, seconds):
        try:
            return self._acquire(name, holder, seconds)
        except exc.IntegrityError:  # another made the row just now, and has it
            return False

    def keep(self, connection, name, holder):
        """Return whether the holder has the lease; then it does until the transaction ends.

        On a Galera cluster others may take it meanwhile, and the transaction is undone.
        """
        found = connection.scalar(self.database.locking(self._HOLDER), {'lease': name})
        return found == holder

    @engine.writing
    def release(self, connection, name, holder):
        connection.execute(self._GIVE, {'lease': name, 'me': holder})

    @engine.writing
    def _acquire(self, connection, name, holder, seconds):
        values = {'lease': name, 'me': holder, 'seconds': seconds,
                  'now': self.database.now()}
        if connection.execute(self._TAKE, values).rowcount:
            return True
        if connection.execute(self._EXISTS, {'lease': name}).first():
            return False
        connection.execute(self._MAKE, values)
        return True
