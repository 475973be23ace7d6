"""Version 2: its routes, its parameters, its shapes."""

import datetime

import msgspec

from marconi import exception
from marconi.api import checksums
from marconi.api import home
from marconi.api import pooling
from marconi.api import query
from marconi.api import signed_urls
from marconi.api import validation
from marconi.core import messages
from marconi.core import metadata as rules

#: Path -> method -> action of the controller that ``marconi.api.root`` names.
ROUTES = {
    '/': {'GET': 'show'},
    '/ping': {'GET': 'ping', 'HEAD': 'alive'},
    '/limits': {'GET': 'show'},
    '/queues': {'GET': 'list'},
    '/queues/{queue}': {'PUT': 'create', 'GET': 'show', 'HEAD': 'exists',
                        'PATCH': 'update', 'DELETE': 'delete'},
    '/queues/{queue}/stats': {'GET': 'stats'},
    '/queues/{queue}/share': {'POST': 'share'},
    '/queues/{queue}/purge': {'POST': 'purge'},
    '/queues/{queue}/messages': {'POST': 'post', 'GET': 'list', 'DELETE': 'delete_many'},
    '/queues/{queue}/messages/{message}': {'GET': 'show', 'DELETE': 'delete'},
    '/queues/{queue}/claims': {'POST': 'create'},
    '/queues/{queue}/claims/{claim}': {'GET': 'show', 'PATCH': 'renew',
                                       'DELETE': 'release'},
}
#: What there is besides with the option ``admin_mode``.
ADMIN_ROUTES = {'/health': {'GET': 'report'}} | pooling.ROUTES

LIST_QUEUES = {'marker': query.text, 'limit': query.integer, 'detailed': query.boolean,
               'name': query.text, 'with_count': query.boolean}
LIST_MESSAGES = {'marker': query.text, 'limit': query.integer, 'echo': query.boolean,
                 'include_claimed': query.boolean, 'include_delayed': query.boolean,
                 'wait': query.integer}
CREATE_CLAIM = {'limit': query.integer, 'wait': query.integer}
SHOW_LIMITS = {'project_id': query.project}

QUEUE = '/queues/{queue_name}'
HOME = (
    home.Relation('queues', '/queues{?marker,limit,detailed}', 'GET', 'queue_limit'),
    home.Relation('queue', QUEUE, 'GET PUT DELETE PATCH'),
    home.Relation('queue_stats', f'{QUEUE}/stats', 'GET'),
    home.Relation('queue_share', f'{QUEUE}/share', 'POST'),
    home.Relation('queue_purge', f'{QUEUE}/purge', 'POST'),
    home.Relation('messages', QUEUE + '/messages{?marker,limit,echo,include_claimed}',
                  'GET', 'messages_limit'),
    home.Relation('post_messages', f'{QUEUE}/messages', 'POST'),
    home.Relation('messages_delete', QUEUE + '/messages{?ids,pop}', 'DELETE'),
    home.Relation('message_delete', QUEUE + '/messages/{message_id}{?claim_id}', 'DELETE'),
    home.Relation('message_get', QUEUE + '/messages/{message_id}', 'GET'),
    home.Relation('claim', QUEUE + '/claims/{claim_id}', 'GET'),
    home.Relation('post_claim', QUEUE + '/claims{?limit}', 'POST', 'claim_limit'),
    home.Relation('patch_claim', QUEUE + '/claims/{claim_id}', 'PATCH'),
    home.Relation('delete_claim', QUEUE + '/claims/{claim_id}', 'DELETE'),
    home.Relation('limits', '/limits{?project_id}', 'GET'),
    home.Relation('ping', '/ping', 'GET'),
)
ADMIN_HOME = (*pooling.HOME, home.Relation('health', '/health', 'GET'))


class Posts(msgspec.Struct):
    """What is posted."""

    messages: list[messages.Post]


class Claim(msgspec.Struct):
    """What is asked for when claiming and renewing. null stands for the default."""

    ttl: int | None = None
    grace: int | None = None


NO_CLAIM_BODY = Claim()


class V2(pooling.Pooling):
    """What version 2 asks for and how it shows things.

    Shapes are dicts for JSON, or None where the answer has no body. ``queue``
    is the path of a queue, see ``queue_path``.
    """

    id = '2'
    status = 'CURRENT'
    updated = '2014-9-24T04:06:47Z'
    path = '/v2'
    media_type = 'application/vnd.openstack.messaging-v2+json'

    routes = ROUTES
    admin_routes = ADMIN_ROUTES
    home = HOME
    admin_home = ADMIN_HOME

    #: Every request has to tell these.
    client_id_needed = True
    project_needed = True
    #: A pre-signed URL is honoured.
    signed_urls = True
    #: A queue need not be created: it is, by posting to it, and reads as an
    #: empty one until then.
    lazy_queues = True
    #: Messages can be popped.
    pops = True
    #: Queues can be listed by what is in their metadata.
    filters = True
    #: Answers to reads tell the path they were read from.
    content_location = False
    #: Creating a queue takes its metadata from the body.
    metadata_in_create = True

    list_queues = LIST_QUEUES
    list_messages = LIST_MESSAGES
    create_claim = CREATE_CLAIM
    show_limits = SHOW_LIMITS

    posts = msgspec.json.Decoder(Posts)
    claim = msgspec.json.Decoder(Claim)
    renewal = claim
    #: Claiming needs no body.
    claim_body_needed = False

    def __init__(self, conf, broker):
        self._broker = broker
        self.checksums = conf.DEFAULT.enable_checksum
        self.signer = signed_urls.Signer(conf.signed_url.secret_key)
        if conf.DEFAULT.admin_mode:
            self.routes = self.routes | self.admin_routes
            self.home = self.home + self.admin_home

    def queue_path(self, name):
        return f'{self.path}/queues/{name}'

    # What comes in.

    def read_posts(self, raw):
        """Return the posts in a body.

        :raises InvalidBody, InvalidValue: it is no ``{"messages": [...]}``.
        """
        document = validation.parse(raw, dict, list)
        if type(document) is list or 'messages' not in document:
            raise exception.InvalidValue('The body must be an object with "messages".')
        return validation.build(self.posts, raw).messages

    def read_claim(self, raw):
        """Return the ``Claim`` that a body asks for.

        :raises InvalidBody:
        """
        if not raw and not self.claim_body_needed:
            return NO_CLAIM_BODY
        validation.parse(raw, dict)
        return validation.build(self.claim, raw)

    def read_renewal(self, raw):
        """Return the ``Claim`` that a claim is to become.

        :raises InvalidBody:
        """
        validation.parse(raw, dict)
        return validation.build(self.renewal, raw)

    # What goes out: queues.

    def metadata(self, stored):
        return rules.with_stand_ins(stored, self._broker.limits)

    def queue_entry(self, queue, detailed):
        entry = {'name': queue.name, 'href': self.queue_path(queue.name)}
        if detailed:
            entry['metadata'] = self.metadata(queue.metadata)
        return entry

    def stats(self, queue, stats):
        counts = {'claimed': stats.claimed, 'free': stats.free, 'total': stats.total}
        if stats.total:
            for which in ('oldest', 'newest'):
                counts[which] = self._milestone(queue, getattr(stats, which))
        return {'messages': counts}

    @staticmethod
    def _milestone(queue, message):
        created = datetime.datetime.fromtimestamp(
            message.created_at // 1000, datetime.timezone.utc)
        return {'href': f'{queue}/messages/{message.id}', 'age': message.age,
                'created': created.strftime('%Y-%m-%dT%H:%M:%SZ')}

    # What goes out: messages and claims.

    def message(self, queue, message):
        href = f'{queue}/messages/{message.id}'
        if message.claim_id:
            # The only parameter: zaqarclient takes what follows the last "=".
            href = f'{href}?claim_id={message.claim_id}'
        return self._with_checksum(message, {
            'id': message.id, 'href': href, 'ttl': message.ttl, 'age': message.age,
            'body': msgspec.Raw(message.body)})

    def popped_message(self, message):
        return self._with_checksum(message, {
            'id': message.id, 'ttl': message.ttl, 'age': message.age,
            'body': msgspec.Raw(message.body), 'claim_id': None,
            'claim_count': message.claim_count})

    def _with_checksum(self, message, shape):
        if self.checksums:
            checksum = checksums.of(message.body)
            if checksum:
                shape['checksum'] = checksum
        return shape

    def posted(self, hrefs):
        return {'resources': hrefs}

    def page(self, kind, entries, next_link):
        """Return a page of queues or messages; ``next_link`` if it is not empty."""
        return self.page_of_all(kind, entries, next_link)

    @staticmethod
    def page_of_all(kind, entries, next_link):
        """Return a page of what all versions show also when there is nothing."""
        links = [{'rel': 'next', 'href': next_link}] if entries else []
        return {kind: entries, 'links': links}

    def found(self, queue, messages):
        """Return the messages that were asked for by their ids.

        :raises NotFound: there is none.
        """
        if not messages:
            raise exception.NotFound('None of these messages exist.')
        return {'messages': [self.message(queue, message) for message in messages]}

    def claimed_messages(self, queue, claim):
        return [self.message(queue, message) for message in claim.messages]

    def claimed(self, queue, claim):
        """Return the answer to claiming."""
        return {'messages': self.claimed_messages(queue, claim)}

    def claim_shown(self, queue, claim):
        return {'href': f'{queue}/claims/{claim.id}', 'ttl': claim.ttl, 'age': claim.age,
                'messages': self.claimed_messages(queue, claim)}
