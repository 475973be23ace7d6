"""What all controllers share."""

from marconi.api import wire


def action(rule):
    """Mark a method of a controller as what a request can call.

    :param rule: the policy rule that the core asks for this operation. It is
        named here too, so that a request that never gets to the core can be
        judged by it.
    """
    def mark(method):
        method.rule = rule
        return method
    return mark


class Controller:
    """One per resource and version: translates requests to calls on the broker.

    An action is called with the request and the variable parts of the path,
    and returns a response.
    """

    def __init__(self, version, broker):
        self.version = version
        self.broker = broker

    def body(self, request):
        """Return a body that has no limit of its own: never more than metadata may have."""
        return request.read(self.broker.limits.max_queue_metadata)

    def shown(self, request, document):
        """Return the answer to a read: 200 with a document, or 204 without."""
        if document is None:
            return self.located(request, wire.no_content())
        return self.located(request, wire.document(document))

    def located(self, request, response):
        """Return the response; with the path it was read from, where that is shown."""
        if self.version.content_location:
            response.headerlist.append(('Content-Location', request.uri))
        return response
