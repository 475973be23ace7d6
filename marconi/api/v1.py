"""Version 1: what it does differently from version 1.1."""

import msgspec

from marconi.api import home
from marconi.api import v1_1
from marconi.api import validation
from marconi.core import limits

_EXISTS = {'GET': 'exists', 'HEAD': 'exists'}
ROUTES = {path: methods for path, methods in v1_1.ROUTES.items() if path != '/ping'} | {
    '/health': {'GET': 'ping', 'HEAD': 'alive'},
    '/queues/{queue}': {'PUT': 'create', 'DELETE': 'delete'} | _EXISTS,
    '/queues/{queue}/metadata': {'GET': 'show', 'PUT': 'replace'},
}

ADMIN_ROUTES = {path: methods for path, methods in v1_1.V1_1.admin_routes.items()
                if path.startswith('/pools')}

LIST_MESSAGES = {name: reader for name, reader in v1_1.LIST_MESSAGES.items()
                 if name != 'wait'}
CREATE_CLAIM = {'limit': v1_1.V1_1.create_claim['limit']}

QUEUE = '/queues/{queue_name}'
HOME = (
    home.Relation('queues', '/queues{?marker,limit,detailed}', 'GET', 'queue_limit'),
    home.Relation('queue', QUEUE, 'GET HEAD PUT DELETE'),
    home.Relation('queue-metadata', f'{QUEUE}/metadata', 'GET PUT'),
    home.Relation('queue-stats', f'{QUEUE}/stats', 'GET'),
    home.Relation('messages', QUEUE + '/messages{?marker,limit,echo,include_claimed}',
                  'GET', 'messages_limit'),
    home.Relation('post-messages', f'{QUEUE}/messages', 'POST'),
    home.Relation('claim', QUEUE + '/claims{?limit}', 'POST', 'claim_limit'),
)


class Post(v1_1.Post, frozen=True, kw_only=True):
    """One message as it is posted: its ttl is required."""

    ttl: int


class Claim(msgspec.Struct):
    """What is asked for when claiming."""

    ttl: int
    grace: int


class Renewal(msgspec.Struct):
    """What is asked for when renewing; grace 0 stands for none."""

    ttl: int
    grace: int = 0


class V1(v1_1.V1_1):

    id = '1'
    updated = '2014-9-11T17:47:05Z'
    path = '/v1'
    media_type = 'application/vnd.openstack.messaging-v1+json'

    routes = ROUTES
    admin_routes = ADMIN_ROUTES
    home = HOME
    admin_home = ()

    client_id_needed = False
    project_needed = False
    lazy_queues = False
    pops = False
    content_location = True
    metadata_in_create = False

    list_messages = LIST_MESSAGES
    create_claim = CREATE_CLAIM

    posts = msgspec.json.Decoder(list[Post])
    claim = msgspec.json.Decoder(Claim)
    renewal = msgspec.json.Decoder(Renewal)
    claim_body_needed = True

    def read_posts(self, raw):
        validation.parse(raw, list)
        return validation.build(self.posts, raw)

    def read_renewal(self, raw):
        renewal = super().read_renewal(raw)
        if not renewal.grace:
            renewal.grace = limits.NO_GRACE
        return renewal

    def message(self, queue, message):
        return {'href': f'{queue}/messages/{message.id}', 'ttl': message.ttl,
                'age': message.age, 'body': msgspec.Raw(message.body)}

    def claimed_messages(self, queue, claim):
        shapes = [self.message(queue, message) for message in claim.messages]
        for shape in shapes:
            shape['href'] += f'?claim_id={claim.id}'
        return shapes

    def posted(self, hrefs):
        return {'resources': hrefs, 'partial': False}

    def page(self, kind, entries, next_link):
        return super().page(kind, entries, next_link) if entries else None

    def found(self, queue, messages):
        return [self.message(queue, message) for message in messages] or None

    def claimed(self, queue, claim):
        return self.claimed_messages(queue, claim)
