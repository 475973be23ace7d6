"""The tree of URLs, on one page."""

import pecan

from marconi.api import errors
from marconi.api import routing
from marconi.api import v1
from marconi.api import v1_1
from marconi.api import v2
from marconi.api.controllers import claims
from marconi.api.controllers import flavors
from marconi.api.controllers import health
from marconi.api.controllers import home
from marconi.api.controllers import limits
from marconi.api.controllers import messages
from marconi.api.controllers import metadata
from marconi.api.controllers import pools
from marconi.api.controllers import queues

#: Below /v2, /v1.1 and /v1: path -> controller. Which of the paths a version
#: has, with which methods, and what they do, is its ``routes``.
TREE = {
    '/': home.Home,
    '/ping': health.Health,
    '/health': health.Health,
    '/limits': limits.Limits,
    '/queues': queues.Queues,
    '/queues/{queue}': queues.Queues,
    '/queues/{queue}/metadata': metadata.Metadata,
    '/queues/{queue}/stats': queues.Queues,
    '/queues/{queue}/share': queues.Queues,
    '/queues/{queue}/purge': queues.Queues,
    '/queues/{queue}/messages': messages.Messages,
    '/queues/{queue}/messages/{message}': messages.Messages,
    '/queues/{queue}/claims': claims.Claims,
    '/queues/{queue}/claims/{claim}': claims.Claims,
    '/pools': pools.Pools,
    '/pools/{pool}': pools.Pools,
    '/flavors': flavors.Flavors,
    '/flavors/{flavor}': flavors.Flavors,
}

VERSIONS = (v1.V1, v1_1.V1_1, v2.V2)


class Root:
    """Where Pecan begins."""

    def __init__(self, conf, broker):
        self._tree = routing.Node()
        self._tree.add('/', routing.Resource(None, {'GET': home.Versions(VERSIONS).show}))
        for cls in VERSIONS:
            if cls.status == 'CURRENT' or cls.id in conf.DEFAULT.enable_deprecated_api_versions:
                self._add(cls(conf, broker), broker)

    def _add(self, version, broker):
        for path, methods in version.routes.items():
            controller = TREE[path](version, broker)
            actions = {method: getattr(controller, action)
                       for method, action in methods.items()}
            self._tree.add(version.path + path, routing.Resource(version, actions))

    @pecan.expose()
    def _route(self, args, request):
        """Return (controller, the variable parts of the path)."""
        if args and not args[-1]:  # a trailing slash makes no difference
            args.pop()
        resource, names = self._tree.find(args)
        if resource is None:
            raise errors.not_found()
        return resource.dispatch, names
