"""The parameters in a query string."""

import re
from urllib import parse

from marconi.api import errors

#: Parameters of one request; far more than any request needs.
MOST = 200
#: As of X-Project-Id.
MOST_PROJECT = 256

TRUE = frozenset(('true', 'True', 'TRUE', 't', 'yes', 'y', '1', 'on'))
FALSE = frozenset(('false', 'False', 'FALSE', 'f', 'no', 'n', '0', 'off'))

_INTEGER = re.compile(r'[+-]?[0-9]+\Z')
_PLAIN = re.compile(r'[A-Za-z0-9_.~-]*\Z')
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
        return _parsed(text)
    except UnicodeError as error:
        raise _invalid('The query string is not UTF-8.') from error


def _parsed(text):
    parts = text.split('&')
    if len(parts) > MOST:
        raise _invalid(f'A request may have {MOST} parameters.')
    escaped = '%' in text or '+' in text
    found = {}
    for part in parts:
        name, _, value = part.partition('=')
        if value:
            if escaped:
                name, value = _clear(name), _clear(value)
            found.setdefault(name, []).append(value)
    return found


def _clear(text):
    return parse.unquote_plus(text, errors='strict')


def read(found, readers):
    """Return {name: value} for those parameters that are given.

    :param found: what ``parameters`` returned.
    :param readers: {name: function from name and values to a value}; other
        parameters are ignored.
    """
    if not found:
        return {}
    return {name: reader(name, found[name])
            for name, reader in readers.items() if name in found}


def text(name, values):
    return values[-1]


def project(name, values):
    """Return the id of a project.

    :raises Refusal: it is too long, or has control characters.
    """
    value = values[-1]
    if len(value) > MOST_PROJECT or not value.isprintable():
        raise _invalid(f'{name} may have {MOST_PROJECT} printable characters.')
    return value


def integer(name, values):
    """Return an integer.

    :raises Refusal: it is none.
    """
    value = values[-1]
    if not _INTEGER.match(value):
        raise _invalid(f'{name} must be an integer.')
    # Too large is too large: Python refuses to read thousands of digits.
    return int(value[:30])


def integer_or_text(values):
    """Return an integer if the value reads as one, else the text."""
    value = values[-1]
    return int(value) if len(value) < 20 and _INTEGER.match(value) else value


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


def ids(found, name='ids'):
    """Return a list that is given as ``a,b``, or repeated, or both, or not at all."""
    values = found.get(name, ())
    return [id for value in values for id in value.split(',') if id]


def link(path, parameters):
    """Return path and query string of a link; booleans as ``true`` and ``false``."""
    return f'{path}?' + '&'.join([
        f'{_quoted(name)}={_quoted(value)}' for name, value in parameters.items()])


def _quoted(value):
    if isinstance(value, bool):
        return 'true' if value else 'false'
    value = str(value)
    return value if _PLAIN.match(value) else parse.quote_plus(value)


def _invalid(description):
    return errors.Refusal(400, 'Invalid parameter', description)
