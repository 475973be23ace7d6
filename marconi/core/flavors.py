"""Flavors: name, show, list, change, forget classes of pools."""

from oslo_log import log

from marconi import exception
from marconi import objects

LOG = log.getLogger(__name__)


class Offer(objects.Value, frozen=True, kw_only=True):
    """A flavor, with what its pools can do."""

    name: str
    #: The names of its pools, sorted.
    pools: list[str]
    #: See ``storage.base.Store.capabilities``.
    capabilities: list[str]


class Flavors:

    def __init__(self, broker, driver):
        """
        :param driver: the class of the stores, see ``storage.find_driver``.
        """
        self.broker = broker
        self.store = broker.stores.control
        self._driver = driver

    def create(self, context, name, pools=None, capabilities=None):
        """Name a flavor, or change one that the project has named.

        :param pools: the names of its pools, in place of those it has. None
            stands for those pools that say to be of this flavor.
        :param capabilities: dict; kept, and nothing is made of it.
        :returns: the ``Offer``.
        :raises UnfitPool: no pool is named or one that does not exist, or not
            all of them can do the same.
        :raises FlavorTaken: another project has a flavor of that name.
        """
        self.broker.policy.authorize(context, 'flavors:create')
        return self._put(context, name, pools, capabilities or {})

    def get(self, context, name):
        """Return the ``Offer``.

        :raises FlavorNotFound:
        """
        self.broker.policy.authorize(context, 'flavors:get')
        return self._offers([self._get(context, name)])[0]

    def list(self, context, marker=None, limit=None):
        """Return a page of the project's flavors as ``Offer``, by name.

        :param marker: the last name seen already.
        """
        self.broker.policy.authorize(context, 'flavors:get_all')
        limit = self.broker.limits.flavors_page(limit)
        return self._offers(self.store.flavors.list(context.project, marker, limit))

    def update(self, context, name, pools, capabilities=None):
        """Change the pools of a flavor, and return the ``Offer``; see ``create``.

        :raises FlavorNotFound, UnfitPool:
        """
        self.broker.policy.authorize(context, 'flavors:update')
        stored = self._get(context, name)
        return self._put(context, name, pools,
                         stored.capabilities if capabilities is None else capabilities)

    def delete(self, context, name):
        """Forget a flavor; its pools lose it. No error if there is none."""
        self.broker.policy.authorize(context, 'flavors:delete')
        flavor = self.store.flavors.get(context.project, name)
        if flavor is not None:
            self.store.flavors.delete(context.project, name)
            self._changed(context, 'delete', flavor)

    def _get(self, context, name):
        flavor = self.store.flavors.get(context.project, name)
        if flavor is None:
            raise exception.FlavorNotFound(name=name)
        return flavor

    def _put(self, context, name, pools, capabilities):
        flavor = objects.Flavor(
            project=context.project, name=name, pools=self._checked(name, pools),
            capabilities=capabilities)
        event = 'update' if self.store.flavors.get(context.project, name) else 'create'
        try:
            self.store.flavors.put(flavor)
        except exception.PoolNotFound as error:  # it was deleted just now
            raise exception.UnfitPool(str(error)) from error
        self._changed(context, event, flavor)
        return self._offers([flavor])[0]

    def _checked(self, name, wanted):
        """Return the names of the pools that a flavor is to have, sorted."""
        pools = self.store.pools.list()
        if wanted is None:
            return [pool.name for pool in pools if pool.flavor == name]
        if not wanted:
            raise exception.UnfitPool('A flavor must have at least one pool.')
        known = {pool.name: pool for pool in pools}
        for pool in wanted:
            if pool not in known:
                raise exception.UnfitPool(f'There is no pool {pool}.')
        first, *others = sorted(set(wanted))
        can = self._driver.capabilities(known[first].options)
        for other in others:
            self.broker.pools.check_same(first, can, known[other])
        return [first, *others]

    def _offers(self, flavors):
        options = {pool.name: pool.options for pool in self.store.pools.list()}
        return [Offer(name=flavor.name, pools=flavor.pools, capabilities=self._common(
            [options[pool] for pool in flavor.pools if pool in options])) for flavor in flavors]

    def _common(self, options):
        """Return what all pools with one of these options can do."""
        all_of_them = self._driver.capabilities({})
        each = [self._driver.capabilities(one) for one in options]
        return [name for name in all_of_them if all(name in can for can in each)]

    def _changed(self, context, event, flavor):
        """Tell of a change.

        :param event: create, update or delete.
        """
        LOG.info('Flavor %s: %s (%s).', flavor.name, event, ', '.join(flavor.pools))
        self.broker.notifier.tell(context, f'flavor.{event}',
                                  flavor.name if event == 'delete' else flavor)
