"""Claims: make, show, renew, release."""

from marconi import exception


class Claims:

    def __init__(self, broker):
        self.broker = broker
        self.stores = broker.stores

    def create(self, context, name, ttl=None, grace=None, limit=None, wait=0):
        """Claim the oldest free messages of a queue.

        :param ttl: seconds the claim lives; None for the default.
        :param grace: seconds that claimed messages outlive the claim at least.
        :param wait: seconds to wait for a message if there is none.
        :returns: ``Claim``, or None if there is nothing to claim, or no queue.
        """
        self.broker.policy.authorize(context, 'claims:create')
        limits = self.broker.limits
        ttl, grace = limits.claim_ttl(ttl), limits.claim_grace(grace)
        limit = limits.claim_size(limit)

        def claim(store, queue):
            return store.claims.create(queue, ttl, grace, limit,
                                       self.broker.queues.dead_letters(context, queue))

        def look():
            return self.stores.call(context.project, name, claim, missing=lambda: None)

        return self._clear(self.broker.waiters.until(
            context.project, name, look, limits.wait(wait), claiming=True))

    def get(self, context, name, claim_id):
        """Return the ``Claim`` with those of its messages that are left.

        :raises ClaimNotFound: unknown, released, expired, or no such queue.
        """
        self.broker.policy.authorize(context, 'claims:get')
        return self._clear(self.stores.call(
            context.project, name,
            lambda store, queue: store.claims.get(queue, claim_id),
            missing=self._missing(name, claim_id)))

    def update(self, context, name, claim_id, ttl=None, grace=None):
        """Let a claim live ``ttl`` seconds from now.

        :raises ClaimNotFound: as in ``get``.
        """
        self.broker.policy.authorize(context, 'claims:update')
        ttl = self.broker.limits.claim_ttl(ttl)
        grace = self.broker.limits.claim_grace(grace)
        self.stores.call(
            context.project, name,
            lambda store, queue: store.claims.renew(queue, claim_id, ttl, grace),
            missing=self._missing(name, claim_id))

    def delete(self, context, name, claim_id):
        """Free the claim's messages; no error if there is none."""
        self.broker.policy.authorize(context, 'claims:delete')

        def release(store, queue):
            store.claims.release(queue, claim_id)
            self.broker.waiters.notify(queue)

        self.stores.call(context.project, name, release, missing=lambda: None)

    @staticmethod
    def _missing(name, claim_id):
        def missing():
            raise exception.ClaimNotFound(id=claim_id, queue=name)
        return missing

    def _clear(self, claim):
        if claim is None:
            return None
        return claim.evolve(messages=self.broker.cipher.decrypted(claim.messages))
