"""Messages: post, list, show, delete, pop."""

from marconi import exception
from marconi.api import errors
from marconi.api import query
from marconi.api import wire
from marconi.api.controllers import base


class Messages(base.Controller):
    """``/queues/{queue}/messages`` and one of them."""

    @base.action('messages:create')
    def post(self, request, name):
        _need_client_id(request)
        raw = request.read(self.broker.limits.max_messages_post_size)
        posts = self.version.read_posts(raw)
        ids = self.broker.messages.post(request.context, name, posts, len(raw),
                                        create=self.version.lazy_queues)
        messages = f'{self.version.queue_path(name)}/messages'
        return wire.created(f'{messages}?ids={",".join(ids)}', self.version.posted(
            [f'{messages}/{id}' for id in ids]))

    @base.action('messages:get_all')
    def list(self, request, name):
        found = query.parameters(request)
        ids = query.ids(found)
        if ids:
            return self._list_ids(request, name, ids)
        _need_client_id(request)
        options = query.read(found, self.version.list_messages)
        messages = self.broker.messages.list(request.context, name, **options)
        queue, link = self.version.queue_path(name), None
        if messages:
            link = query.link(f'{queue}/messages', options | {'marker': messages[-1].id})
        return self.shown(request, self.version.page('messages', [
            self.version.message(queue, message) for message in messages], link))

    def _list_ids(self, request, name, ids):
        messages = self.broker.messages.get(request.context, name, ids)
        return self.shown(request, self.version.found(
            self.version.queue_path(name), messages))

    @base.action('messages:get')
    def show(self, request, name, id):
        message = self.broker.messages.get_one(request.context, name, id)
        return self.shown(request, self.version.message(
            self.version.queue_path(name), message))

    @base.action('messages:delete')
    def delete(self, request, name, id):
        options = query.read(query.parameters(request), {'claim_id': query.text})
        self.broker.messages.delete(request.context, name, id, **options)
        return wire.no_content()

    @base.action('messages:delete_all')
    def delete_many(self, request, name):
        found = query.parameters(request)
        ids, pop = query.ids(found), None
        if self.version.pops:
            pop = query.read(found, {'pop': query.integer}).get('pop')
            if bool(ids) == (pop is not None):
                raise exception.InvalidValue('Give either ids or pop.')
        if pop is not None:
            return self._pop(request, name, pop)
        if not ids:
            raise errors.Refusal(400, 'Missing parameter', 'The parameter ids is needed.')
        try:
            self.broker.messages.delete_many(request.context, name, ids,
                                             query.ids(found, 'claim_ids'))
        except (exception.MessageNotClaimed, exception.MalformedClaimId) as error:
            # Of one message that is a mistake; of several, a lack of permission.
            raise errors.Refusal(403, 'Unable to delete', str(error)) from error
        return wire.no_content()

    def _pop(self, request, name, number):
        messages = self.broker.messages.pop(request.context, name, number)
        return wire.document({'messages': [
            self.version.popped_message(message) for message in messages]})


def _need_client_id(request):
    """Raise if it is unknown whose messages are whose.

    Of old versions only these operations need a Client-ID.
    """
    if request.context.client_id is None:
        raise errors.no_client_id()
