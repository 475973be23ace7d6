"""The outermost layer: what holds for every answer, whatever goes wrong below."""

import time

from oslo_log import log

from marconi import context
from marconi import metrics
from marconi.api import bodies
from marconi.api import errors
from marconi.api import wire

LOG = log.getLogger(__name__)

#: What log lines show that belong to no request.
NOBODY = context.RequestContext(overwrite=False, request_id='-')


class Outermost:
    """Gives each request its context, and each answer the id of the request.

    oslo.context keeps the context per thread, where oslo.log finds it. It is
    replaced at the start and at the end of every request, so that nothing of
    one request can reach the next.
    """

    def __init__(self, app):
        self._app = app
        #: Whether connections are closed after the next answer, because this process ends.
        self.closing = False

    def __call__(self, environ, start_response):
        started, answered = time.perf_counter(), '500'
        caller = environ[wire.CONTEXT] = context.RequestContext()
        body = environ[wire.BODY] = bodies.Body(environ)

        def start(status, headers, exc_info=None):
            nonlocal answered
            answered = status[:3]
            headers.append(('X-OpenStack-Request-Id', caller.request_id))
            if body.left != 0 and not body.drain() or self.closing:
                headers.append(('Connection', 'close'))
            return start_response(status, headers)

        try:
            if body.malformed:
                return errors.respond(errors.bad_length())(environ, start)
            return self._app(environ, start)
        except Exception:
            # Nobody below foresaw this one: a defect, to be found in the log.
            LOG.exception('%s %s failed', environ['REQUEST_METHOD'],
                          environ['PATH_INFO'])
            return errors.internal()(environ, start)
        finally:
            NOBODY.update_store()
            metrics.request(caller, answered, time.perf_counter() - started)
