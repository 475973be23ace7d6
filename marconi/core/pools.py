"""Pools: register, show, list, change, forget the databases that hold messages."""

import uuid

from oslo_log import log

from marconi import exception
from marconi import objects
from marconi.core import limits
from marconi.storage import pools as names

LOG = log.getLogger(__name__)

MOST_WEIGHT = 2 ** 32 - 1
MOST_URI = 255
MOST_FLAVOR = 255
HIDDEN = '***'
#: Seconds for which a mark stays that is not taken away.
APART = 3600

MOST_NUMBER = 2 ** 31 - 1
#: Option of a pool -> the least that it may be; None for those that are true
#: or false. They mean what they mean in the group ``database``.
OPTIONS = {
    # A commit does not wait until it is safe on the disk.
    'relaxed_durability': None,
    'max_pool_size': 1,
    'max_overflow': 0,
    'pool_timeout': 1,
    'connection_recycle_time': -1,
}


class Pools:
    """No pool that leaves here shows a password: see ``_shown``."""

    def __init__(self, broker, driver, control_uri):
        """
        :param driver: the class of the stores, see ``storage.find_driver``.
        :param control_uri: the uri of the database with the catalogue.
        """
        self.broker = broker
        self.store = broker.stores.control
        self._driver = driver
        self._control_uri = control_uri

    def create(self, context, name, **fields):
        """Register a pool, or change one that is registered.

        :param fields: uri and weight, and as one likes flavor and options. Of a
            registered pool, what is not given stays as it is.
        :raises InvalidValue: a field breaks its rule, or the database cannot be
            used.
        :raises UnfitPool: other pools of its flavor can do other things.
        :raises PoolUriTaken: another pool is at this database.
        """
        self.broker.policy.authorize(context, 'pools:create')
        if name == names.DEFAULT:
            raise exception.InvalidValue(
                f'No pool can be named {name}: that means the database with the catalogue.')
        stored = self.store.pools.get(name)
        fields = self._checked(name, stored, fields)
        pool = self.store.pools.update(name, **fields) if stored else None
        if pool is None:
            pool = objects.Pool(name=name, **fields)
            self.store.pools.put(pool)
        return self._changed(context, 'update' if stored else 'create', pool)

    def get(self, context, name):
        """Return the ``Pool``.

        :raises PoolNotFound:
        """
        self.broker.policy.authorize(context, 'pools:get')
        return self._shown(self._get(name))

    def list(self, context, marker=None, limit=None):
        """Return a page of pools, by name.

        :param marker: the last name seen already.
        """
        self.broker.policy.authorize(context, 'pools:get_all')
        limit = self.broker.limits.pools_page(limit)
        return [self._shown(pool) for pool in self.store.pools.list(marker, limit)]

    def update(self, context, name, **changes):
        """Change some fields of a pool, and return the ``Pool``.

        :raises PoolNotFound, InvalidValue, UnfitPool, PoolUriTaken: see ``create``.
        """
        self.broker.policy.authorize(context, 'pools:update')
        changes = self._checked(name, self._get(name), changes)
        pool = self.store.pools.update(name, **changes)
        if pool is None:
            raise exception.PoolNotFound(name=name)
        return self._changed(context, 'update', pool)

    def delete(self, context, name):
        """Forget a pool; no error if there is none.

        :raises PoolInUse: queues live there or are to move there, or it is the
            only pool of a flavor.
        """
        self.broker.policy.authorize(context, 'pools:delete')
        pool = self.store.pools.get(name)
        if pool is not None:
            self.store.pools.delete(name)
            self._changed(context, 'delete', pool)

    def _get(self, name):
        pool = self.store.pools.get(name)
        if pool is None:
            raise exception.PoolNotFound(name=name)
        return pool

    def _checked(self, name, stored, fields):
        """Return the fields as they are to be stored."""
        for field, rule in _RULES.items():
            if field in fields:
                rule(fields[field])
        if 'uri' in fields:
            fields['uri'] = self._uri(name, stored, fields['uri'])
        if 'uri' in fields or 'options' in fields:
            self._check_fit(stored, fields)
        self._check_flavor(name, stored, fields)
        return fields

    def _check_fit(self, stored, fields):
        """Check that databases of this kind can do what the options want."""
        uri = fields['uri'] if 'uri' in fields else stored.uri
        options = fields['options'] if 'options' in fields else stored.options if stored else {}
        try:
            self._driver(uri, **names.driver_options(options)).dispose()
        except ValueError as error:
            raise exception.InvalidValue(f'options: {error}') from error

    def _uri(self, name, stored, uri):
        """Return the uri, which may be as ``get`` showed it, with its password.

        One that does not change is not checked: the pool may be down just now.
        """
        if stored and uri in (stored.uri, self._driver.hide(stored.uri)):
            return stored.uri
        if HIDDEN in uri:
            # Nor may the rest of it be changed: that would send the password
            # to whatever host is named.
            raise exception.InvalidValue(
                f'uri has {HIDDEN} in place of its password, which can only stay as it is if '
                'nothing else of the uri is changed: give the password.')
        try:
            self._check_place(name, self._driver.place(uri))
            self._driver.check(uri)
            self._check_apart(uri)
        except (ValueError, exception.StorageUnavailable, exception.SchemaMismatch) as error:
            raise exception.InvalidValue(f'uri: {error}') from error
        return uri

    def _check_place(self, name, place):
        if place == self._driver.place(self._control_uri):
            raise _is_control()
        for other in self.store.pools.list():
            if other.name != name and self._driver.place(other.uri) == place:
                raise exception.PoolUriTaken(other=other.name)

    def _check_apart(self, uri):
        """Return if this is another database than that with the catalogue.

        One database can have many addresses. What is written in one and cannot
        be written in the other tells, and also that it can be written at all.
        """
        lease, control, pool = f'apart-{uuid.uuid4().hex}', self.store, self._driver(uri)
        try:
            control.leases.acquire(lease, 'control', APART)
            if not pool.leases.acquire(lease, 'pool', APART):
                raise _is_control()
            pool.leases.release(lease, 'pool')
        finally:
            control.leases.release(lease, 'control')
            pool.dispose()

    def _check_flavor(self, name, stored, fields):
        """Check that all pools of a flavor can do the same, if that may change."""
        if not fields.keys() & {'flavor', 'options'}:
            return
        flavor = fields.get('flavor', stored and stored.flavor)
        options = fields.get('options', stored.options if stored else {})
        if flavor is not None:
            can = self._driver.capabilities(options)
            for other in self.store.pools.list():
                if other.flavor == flavor and other.name != name:
                    self.check_same(name, can, other)

    def check_same(self, name, capabilities, other):
        """Return if the pool ``other`` has these capabilities, those of pool ``name``.

        :raises UnfitPool: it has not; says what is different.
        """
        theirs = self._driver.capabilities(other.options)
        if capabilities != theirs:
            raise exception.UnfitPool(
                f'All pools of a flavor must be able to do the same. Pool {name} has the '
                f'capabilities {", ".join(capabilities)}, and pool {other.name} has '
                f'{", ".join(theirs)}.')

    def _shown(self, pool):
        return pool.evolve(uri=self._driver.hide(pool.uri))

    def _changed(self, context, event, pool):
        """Tell of a change, and return the pool as it may be shown.

        :param event: create, update or delete.
        """
        pool = self._shown(pool)
        LOG.info('Pool %s: %s (%s, weight %d, flavor %s).', pool.name, event, pool.uri,
                 pool.weight, pool.flavor)
        self.broker.notifier.tell(context, f'pool.{event}',
                                  pool.name if event == 'delete' else pool)
        return pool


def _is_control():
    return exception.InvalidValue(
        'uri is that of the database with the catalogue, which cannot be a pool.')


def _check_uri(uri):
    limits.check('the length of uri', len(uri), 1, MOST_URI)
    if not uri.isprintable():
        raise exception.InvalidValue('uri must not contain control characters.')


def _check_weight(weight):
    limits.check('weight', weight, 0, MOST_WEIGHT)


def _check_flavor(flavor):
    if flavor is not None:
        limits.check('the length of flavor', len(flavor), 1, MOST_FLAVOR)
        if not flavor.isprintable():
            raise exception.InvalidValue('flavor must not contain control characters.')


def _check_options(options):
    for name, value in options.items():
        if name not in OPTIONS:
            raise exception.InvalidValue(
                f'options has {name}, and may have {", ".join(OPTIONS)}.')
        least = OPTIONS[name]
        if type(value) is not (bool if least is None else int):
            kind = 'true or false' if least is None else 'an integer'
            raise exception.InvalidValue(f'options: {name} must be {kind}.')
        if least is not None:
            limits.check(f'options: {name}', value, least, MOST_NUMBER)


_RULES = {'uri': _check_uri, 'weight': _check_weight, 'flavor': _check_flavor,
          'options': _check_options}
