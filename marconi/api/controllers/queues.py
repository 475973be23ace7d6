"""Queues: create, show, list, change, count, share, purge, delete."""

from marconi import exception
from marconi import objects
from marconi.api import errors
from marconi.api import patch
from marconi.api import query
from marconi.api import validation
from marconi.api import wire
from marconi.api.controllers import base
from marconi.core import metadata as rules

PURGEABLE = ('messages', 'subscriptions')


class Queues(base.Controller):
    """``/queues``, one of them, and its ``/stats``, ``/share`` and ``/purge``."""

    @base.action('queues:create')
    def create(self, request, name):
        metadata = {}
        if self.version.metadata_in_create:
            metadata = self._metadata(request)
        created = self.broker.queues.create(request.context, name, metadata)
        location = self.version.queue_path(name)
        return wire.created(location) if created else wire.no_content(
            ('Location', location))

    def _metadata(self, request):
        raw = request.read(self.broker.limits.max_queue_metadata)
        return validation.parse_small(raw, dict) if raw else {}

    @base.action('queues:get')
    def show(self, request, name):
        try:
            metadata = self.broker.queues.get(request.context, name).metadata
        except exception.QueueNotFound:
            metadata = {}  # every name is valid: posting to it makes the queue
        return self.shown(request, self.version.metadata(metadata))

    @base.action('queues:get')
    def exists(self, request, name):
        try:
            self.broker.queues.get(request.context, name)
        except exception.QueueNotFound as error:
            return self.located(request, errors.respond(error))
        return self.shown(request, None)

    @base.action('queues:get_all')
    def list(self, request):
        found = query.parameters(request)
        options = query.read(found, self.version.list_queues)
        filters = self._filters(found)
        with_count = options.get('with_count')
        queues = self.broker.queues.list(
            request.context, marker=options.get('marker'), limit=options.get('limit'),
            name=options.get('name'), metadata=filters)
        link = queues and query.link(f'{self.version.path}/queues', {
            **(filters or {}), **options, 'marker': queues[-1].name})
        page = self.version.page('queues', [
            self.version.queue_entry(queue, options.get('detailed'))
            for queue in queues], link)
        if page is None:
            return wire.no_content()
        count = with_count and self.broker.queues.count(request.context)
        if count:
            page['count'] = count
        return self.shown(request, page)

    def _filters(self, found):
        """Return {key: value} that the metadata must have, or None."""
        if not self.version.filters:
            return None
        return {name: query.integer_or_text(values) for name, values in found.items()
                if name not in self.version.list_queues} or None

    @base.action('queues:update')
    def update(self, request, name):
        patch.check_content_type(request)
        limits = self.broker.limits
        try:
            changes = patch.read(request.read(limits.max_queue_metadata))
            metadata = self.broker.queues.update(
                request.context, name,
                lambda stored: rules.changed(stored, changes, limits))
        except exception.InvalidValue as error:  # a patch is one body, good or bad
            raise exception.InvalidBody(str(error)) from error
        return self.shown(request, self.version.metadata(metadata))

    @base.action('queues:delete')
    def delete(self, request, name):
        self.broker.queues.delete(request.context, name)
        return wire.no_content()

    @base.action('queues:stats')
    def stats(self, request, name):
        try:
            stats = self.broker.queues.stats(request.context, name)
        except exception.QueueNotFound:
            if not self.version.lazy_queues:
                raise
            stats = objects.Stats(free=0, claimed=0)
        return self.shown(request, self.version.stats(
            self.version.queue_path(name), stats))

    @base.action('queues:purge')
    def purge(self, request, name):
        raw = request.read(self.broker.limits.max_queue_metadata)
        kinds = _resource_types(validation.parse_small(raw, dict)) if raw else PURGEABLE
        self.broker.queues.purge(request.context, name, messages='messages' in kinds)
        return wire.no_content()

    @base.action('queues:share')
    def share(self, request, name):
        self.broker.queues.share(request.context, name)
        raw = request.read(self.broker.limits.max_queue_metadata)
        return wire.document(self.version.signer.share(
            request.context.project, self.version.queue_path(name),
            validation.parse_small(raw, dict)))


def _resource_types(wish):
    kinds = wish.get('resource_types')
    if not isinstance(kinds, list) or any(kind not in PURGEABLE for kind in kinds):
        raise exception.InvalidValue(
            f'resource_types must be an array of some of {", ".join(PURGEABLE)}.')
    return kinds
