"""Messages: post, list, get, delete, pop."""

import msgspec

from marconi import exception
from marconi import metrics
from marconi import objects
from marconi.core import metadata as rules


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """One message as a caller posts it. Decodes itself from JSON."""

    #: The JSON text of the body, byte for byte as it came.
    body: msgspec.Raw
    ttl: int | msgspec.UnsetType = msgspec.UNSET
    delay: int | msgspec.UnsetType = msgspec.UNSET


class Messages:

    def __init__(self, broker):
        self.broker = broker
        self.stores = broker.stores

    def post(self, context, name, posts, size, create):
        """Append messages to a queue, all or none.

        :param posts: list of ``Post``, not empty.
        :param size: length of the request in bytes.
        :param create: whether a queue that does not exist is made.
        :returns: the new ids, in the order of ``posts``.
        :raises QueueNotFound: there is none, and ``create`` is false.
        :raises InvalidValue: a value is out of range.
        :raises QuotaExceeded: they are too many, or too large, or the queue is
            one too many.
        """
        self.broker.policy.authorize(context, 'messages:create')
        if not posts:
            raise exception.InvalidValue('messages must not be empty.')
        self._check(posts)

        def post(store, queue):
            messages = self._new_messages(queue, posts, size)
            with self.broker.quotas.post(context, messages):
                ids = store.messages.post(queue, messages, context.client_id or '')
            self.broker.waiters.notify(queue)
            metrics.messages('posted', len(ids))
            return ids

        def missing():
            if not create:
                raise exception.QueueNotFound(name=name)
            self._check_size({}, size)
            self.broker.quotas.check_post(context, posts)
            self.broker.queues.create_on_post(context, name)
            return self.stores.call(context.project, name, post)

        return self.stores.call(context.project, name, post, missing)

    def list(self, context, name, marker=None, limit=None, echo=False,
             include_claimed=False, include_delayed=False, wait=0):
        """Return a page of messages in posting order, without consuming them.

        :param marker: the id of the last message seen.
        :param echo: whether the caller's own messages are listed too.
        :param wait: seconds to wait for a message if there is none.
        :returns: list of ``Message``; empty if there is no such queue.
        """
        self.broker.policy.authorize(context, 'messages:get_all')
        limits = self.broker.limits
        limit = limits.messages_page(limit)
        skip = None if echo else context.client_id

        def look():
            return self.stores.call(
                context.project, name,
                lambda store, queue: store.messages.list(
                    queue, marker, limit, skip, include_claimed, include_delayed),
                missing=list)

        found = self.broker.waiters.until(
            context, name, look, limits.wait(wait), claiming=False)
        return self._clear(found)

    def get(self, context, name, ids):
        """Return those of the messages that exist.

        :raises InvalidValue: too many ids, or none.
        """
        self.broker.policy.authorize(context, 'messages:get_all')
        self.broker.limits.ids(ids)
        return self._get(context, name, ids)

    def get_one(self, context, name, id):
        """Return one message.

        :raises MessageNotFound: no such message, or no such queue.
        """
        self.broker.policy.authorize(context, 'messages:get')
        for message in self._get(context, name, [id]):
            return message
        raise exception.MessageNotFound(id=id, queue=name)

    def delete(self, context, name, id, claim_id=None):
        """Delete one message; no error if there is none.

        :raises MalformedClaimId, MessageClaimed, MessageNotClaimed: as in
            ``storage.base.Messages.delete``; only for a message that exists.
        """
        self.broker.policy.authorize(context, 'messages:delete')
        deleted = self.stores.call(
            context.project, name,
            lambda store, queue: store.messages.delete(queue, id, claim_id),
            missing=int)
        self.broker.quotas.deleted(context, deleted)
        metrics.messages('deleted', deleted)

    def delete_many(self, context, name, ids, claim_ids=None):
        """Delete messages, claimed or not; no error for those not there.

        :param claim_ids: needed, and checked, only with the option
            ``message_delete_with_claim_id``.
        """
        self.broker.policy.authorize(context, 'messages:delete_all')
        limits = self.broker.limits
        limits.ids(ids)
        if not limits.message_delete_with_claim_id:
            claim_ids = None
        elif not claim_ids:
            raise exception.InvalidValue('claim_ids must name the claims of the messages.')
        else:
            limits.ids(claim_ids, 'claim_ids')
        deleted = self.stores.call(
            context.project, name,
            lambda store, queue: store.messages.delete_many(queue, ids, claim_ids),
            missing=int)
        self.broker.quotas.deleted(context, deleted)
        metrics.messages('deleted', deleted)

    def pop(self, context, name, limit):
        """Take and delete the oldest free messages.

        :returns: list of ``Message``; empty if there is no such queue.
        """
        self.broker.policy.authorize(context, 'messages:delete_all')
        limit = self.broker.limits.pop_size(limit)
        popped = self.stores.call(
            context.project, name,
            lambda store, queue: store.messages.pop(queue, limit), missing=list)
        self.broker.quotas.popped(context, popped)
        metrics.messages('deleted', len(popped))
        return self._clear(popped)

    def _get(self, context, name, ids):
        return self._clear(self.stores.call(
            context.project, name,
            lambda store, queue: store.messages.get(queue, ids), missing=list))

    def _check(self, posts):
        limits = self.broker.limits
        for number, post in enumerate(posts):
            if post.ttl is not msgspec.UNSET:
                limits.message_ttl(post.ttl, f'messages[{number}].ttl')
            if post.delay is not msgspec.UNSET:
                limits.message_delay(post.delay, f'messages[{number}].delay')

    def _check_size(self, metadata, size):
        most = rules.post_size(metadata, self.broker.limits)
        if size > most:
            raise exception.InvalidValue(
                f'The request has {size} bytes; posts to this queue may have {most}.')

    def _new_messages(self, queue, posts, size):
        limits, metadata = self.broker.limits, queue.metadata
        self._check_size(metadata, size)
        ttl = rules.message_ttl(metadata, limits)
        delay = rules.message_delay(metadata, limits)
        encode = self.broker.cipher.encoder(metadata.get(rules.ENCRYPT))
        messages = []
        for post in posts:
            body, encoding = encode(bytes(post.body))
            messages.append(objects.NewMessage(
                body=body, encoding=encoding,
                ttl=ttl if post.ttl is msgspec.UNSET else post.ttl,
                delay=delay if post.delay is msgspec.UNSET else post.delay))
        return messages

    def _clear(self, messages):
        return self.broker.cipher.decrypted(messages)
