"""Flavors: list, name, show, change, forget."""

from marconi import exception
from marconi.api import errors
from marconi.api import query
from marconi.api import wire
from marconi.api.controllers import base


class Flavors(base.Controller):
    """``/flavors`` and one of them."""

    @base.action('flavors:get_all')
    def list(self, request):
        options = query.read(query.parameters(request), self.version.list_flavors)
        offers = self.broker.flavors.list(
            request.context, marker=options.get('marker'), limit=options.get('limit'))
        link = offers and query.link(
            f'{self.version.path}/flavors', options | {'marker': offers[-1].name})
        return self.shown(request, self.version.page_of_all('flavors', [
            self.version.flavor(offer, options.get('detailed')) for offer in offers], link))

    @base.action('flavors:create')
    def create(self, request, name):
        asked = self.version.read_flavor(self.body(request))
        self.broker.flavors.create(request.context, name, asked.get('pool_list'),
                                   asked.get('capabilities'))
        return wire.created(self.version.flavor_path(name))

    @base.action('flavors:get')
    def show(self, request, name):
        offer = self.broker.flavors.get(request.context, name)
        return self.shown(request, self.version.flavor(offer, True))

    @base.action('flavors:update')
    def update(self, request, name):
        asked = self.version.read_flavor_changes(self.body(request))
        try:
            offer = self.broker.flavors.update(
                request.context, name, asked['pool_list'], asked.get('capabilities'))
        except exception.UnfitPool as error:
            # What clients of this API were always told.
            raise errors.Refusal(400, 'updatefail', str(error)) from error
        return wire.document(self.version.flavor(offer, True))

    @base.action('flavors:delete')
    def delete(self, request, name):
        self.broker.flavors.delete(request.context, name)
        return wire.no_content()
