"""Claims: make, show, renew, release."""

from marconi.api import query
from marconi.api import wire
from marconi.api.controllers import base


class Claims(base.Controller):
    """``/queues/{queue}/claims`` and one of them."""

    @base.action('claims:create')
    def create(self, request, name):
        options = query.read(query.parameters(request), self.version.create_claim)
        wanted = self.version.read_claim(self._body(request))
        claim = self.broker.claims.create(
            request.context, name, ttl=wanted.ttl, grace=wanted.grace, **options)
        if claim is None:
            return wire.no_content()
        queue = self.version.queue_path(name)
        return wire.created(f'{queue}/claims/{claim.id}',
                            self.version.claimed(queue, claim))

    @base.action('claims:get')
    def show(self, request, name, claim_id):
        claim = self.broker.claims.get(request.context, name, claim_id)
        return self.shown(request, self.version.claim_shown(
            self.version.queue_path(name), claim))

    @base.action('claims:update')
    def renew(self, request, name, claim_id):
        wanted = self.version.read_renewal(self._body(request))
        self.broker.claims.update(request.context, name, claim_id,
                                  ttl=wanted.ttl, grace=wanted.grace)
        return wire.no_content()

    @base.action('claims:delete')
    def release(self, request, name, claim_id):
        self.broker.claims.delete(request.context, name, claim_id)
        return wire.no_content()

    def _body(self, request):
        # No option of its own: a claim never needs more than metadata may have.
        return request.read(self.broker.limits.max_queue_metadata)
