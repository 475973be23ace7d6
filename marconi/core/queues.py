"""Queues: create, show, list, change, purge, delete."""

from marconi import exception
from marconi import objects
from marconi.core import metadata as rules

#: How often a change of metadata is tried when others change it too.
ATTEMPTS = 20


class Queues:

    def __init__(self, broker):
        self.broker = broker
        self.stores = broker.stores

    def create(self, context, name, metadata):
        """Make a queue; of an existing one the metadata stay as they are.

        :param metadata: dict; reserved attributes are checked.
        :returns: True if it is new.
        :raises InvalidValue: a reserved attribute breaks its rule.
        :raises QuotaExceeded: the project has as many queues as it may.
        """
        self.broker.policy.authorize(context, 'queues:create')
        rules.validate(metadata, self.broker.limits, self.broker.cipher)
        return self._create(context, name, metadata)

    def create_on_post(self, context, name):
        """Make a queue that somebody posts to before it exists."""
        self._create(context, name, {})

    def get(self, context, name):
        """Return the ``Queue`` as it is now.

        :raises QueueNotFound: there is none.
        """
        self.broker.policy.authorize(context, 'queues:get')
        return self._get(context, name)

    def list(self, context, marker=None, limit=None, name=None, metadata=None):
        """Return a page of the project's queues, by name.

        :param marker: the last name seen already.
        :param name: text that the names must contain.
        :param metadata: dict of keys and values that their metadata must have.
        """
        self.broker.policy.authorize(context, 'queues:get_all')
        limit = self.broker.limits.queues_page(limit)
        return self.stores.control.queues.list(
            context.project, marker, limit, name, metadata)

    def count(self, context):
        """Return how many queues the project has."""
        self.broker.policy.authorize(context, 'queues:get_all')
        return self.stores.control.queues.count(context.project)

    def update(self, context, name, change):
        """Change the metadata of a queue.

        :param change: function from the old metadata to the new; may run
            several times when others change the same queue.
        :returns: the new metadata.
        :raises QueueNotFound, InvalidValue:
        """
        self.broker.policy.authorize(context, 'queues:update')
        for _ in range(ATTEMPTS):
            queue = self._get(context, name)
            changed = change(dict(queue.metadata))
            rules.validate(changed, self.broker.limits, self.broker.cipher)
            if self.stores.update(queue, changed):
                self._tell(context, 'queue.update', queue.evolve(metadata=changed))
                return changed
        raise exception.StorageUnavailable(
            f'Queue {name} is being changed by too many callers at once.', retry_after=1)

    def stats(self, context, name):
        """Return the queue's ``Stats``.

        :raises QueueNotFound:
        """
        self.broker.policy.authorize(context, 'queues:stats')
        return self.stores.call(context.project, name,
                                lambda store, queue: store.messages.stats(queue))

    def purge(self, context, name, messages=True):
        """Make all messages of the queue disappear; no error if there is none.

        :param messages: False spares them: a caller may ask for nothing.
        """
        self.broker.policy.authorize(context, 'queues:purge')

        def purge(store, queue):
            store.streams.purge(queue)
            self._tell(context, 'queue.purge', queue)
            self.broker.janitors.hint('purged_messages')

        if messages:
            self.stores.call(context.project, name, purge, missing=lambda: None)
            self.broker.quotas.emptied(context)

    def delete(self, context, name):
        """Delete a queue with all it holds; no error if there is none."""
        self.broker.policy.authorize(context, 'queues:delete')
        queue = self.stores.delete(context.project, name)
        if queue is not None:
            self._tell(context, 'queue.delete', queue)
            self.broker.janitors.hint('purged_messages')
            self.broker.quotas.emptied(context)

    def share(self, context, name):
        """Return if the caller may make a pre-signed URL for this queue."""
        self.broker.policy.authorize(context, 'queues:share')

    def dead_letters(self, context, queue):
        """Return where messages of ``queue`` go that were claimed too often.

        :returns: ``DeadLetters``, or None unless both attributes are set. The
            queue they name is made if it does not exist; if the project has as
            many queues as it may, None: consumers must not stop for it.
        """
        name = queue.metadata.get(rules.DEAD_LETTER_QUEUE)
        most = queue.metadata.get(rules.MAX_CLAIM_COUNT)
        if not name or not most:
            return None
        target = self.stores.find(queue.project, name)
        if target is None:
            try:
                self._create(context, name, {}, beside=queue)
            except exception.QuotaExceeded:
                return None
            target = self.stores.find(queue.project, name)
        if target is None:  # deleted again this very moment
            return None
        store = None if target.pool == queue.pool else self.stores.store_of(target)
        return objects.DeadLetters(queue=target, store=store, max_claims=most,
                                   ttl=queue.metadata.get(rules.DEAD_LETTER_TTL))

    def _create(self, context, name, metadata, beside=None):
        try:
            with self.broker.quotas.queue(context, context.project, name):
                created = self.stores.create(context.project, name, metadata,
                                             metadata.get(rules.FLAVOR), beside)
        except exception.FlavorNotFound as error:
            raise exception.InvalidValue(
                f'{rules.FLAVOR} must name a flavor that takes queues, and is '
                f'{error.name}.') from error
        if created:
            queue = self.stores.find(context.project, name)
            if queue is not None:  # else it was deleted again this very moment
                self._tell(context, 'queue.create', queue)
        return created

    def _tell(self, context, event, queue):
        # What tenants write into their metadata is theirs.
        self.broker.notifier.tell(
            context, event, queue.evolve(metadata=rules.reserved(queue.metadata)))

    def _get(self, context, name):
        queue = self.stores.find_afresh(context.project, name)
        if queue is None:
            raise exception.QueueNotFound(name=name)
        return queue
