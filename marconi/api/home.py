"""Home documents (json-home): which resources a version has."""

import re
import typing

from marconi.api import wire

_VARIABLES = re.compile(r'[{,?](\w+)')


class Relation(typing.NamedTuple):
    """One line of a home document."""

    name: str
    #: Below the path of the version. Without variables it is a plain link.
    template: str
    #: The methods.
    allow: str
    #: What the variable ``limit`` stands for here.
    limit: str = 'limit'


def document(path, relations):
    """Return a home document as JSON text.

    :param path: the path of the version.
    """
    return wire.encode({'resources': {
        f'rel/{relation.name}': _entry(path, relation) for relation in relations}})


def _entry(path, relation):
    hints = {'allow': relation.allow.split(), 'formats': {'application/json': {}}}
    if relation.allow in ('POST', 'PATCH'):
        hints['accept-post'] = ['application/json']
    variables = _VARIABLES.findall(relation.template)
    if not variables:
        return {'href': path + relation.template, 'hints': hints}
    names = {'limit': relation.limit}
    return {'href-template': path + relation.template,
            'href-vars': {name: f'param/{names.get(name, name)}' for name in variables},
            'hints': hints}
