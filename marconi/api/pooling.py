"""Pools and flavors: their routes, parameters and shapes, as in version 2.

What older versions do differently they say themselves, with the ``Old`` bodies.
"""

import msgspec

from marconi import exception
from marconi.api import home
from marconi.api import query
from marconi.api import validation
from marconi.api import wire

UNSET = msgspec.UNSET

ROUTES = {
    '/pools': {'GET': 'list'},
    '/pools/{pool}': {'PUT': 'create', 'GET': 'show', 'PATCH': 'update',
                      'DELETE': 'delete'},
    '/flavors': {'GET': 'list'},
    '/flavors/{flavor}': {'PUT': 'create', 'GET': 'show', 'PATCH': 'update',
                          'DELETE': 'delete'},
}
HOME = (
    home.Relation('pools', '/pools{?detailed,limit,marker}', 'GET', 'pool_limit'),
    home.Relation('pool', '/pools/{pool_name}', 'GET PUT PATCH DELETE'),
    home.Relation('flavors', '/flavors{?detailed,limit,marker}', 'GET', 'flavor_limit'),
    home.Relation('flavor', '/flavors/{flavor_name}', 'GET PUT PATCH DELETE'),
)
LIST = {'marker': query.text, 'limit': query.integer, 'detailed': query.boolean}


class Pool(msgspec.Struct, forbid_unknown_fields=True):
    """A pool that is to be registered. null stands for no flavor."""

    uri: str
    weight: int
    flavor: str | None = None
    options: dict = {}


class PoolChanges(msgspec.Struct):
    """What is to change of a pool."""

    uri: str | msgspec.UnsetType = UNSET
    weight: int | msgspec.UnsetType = UNSET
    flavor: str | None | msgspec.UnsetType = UNSET
    options: dict | msgspec.UnsetType = UNSET


class Flavor(msgspec.Struct, forbid_unknown_fields=True):
    """A flavor that is to be named."""

    pool_list: list[str]
    capabilities: dict | msgspec.UnsetType = UNSET


class FlavorChanges(msgspec.Struct):
    """What is to change of a flavor."""

    pool_list: list[str]
    capabilities: dict | msgspec.UnsetType = UNSET


class OldPool(msgspec.Struct, forbid_unknown_fields=True):
    """A pool that is to be registered; of its flavor these versions know nothing."""

    uri: str
    weight: int
    options: dict = {}
    flavor: object = UNSET


class OldPoolChanges(msgspec.Struct):
    """What is to change of a pool."""

    uri: str | msgspec.UnsetType = UNSET
    weight: int | msgspec.UnsetType = UNSET
    options: dict | msgspec.UnsetType = UNSET


class OldFlavor(msgspec.Struct, forbid_unknown_fields=True):
    """A flavor that is to be named; without pools, for those that say to be of it."""

    pool_list: list[str] | msgspec.UnsetType = UNSET
    capabilities: dict | msgspec.UnsetType = UNSET


class Pooling:
    """The part of a version that is about pools and flavors."""

    list_pools = LIST
    list_flavors = LIST

    new_pool = msgspec.json.Decoder(Pool)
    pool_changes = msgspec.json.Decoder(PoolChanges)
    new_flavor = msgspec.json.Decoder(Flavor)
    flavor_changes = msgspec.json.Decoder(FlavorChanges)

    # What comes in: {field: value} of what a body has. InvalidBody if it is none.

    def read_pool(self, raw):
        return _read(self.new_pool, raw)

    def read_pool_changes(self, raw):
        changes = _read(self.pool_changes, raw)
        if not changes:
            names = ', '.join(self.pool_changes.type.__struct_fields__)
            raise exception.InvalidBody(f'The body must have at least one of {names}.')
        return changes

    def read_flavor(self, raw):
        return _read(self.new_flavor, raw)

    def read_flavor_changes(self, raw):
        return _read(self.flavor_changes, raw)

    # What goes out.

    def pool_path(self, name):
        return f'{self.path}/pools/{name}'

    def pool(self, pool, detailed):
        shape = {'name': pool.name, 'href': self.pool_path(pool.name), 'uri': pool.uri,
                 'weight': pool.weight, 'flavor': pool.flavor}
        if detailed:
            shape['options'] = pool.options
        return shape

    def pool_updated(self, pool):
        """Return the response to a change of a pool."""
        return wire.document(self.pool(pool, detailed=False))

    def flavor_path(self, name):
        return f'{self.path}/flavors/{name}'

    def flavor(self, offer, detailed):
        shape = {'name': offer.name, 'href': self.flavor_path(offer.name),
                 'pool_list': offer.pools}
        if detailed:
            shape['capabilities'] = offer.capabilities
        return shape


def _read(decoder, raw):
    """Return {member: value} of those members that a body has.

    :raises InvalidBody: it is not what the decoder wants.
    """
    validation.parse_small(raw, dict)
    asked = msgspec.structs.asdict(validation.build(decoder, raw))
    return {name: value for name, value in asked.items() if value is not UNSET}
