"""How a request finds its controller, and how Pecan calls it."""

import pecan
from pecan import core

from marconi.api import errors
from marconi.api import wire


class Resource:
    """What one path of one version leads to: an action per method.

    :param version: the version it belongs to, or None for ``/``.
    :param actions: {method: action}, see ``controllers.base.action``.
    """

    def __init__(self, version, actions):
        self.version = version
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
    """Pecan without what this service never uses.

    Stock Pecan serves the same controllers with the same answers, but inspects
    signatures and walks ``dir()`` on every call, negotiates content types that
    it does not have, and parses forms: over half of its time.
    """

    def route(self, req, node, path):
        return node._route(path.split('/')[1:], req)

    def find_controller(self, state):
        request = state.request
        self.handle_hooks(self.hooks, 'on_route', state)
        controller, names = self.route(request, self.root, request.environ['PATH_INFO'])
        state.controller, state.arguments = controller, names
        self.handle_hooks(self.hooks, 'before', state)
        return controller, [request, state.response, *names], {}

    def invoke_controller(self, controller, args, kwargs, state):
        state.response = controller(*args)

    def determine_hooks(self, controller=None):
        return self.hooks

    def _handle_empty_response_body(self, state):
        """Leave the status as the controller chose it."""
