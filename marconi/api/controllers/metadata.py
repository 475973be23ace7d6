"""The metadata of a queue where they have a URL of their own."""

from marconi import exception
from marconi.api import validation
from marconi.api import wire
from marconi.api.controllers import base


class Metadata(base.Controller):
    """``/queues/{queue}/metadata``"""

    @base.action('queues:get')
    def show(self, request, name):
        return self.shown(
            request, self.broker.queues.get(request.context, name).metadata)

    @base.action('queues:update')
    def replace(self, request, name):
        raw = request.read(self.broker.limits.max_queue_metadata)
        metadata = validation.parse_small(raw, dict)
        for key in metadata:
            if key.startswith('_'):
                raise exception.InvalidValue(
                    f'The key {key} is reserved, as are all that begin with "_".')
        self.broker.queues.update(request.context, name, lambda stored: metadata)
        return wire.no_content(
            ('Location', f'{self.version.queue_path(name)}/metadata'))
