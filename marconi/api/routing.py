"""How a request finds its controller, and how Pecan calls it."""

import pecan
from pecan import core
from pecan import hooks as pecan_hooks

from marconi import exception
from marconi.api import errors
from marconi.api import wire


class Resource:
    """What one path of one version leads to: an action per method.

    :param version: the version it belongs to, or None for ``/``.
    :param actions: {method: action}, see ``controllers.base.action``.
    """

    def __init__(self, version, actions):
        self.version = version
        self._name = version.path.strip('/') if version else '-'
        self._actions = {method: (action, action.rule)
                         for method, action in actions.items()}
        self._allow = ('Allow', ', '.join(sorted((*actions, 'OPTIONS'))))

    @pecan.expose()
    def dispatch(self, request, response, *names):
        """Call the action for the method of the request.

        :param names: the variable parts of the path.
        """
        method = request.environ['REQUEST_METHOD']
        if method not in self._actions:
            return self._without_action(method)
        action, request.operation = self._actions[method]
        return action(request, *names)

    def tell(self, request):
        """Tell the metrics what the request is, even if it gets no further."""
        found = self._actions.get(request.environ['REQUEST_METHOD'])
        request.context.version = self._name
        request.context.operation = found and found[1] or '-'

    def _without_action(self, method):
        if method == 'OPTIONS':
            return wire.Response(200, headers=[self._allow])
        raise errors.Refusal(405, '405 Method Not Allowed', headers=[self._allow])


class Node:
    """One part of a path: a word, or a variable part such as ``{queue}``."""

    __slots__ = ('resource', 'variable', 'words')

    def __init__(self):
        self.words = {}
        self.variable = None
        self.resource = None

    def add(self, path, resource):
        """Let ``path`` lead to ``resource`` from here."""
        node = self
        for part in path.strip('/').split('/') if path.strip('/') else ():
            if part[0] == '{':
                node.variable = node = node.variable or Node()
            else:
                node = node.words.setdefault(part, Node())
        node.resource = resource

    def find(self, parts):
        """Return (resource, variable parts), or (None, …)."""
        node, names = self, []
        for part in parts:
            below = node.words.get(part)
            if below is None:
                below = node.variable
                if below is None or not part:
                    return None, names
                names.append(part)
            node = below
        return node.resource, names


class Application(core.ExplicitPecan):
    """Pecan, less what this service never uses.

    Its terms are kept: a root with ``_route``, exposed controllers that take
    request and response, hooks. But stock Pecan inspects signatures and walks
    ``dir()`` on every call, negotiates content types that there are not, parses
    forms, asks each hook for every event and prepares for redirects: that is
    most of its time.
    """

    def __init__(self, root, hooks, **options):
        super().__init__(root, hooks=hooks, **options)
        self._before = _overridden(self.hooks, 'before')
        self._on_error = _overridden(reversed(self.hooks), 'on_error')
        self._after = _overridden(reversed(self.hooks), 'after')

    def __call__(self, environ, start_response):
        request = self.request_cls(environ)
        state = core.RoutingState(request, None, self, self.hooks)
        try:
            controller, names = self.root._route(
                environ['PATH_INFO'].split('/')[1:], request)
            state.controller, state.arguments = controller, names
            controller.__self__.tell(request)
            for hook in self._before:
                hook(state)
            state.response = controller(request, None, *names)
        except exception.MarconiError as error:
            state.response = self._answer(state, error)
        for hook in self._after:
            hook(state)
        return state.response(environ, start_response)

    def _answer(self, state, error):
        """Return the response that a hook makes of an error."""
        for hook in self._on_error:
            response = hook(state, error)
            if response is not None:
                return response
        raise error


def _overridden(hooks, event):
    """Return the methods for ``event`` of those hooks that have one."""
    return [getattr(hook, event) for hook in hooks
            if getattr(type(hook), event) is not getattr(pecan_hooks.PecanHook, event)]
