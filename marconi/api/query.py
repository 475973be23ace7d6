"""The parameters in a query string."""

import re
from urllib import parse

from marconi.api import errors

#: Parameters of one request; far more than any request needs.
MOST = 200

TRUE = frozenset(('true', 'True', 'TRUE', 't', 'yes', 'y', '1', 'on'))
FALSE = frozenset(('false', 'False', 'FALSE', 'f', 'no', 'n', '0', 'off'))

_INTEGER = re.compile(r'[+-]?[0-9]+\Z')
#: Also no NUL: no name and no id has one, and not every database bears one.
_BAD_ESCAPE = re.compile(r'%(?![0-9A-Fa-f]{2})|%00|\0')


def parameters(request):
    """Return {name: [value, …]}, without parameters that are empty.

    :raises Refusal: the query string is not UTF-8, or wrongly escaped.
    """
    text = request.environ.get('QUERY_STRING')
    if not text:
        return {}
    if _BAD_ESCAPE.search(text):
        raise _invalid('The query string has a wrong escape, or a NUL.')
    try:
        if not text.isascii():  # WSGI hands bytes over as Latin-1
            text = text.encode('latin-1').decode()
        pairs = parse.parse_qsl(text, errors='strict', max_num_fields=MOST)
    except ValueError as error:  # UnicodeError is one
        raise _invalid(f'The query string is not UTF-8, or has more than {MOST} '
                       'parameters.') from error
    found = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def given(request, readers):
    """Return {name: value} for those parameters that are given.

    :param readers: {name: function from name and values to a value}; other
        parameters are ignored.
    """
    found = parameters(request)
    return {name: read(name, found[name]) for name, read in readers.items()
            if name in found} if found else found


def text(name, values):
    return values[-1]


def integer(name, values):
    """Return an integer.

    :raises Refusal: it is none.
    """
    value = values[-1]
    if not _INTEGER.match(value):
        raise _invalid(f'{name} must be an integer.')
    # Too large is too large: Python refuses to read thousands of digits.
    return int(value[:30])


def boolean(name, values):
    """Return a boolean.

    :raises Refusal: it is none.
    """
    value = values[-1]
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise _invalid(f'{name} must be true or false.')


def ids(name, values):
    """Return a list, given as ``a,b`` or repeated or both."""
    return [id for value in values for id in value.split(',') if id]


def link(path, **parameters):
    """Return path and query string of a link."""
    return f'{path}?{parse.urlencode(parameters)}'


def word(value):
    """Return a parameter's value as it stands in a link."""
    return str(value).lower() if isinstance(value, bool) else value


def _invalid(description):
    return errors.Refusal(400, 'Invalid parameter', description)
