"""Limits: what a project may have, and has."""

from marconi.api import query
from marconi.api import wire
from marconi.api.controllers import base


class Limits(base.Controller):
    """``/limits``"""

    @base.action('limits:get')
    def show(self, request):
        options = query.read(query.parameters(request), self.version.show_limits)
        return wire.document({'limits': [
            {'resource': resource, 'limit': limit, 'usage': usage}
            for resource, limit, usage in self.broker.quotas.show(request.context, **options)]})
