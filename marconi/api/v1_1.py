"""Version 1.1: what it does differently from version 2."""

import typing

import msgspec

from marconi.api import pooling
from marconi.api import v2
from marconi.api import wire

_QUEUE_METHODS = {'PUT': 'create', 'GET': 'show', 'DELETE': 'delete'}
_WITHOUT = ('/limits', '/queues/{queue}/share', '/queues/{queue}/purge')
ROUTES = {path: methods for path, methods in v2.ROUTES.items() if path not in _WITHOUT}
ROUTES['/queues/{queue}'] = _QUEUE_METHODS

LIST_QUEUES = {name: v2.LIST_QUEUES[name] for name in ('marker', 'limit', 'detailed')}
LIST_MESSAGES = {name: reader for name, reader in v2.LIST_MESSAGES.items()
                 if name != 'include_delayed'}

HOME = tuple(
    relation._replace(allow='PUT DELETE') if relation.name == 'queue' else relation
    for relation in v2.HOME
    if relation.name not in ('queue_share', 'queue_purge', 'message_get', 'limits'))


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """One message as it is posted; see ``marconi.core.messages.Post``."""

    body: msgspec.Raw
    ttl: int | msgspec.UnsetType = msgspec.UNSET
    #: There is no such member here: whatever is sent under this name is dropped.
    delay: typing.ClassVar = msgspec.UNSET


class Posts(msgspec.Struct):
    """What is posted."""

    messages: list[Post]


class V1_1(v2.V2):

    id = '1.1'
    status = 'DEPRECATED'
    updated = '2016-7-29T02:22:47Z'
    path = '/v1.1'
    media_type = 'application/vnd.openstack.messaging-v1_1+json'

    routes = ROUTES
    home = HOME

    signed_urls = False
    filters = False

    list_queues = LIST_QUEUES
    list_messages = LIST_MESSAGES

    posts = msgspec.json.Decoder(Posts)
    new_pool = msgspec.json.Decoder(pooling.OldPool)
    pool_changes = msgspec.json.Decoder(pooling.OldPoolChanges)
    new_flavor = msgspec.json.Decoder(pooling.OldFlavor)

    def read_pool(self, raw):
        pool = super().read_pool(raw)
        pool.pop('flavor', None)  # it stays as it is
        return pool

    def metadata(self, stored):
        return stored

    def pool(self, pool, detailed):
        shape = super().pool(pool, detailed)
        del shape['flavor']
        return shape

    def pool_updated(self, pool):
        return wire.Response(200)
