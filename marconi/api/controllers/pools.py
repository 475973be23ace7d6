"""Pools: list, register, show, change, forget."""

from marconi import exception
from marconi.api import query
from marconi.api import wire
from marconi.api.controllers import base


class Pools(base.Controller):
    """``/pools`` and one of them."""

    @base.action('pools:get_all')
    def list(self, request):
        options = query.read(query.parameters(request), self.version.list_pools)
        pools = self.broker.pools.list(
            request.context, marker=options.get('marker'), limit=options.get('limit'))
        link = pools and query.link(
            f'{self.version.path}/pools', options | {'marker': pools[-1].name})
        response = wire.document(self.version.page_of_all('pools', [
            self.version.pool(pool, options.get('detailed')) for pool in pools], link))
        # This one has it in all versions.
        response.headerlist.append(('Content-Location', request.uri))
        return response

    @base.action('pools:create')
    def create(self, request, name):
        fields = self.version.read_pool(self.body(request))
        try:
            self.broker.pools.create(request.context, name, **fields)
        except exception.InvalidValue as error:  # a pool is one body, good or bad
            raise exception.InvalidBody(str(error)) from error
        return wire.created(self.version.pool_path(name))

    @base.action('pools:get')
    def show(self, request, name):
        options = query.read(query.parameters(request), {'detailed': query.boolean})
        pool = self.broker.pools.get(request.context, name)
        return self.shown(request, self.version.pool(pool, options.get('detailed')))

    @base.action('pools:update')
    def update(self, request, name):
        changes = self.version.read_pool_changes(self.body(request))
        try:
            pool = self.broker.pools.update(request.context, name, **changes)
        except (exception.InvalidValue, exception.UnfitPool) as error:
            raise exception.InvalidBody(str(error)) from error
        return self.version.pool_updated(pool)

    @base.action('pools:delete')
    def delete(self, request, name):
        self.broker.pools.delete(request.context, name)
        return wire.no_content()
