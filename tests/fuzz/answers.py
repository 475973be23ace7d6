"""What must be true of every answer, whatever was asked."""

import json
import re

STATUSES = {200, 201, 204, 300, 400, 403, 404, 405, 406, 409, 415}
TYPES = ('application/json', 'application/json-home')
REQUEST_ID = re.compile(r'req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')
#: Errors of HTTP itself need no description.
BARE = ('404 Not Found', '405 Method Not Allowed', '415 Unsupported Media Type')


def check(method, status, headers, body):
    """Raise AssertionError unless this is an answer as the contracts have it.

    :param headers: list of (name, value).
    """
    place = f'{status} {headers} {body[:500]!r}'
    assert status in STATUSES, place
    _check_headers(status, headers, place)
    if method == 'HEAD' or status == 204:
        assert body == b'', place
    document = _document(headers, body, place) if body else None
    silent = method in ('HEAD', 'OPTIONS') or (
        method == 'PATCH' and body == b'')  # of a pool, in older versions
    if status in (200, 300) and not silent:
        assert isinstance(document, (dict, list)), place
    if status >= 400 and method != 'HEAD':
        _check_error(document, place)


def _check_headers(status, headers, place):
    found = {}
    for name, value in headers:
        assert name.lower() not in found, f'{name} twice: {place}'
        assert not re.search('[\0\r\n]', value), place
        found[name.lower()] = value
    assert REQUEST_ID.fullmatch(found.get('x-openstack-request-id', '')), place
    for name in ('location', 'content-location'):
        assert found.get(name, '/v').startswith('/v'), place
    if status == 405:
        assert found.get('allow'), place


def _document(headers, body, place):
    kind = {name.lower(): value for name, value in headers}['content-type']
    assert kind in TYPES, place
    return json.loads(body.decode(), parse_constant=_no_json)


def _no_json(text):
    raise AssertionError(f'{text} is not JSON')


def _check_error(document, place):
    assert isinstance(document, dict) and set(document) <= {'title', 'description'}, place
    assert document.get('title') and isinstance(document['title'], str), place
    if document['title'] not in BARE:
        assert document.get('description') and isinstance(document['description'], str), place
