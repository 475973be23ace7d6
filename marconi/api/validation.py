"""JSON from the wire: what it must be before anybody looks at its meaning."""

import re

import msgspec
import orjson

from marconi import exception

#: How deep metadata and other small documents may be nested. The bodies of
#: messages may be nested as deep as orjson reads (1024).
MOST_NESTED = 200

_INT64 = range(-2 ** 63, 2 ** 63)
#: No number with fewer digits exceeds 64 bits.
_LONG_NUMBER = re.compile(rb'[0-9]{19}')
#: The tokens of a valid JSON text that the slow checks need: texts (to skip
#: them), numbers, brackets.
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|-?[0-9][0-9.eE+-]*|[\[{]|[\]}]')

_KINDS = {dict: 'an object', list: 'an array'}


def parse(raw, *kinds):
    """Return what the JSON text ``raw`` says.

    Checks all of it: UTF-8, surrogates, numbers, nesting. Of duplicate keys the
    last one wins.

    :param kinds: what it may be: ``dict``, ``list`` or both.
    :raises InvalidBody: says what is wrong, and where.
    """
    if not raw:
        raise exception.InvalidBody('The request needs a body.')
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise exception.InvalidBody(f'The body is not valid JSON: {error}.') from error
    # orjson turns integers beyond 64 bits silently into floats.
    if _LONG_NUMBER.search(raw):
        _check_integers(raw)
    if type(value) not in kinds:
        wanted = ' or '.join(_KINDS[kind] for kind in kinds)
        raise exception.InvalidBody(f'The body must be {wanted}.')
    return value


def parse_small(raw, *kinds):
    """Like ``parse``, for a document that we encode again: it may not be deep."""
    value = parse(raw, *kinds)
    # Cheap and nearly always enough; commas would not help.
    if raw.count(b'[') + raw.count(b'{') > MOST_NESTED:
        _check_nesting(raw)
    return value


def build(decoder, raw):
    """Return what a msgspec decoder makes of a text that ``parse`` has passed.

    :raises InvalidBody: a member is missing or of the wrong type; says which.
    """
    try:
        try:
            return decoder.decode(raw)
        except msgspec.ValidationError:
            # msgspec checks every one of duplicate keys; only the last counts.
            return decoder.decode(_without_duplicates(raw.strip()))
    except msgspec.ValidationError as error:
        raise exception.InvalidBody(f'{error}.') from error
    except RecursionError as error:
        raise exception.InvalidBody('The body is nested too deep.') from error


def _without_duplicates(raw, levels=3):
    """Return a JSON text with the last of duplicate keys only.

    :param levels: how deep to look: an object, its array, their members. What
        is inside a message's body is nobody's business.
    """
    if levels and raw[:1] == b'{':
        members = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        return b'{%s}' % b','.join(
            b'%s:%s' % (msgspec.json.encode(key), _without_duplicates(bytes(value), levels - 1))
            for key, value in members.items())
    if levels and raw[:1] == b'[':
        items = msgspec.json.decode(raw, type=list[msgspec.Raw])
        return b'[%s]' % b','.join(_without_duplicates(bytes(item), levels - 1)
                                   for item in items)
    return raw


def _check_integers(raw):
    for token in _TOKEN.findall(raw):
        # Only numbers begin with one of these, and only floats have the others.
        if token[:1] in b'-0123456789' and not set(token) & set(b'.eE'):
            if len(token) > 20 or int(token) not in _INT64:
                raise exception.InvalidBody(
                    f'The integer {token[:40].decode()} does not fit in 64 bits.')


def _check_nesting(raw):
    depth = 0
    for token in _TOKEN.findall(raw):
        if token in b'[{':
            depth += 1
            if depth > MOST_NESTED:
                raise exception.InvalidBody(
                    f'The body may be nested {MOST_NESTED} levels deep, and is deeper.')
        elif token in b']}':
            depth -= 1
