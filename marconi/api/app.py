"""The WSGI application, put together in one function."""

import time

from marconi.api import healthcheck
from marconi.api import hooks
from marconi.api import outermost
from marconi.api import root
from marconi.api import routing
from marconi.api import wire


def build(conf, broker, clock=time.monotonic):
    """Return the WSGI application, outermost layer first.

    :param conf: what ``marconi.conf.new`` returned.
    :param broker: a ``marconi.core.Broker``.
    :param clock: what time it is for the memory of tokens.
    """
    tree = routing.Application(  # the URL tree
        root.Root(conf, broker),
        hooks=[hooks.Checks(conf), hooks.Policy(broker.policy)],
        use_context_locals=False,
        # A queue may be called "my.json", and a slash more or less is no error.
        guess_content_type_from_ext=False,
        force_canonical=False,
        request_cls=wire.Request,
        response_cls=wire.Response)
    versions = tree
    if conf.DEFAULT.auth_strategy != 'noauth':
        # Late: it loads much that only Keystone needs. marconi-server has it before it forks.
        from marconi.api import identity
        versions = identity.Identity(tree, conf, root.VERSIONS, clock)  # tokens
    return outermost.Outermost(  # request id, unread bodies, unforeseen errors
        healthcheck.Healthcheck(versions, conf, broker.readiness))
