"""Is the service there, and is it well?"""

from marconi.api import wire
from marconi.api.controllers import base


class Health(base.Controller):
    """``/ping`` and ``/health``"""

    @base.action('ping:get')
    def ping(self, request):
        self.broker.health.ping(request.context)
        return wire.no_content()

    @base.action('ping:get')
    def alive(self, request):
        self.broker.health.alive(request.context)
        return wire.no_content()

    @base.action('health:get')
    def report(self, request):
        return wire.document(self.broker.health.report(request.context))
