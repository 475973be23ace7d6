"""Requests as hypothesis makes them: from well-behaved ones to hostile ones.

A path may have ``{queue}``, ``{message}`` and ``{claim}`` in it; whoever sends it fills in one of
those that earlier answers named, and for ``{pool}`` the URL of a database.
"""

import dataclasses
import json
import string

from hypothesis import strategies as st

CLIENT_ID = '0f7cb16e-8d42-4c9e-a37b-52b0d8bc3f11'
PATCH_TYPE = 'application/openstack-messaging-v2.0-json-patch'
RESERVED = ('_default_message_ttl', '_default_message_delay', '_max_messages_post_size',
            '_max_claim_count', '_dead_letter_queue', '_dead_letter_queue_messages_ttl',
            '_enable_encrypt_messages', '_flavor', '_retry_policy')


@dataclasses.dataclass
class Request:
    """One request; texts are sent as UTF-8, and everything may be anything."""

    method: str
    path: str
    query: str = ''
    headers: dict = dataclasses.field(default_factory=dict)
    body: bytes = b''


def once_in(number, rare, usual):
    """``rare`` about once in so many times, else ``usual``."""
    return st.integers(1, number).flatmap(lambda it: rare if it == number else usual)


# Texts and numbers.

anything = st.text(max_size=20)
odd_texts = st.one_of(
    anything, st.text(string.printable, max_size=80), st.sampled_from([
        '', '\0', '\r\n', '..', '../..', '%', '%zz', '%00', 'a' * 65, 'A' * 300, 'x' * 5000,
        '\ud800', '\u202e', 'null', "'; DROP TABLE messages; --", '{queue}', '😀' * 30]))
names = once_in(8, odd_texts, st.sampled_from(
    ['a', 'a', 'a', 'a', 'a', '{queue}', 'b.c', 'q' * 64]))
ids = once_in(8, odd_texts, st.sampled_from(
    ['{message}', '{message}', '{claim}', '0' * 32, 'f' * 32, 'F' * 32, '0', '-1']))
claim_ids = once_in(8, odd_texts, st.sampled_from(
    ['{claim}', '{claim}', '{message}', '0' * 32, 'f' * 32]))
extremes = st.sampled_from([-1, 0, 2 ** 31, 2 ** 63 - 1, 2 ** 63, -2 ** 63 - 1, 10 ** 400])
integers = once_in(3, st.one_of(st.integers(), extremes),
                   st.sampled_from([1, 2, 20, 60, 300, 900, 43200]))

# JSON.

scalars = st.one_of(st.none(), st.booleans(), integers, st.floats(), odd_texts)
documents = st.recursive(scalars, lambda inner: st.one_of(
    st.lists(inner, max_size=4), st.dictionaries(anything, inner, max_size=4)), max_leaves=10)


def objects(**fields):
    """An object with these fields, each of them sometimes missing or something else."""
    return st.fixed_dictionaries({}, optional={
        name: once_in(6, documents, value) for name, value in fields.items()})


def encoded(values):
    """JSON texts, also in the forms that Python's own encoder does not make."""
    return values.map(_encode)


def _encode(value):
    try:
        return json.dumps(value).encode()
    except (ValueError, RecursionError):  # more digits than Python likes to write
        return b'1' * 5000


messages = objects(body=documents, ttl=integers, delay=integers)
metadata = st.one_of(
    st.dictionaries(once_in(3, odd_texts, st.sampled_from(RESERVED)), documents, max_size=4),
    objects(_default_message_ttl=integers, _default_message_delay=integers,
            _max_messages_post_size=integers, _max_claim_count=st.integers(1, 3),
            _dead_letter_queue=names, _dead_letter_queue_messages_ttl=integers,
            _enable_encrypt_messages=st.booleans(), team=st.sampled_from(['ops', 'dev', 7])))
changes = st.lists(objects(
    op=st.sampled_from(['add', 'replace', 'remove', 'test', 'move']), value=documents,
    path=once_in(4, odd_texts, st.sampled_from(
        [f'/metadata/{key}' for key in (*RESERVED, 'team', 'a~1b', '~0', '~2', '')]))),
    max_size=4)
posts = st.one_of(objects(messages=st.lists(messages, max_size=5)),
                  st.lists(messages, max_size=5))
claims = objects(ttl=integers, grace=integers, limit=integers)
shares = objects(
    paths=st.lists(st.sampled_from(['messages', 'claims', 'subscriptions', 'x']), max_size=3),
    methods=st.lists(st.sampled_from(['GET', 'POST', 'x', '']), max_size=3),
    expires=once_in(3, odd_texts, st.sampled_from(
        ['2031-05-01T12:00:00', '2031-05-01T12:00:00.123456+14:00', '0001-01-01', '9999-12-31'
         'T23:59:59-12:00', '2031-02-30T00:00:00'])))
purges = objects(resource_types=st.lists(
    st.sampled_from(['messages', 'subscriptions', 'x']), max_size=3))

uris = once_in(4, odd_texts, st.sampled_from(
    ['{pool}', '{pool}', '{pool}?timeout=5', 'sqlite://', 'sqlite:////nowhere/x.db',
     'postgresql://u:***@127.0.0.1:1/x', 'mysql+pymysql://u:p@127.0.0.1:1/x?b=c', 'mongodb://x']))
options = objects(max_pool_size=integers, max_overflow=integers, pool_timeout=integers,
                  connection_recycle_time=integers, relaxed_durability=st.booleans())
pools = objects(uri=uris, weight=integers, flavor=names, options=options)
pool_lists = st.lists(names, max_size=4)
flavors = objects(pool_list=pool_lists, capabilities=documents)

hostile_bytes = st.one_of(
    st.binary(max_size=60), st.sampled_from([
        b'\xff\xfe', b'\xef\xbb\xbf{}', b'{', b'[' * 3000, b'{"a":' * 3000, b'[]' * 3000,
        b'{"messages": [{"body": ' + b'[' * 900 + b']' * 900 + b'}]}', b'"\\ud800"',
        b'{"messages": [{"body": "\\ud800", "ttl": 300}]}', b'{"messages": [{"body": "\\u0000"}]}',
        b'{"messages": [{"body": NaN}]}', b'{"messages": [{"body": 1e999}]}', b'NaN', b'-',
        b'{"ttl": 60, "ttl": 300, "grace": 60.0}', b'{"messages": ' + b'1' * 5000 + b'}',
        b'{"\\u0000": "\\u0000"}', b'a' * 70000, b' ' * 300000, b'\0' * 100]))


@st.composite
def mutated(draw, texts):
    """A text with some of its bytes cut, doubled or replaced."""
    text = draw(texts)
    at = draw(st.integers(0, len(text)))
    to = draw(st.integers(at, len(text)))
    new = draw(st.sampled_from([b'', text[at:to] * 2, b'\0', b'"', b'\xff']))
    return text[:at] + new + text[to:]


def body_of(right, values):
    """Bodies for an operation: mostly right, else nearly right, or nothing of the kind."""
    return once_in(3, st.one_of(
        encoded(values), encoded(values), mutated(encoded(right)), hostile_bytes,
        encoded(documents), st.just(b'')), encoded(right))


# What each operation accepts.

right_documents = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2 ** 63, 2 ** 63 - 1),
              st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=4),
                            st.dictionaries(st.text(max_size=20), inner, max_size=4)),
    max_leaves=8)
right_messages = st.lists(st.fixed_dictionaries(
    {'body': right_documents, 'ttl': st.integers(60, 1209600)},
    optional={'delay': st.sampled_from([0, 0, 900])}), min_size=1, max_size=5)
right_posts = right_messages.map(lambda messages: {'messages': messages})
right_claims = st.fixed_dictionaries(
    {'ttl': st.integers(60, 43200), 'grace': st.integers(60, 43200)})
right_metadata = st.fixed_dictionaries({}, optional={
    'team': st.sampled_from(['ops', 'dev', 7]), 'more': right_documents})
right_reserved = st.fixed_dictionaries({}, optional={
    '_max_claim_count': st.integers(1, 3), '_dead_letter_queue': st.just('dead'),
    '_dead_letter_queue_messages_ttl': st.just(60), '_enable_encrypt_messages': st.booleans(),
    '_default_message_ttl': st.integers(60, 1209600), '_default_message_delay': st.just(0),
    '_max_messages_post_size': st.sampled_from([1, 200, 262144])})
right_change = st.one_of(
    st.fixed_dictionaries({'op': st.sampled_from(['add', 'replace']), 'value': st.just(60),
                           'path': st.just('/metadata/_default_message_ttl')}),
    st.fixed_dictionaries({'op': st.just('add'), 'value': right_documents,
                           'path': st.sampled_from(['/metadata/team', '/metadata/a~1b'])}),
    st.fixed_dictionaries({'op': st.just('remove'),
                           'path': st.sampled_from([f'/metadata/{key}' for key in RESERVED])}))
right_changes = st.lists(right_change, max_size=3)
right_shares = st.fixed_dictionaries({}, optional={
    'paths': st.lists(st.sampled_from(['messages', 'claims', 'subscriptions']), max_size=3),
    'methods': st.lists(st.sampled_from(['GET', 'POST', 'DELETE']), max_size=3)})
right_purges = st.just({'resource_types': ['messages']})
right_pools = st.fixed_dictionaries(
    {'uri': st.just('{pool}'), 'weight': st.integers(0, 2 ** 32 - 1)},
    optional={'options': st.fixed_dictionaries({}, optional={
        'max_pool_size': st.integers(1, 50), 'relaxed_durability': st.booleans()})})
right_flavors = st.just({'pool_list': ['a']})

# Query strings.


def query_of(**parameters):
    """Query strings with some of these parameters."""
    usual = st.fixed_dictionaries({}, optional=parameters).map(lambda given: '&'.join(
        f'{name}={value}' for name, value in given.items()))
    odd = st.one_of(odd_texts, st.lists(st.tuples(
        st.sampled_from([*parameters, 'x', 'ids', 'pop', 'limit', 'marker']), odd_texts),
        max_size=4).map(lambda pairs: '&'.join('='.join(pair) for pair in pairs)))
    return once_in(5, odd, once_in(2, usual, st.just('')))


bools = once_in(5, odd_texts, st.sampled_from(['true', 'false', 'True', '0', 'yes']))
limits = once_in(4, st.one_of(odd_texts, integers.map(_encode).map(bytes.decode)),
                 st.sampled_from(['1', '2', '20']))
waits = st.sampled_from(['0', '-1', 'x', '21'])
id_lists = st.lists(ids, max_size=22).map(','.join)
list_queues = query_of(marker=names, limit=limits, detailed=bools, name=names, with_count=bools,
                       team=st.sampled_from(['ops', '7', '']), _max_claim_count=limits)
list_messages = query_of(marker=ids, limit=limits, echo=bools, include_claimed=bools,
                         include_delayed=bools, ids=id_lists, wait=waits)
delete_messages = query_of(ids=id_lists, pop=limits, claim_ids=claim_ids)
create_claim = query_of(limit=limits, wait=waits)
delete_message = query_of(claim_id=claim_ids)
list_pools = query_of(marker=names, limit=limits, detailed=bools)

# Headers.

header_texts = st.one_of(
    st.text(st.characters(max_codepoint=255, exclude_characters='\r\n\0'), max_size=40),
    st.sampled_from(['', 'é', '\xff', 'x' * 300, '*/*;q=0', 'application/json;q=0', 'a/b, ;;=',
                     'application/x-www-form-urlencoded', 'application/json; charset=utf-16',
                     'urn:uuid:{' + CLIENT_ID.upper() + '}', '0' * 32, ',', 'bytes=0-1', '"']))
well_known = st.fixed_dictionaries({
    'Client-ID': st.just(CLIENT_ID), 'X-Project-Id': st.just('{project}')})
odd_headers = st.dictionaries(
    st.sampled_from(['Client-ID', 'X-Project-Id', 'Accept', 'Content-Type', 'X-Roles',
                     'X-Auth-Token', 'URL-Signature', 'URL-Expires', 'URL-Methods', 'URL-Paths',
                     'Extra-Spec', 'If-Match', 'Range', 'Accept-Charset', 'Accept-Encoding',
                     'X-Http-Method-Override', 'X-Forwarded-For', 'Cookie', 'Authorization',
                     'Content-Encoding', 'Expect', 'X-OpenStack-Request-Id', 'Host']),
    header_texts, max_size=3)


@st.composite
def headers_of(draw, **fixed):
    headers = {**draw(well_known), **fixed}
    if draw(st.integers(1, 5)) == 5:
        headers |= draw(odd_headers)
    if draw(st.integers(1, 12)) == 12:
        headers.pop(draw(st.sampled_from(sorted(headers))))
    return headers


# Requests.

METHODS = ('GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT',
           'PROPFIND', 'get', 'X' * 50)
VERSIONS = ('/v1', '/v1.1', '/v2')
NOTHING = st.just('')
QUEUE, POOL, FLAVOR = '/queues/{name}', '/pools/{name}', '/flavors/{name}'

#: (methods, path below the version, query, body): {name}, {id} and {cid} are drawn.
OPERATIONS = (
    ('PUT', QUEUE, NOTHING, body_of(st.one_of(right_metadata, right_reserved), metadata)),
    ('PATCH', QUEUE, NOTHING, body_of(right_changes, changes)),
    *[('POST', f'{QUEUE}/messages', NOTHING, body_of(right_posts, posts))] * 4,
    *[('POST', f'{QUEUE}/claims', create_claim, body_of(right_claims, claims))] * 3,
    ('GET', f'{QUEUE}/messages', list_messages, st.just(b'')),
    ('GET', f'{QUEUE}/messages', st.just('echo=true'), st.just(b'')),
    ('GET', f'{QUEUE}/messages/{{id}}', NOTHING, st.just(b'')),
    ('DELETE', f'{QUEUE}/messages', delete_messages, st.just(b'')),
    ('DELETE', f'{QUEUE}/messages/{{id}}', delete_message, st.just(b'')),
    ('GET', f'{QUEUE}/claims/{{cid}}', NOTHING, st.just(b'')),
    ('PATCH', f'{QUEUE}/claims/{{cid}}', NOTHING, body_of(right_claims, claims)),
    ('DELETE', f'{QUEUE}/claims/{{cid}}', NOTHING, st.just(b'')),
    ('GET', '/queues', list_queues, st.just(b'')),
    ('GET', QUEUE, NOTHING, st.just(b'')),
    ('HEAD', QUEUE, NOTHING, st.just(b'')),
    ('PATCH', QUEUE, NOTHING, body_of(right_changes, changes)),
    ('GET', f'{QUEUE}/metadata', NOTHING, st.just(b'')),
    ('PUT', f'{QUEUE}/metadata', NOTHING, body_of(right_metadata, metadata)),
    ('GET', f'{QUEUE}/stats', NOTHING, st.just(b'')),
    ('POST', f'{QUEUE}/purge', NOTHING, body_of(right_purges, purges)),
    ('POST', f'{QUEUE}/share', NOTHING, body_of(right_shares, shares)),
    ('DELETE', QUEUE, NOTHING, st.just(b'')),
    ('GET', '/', NOTHING, st.just(b'')),
    ('GET', '/ping', NOTHING, st.just(b'')),
    ('GET', '/health', NOTHING, st.just(b'')),
    ('PUT', POOL, NOTHING, body_of(right_pools, pools)),
    ('PATCH', POOL, NOTHING, body_of(right_pools, pools)),
    ('GET', POOL, list_pools, st.just(b'')),
    ('DELETE', POOL, NOTHING, st.just(b'')),
    ('GET', '/pools', list_pools, st.just(b'')),
    ('PUT', FLAVOR, NOTHING, body_of(right_flavors, flavors)),
    ('PATCH', FLAVOR, NOTHING, body_of(right_flavors, flavors)),
    ('GET', FLAVOR, NOTHING, st.just(b'')),
    ('DELETE', FLAVOR, NOTHING, st.just(b'')),
    ('GET', '/flavors', list_pools, st.just(b'')),
)


@st.composite
def operations(draw):
    """A request for an operation that there is, in some version, more or less right."""
    method, path, query, body = draw(st.sampled_from(OPERATIONS))
    version = draw(once_in(30, odd_texts, st.sampled_from(VERSIONS)))
    if version == '/v1' and 'messages' in path and method == 'POST':
        body = body_of(right_messages, posts)
    path = version + path
    for field, texts in (('{name}', names), ('{id}', ids), ('{cid}', claim_ids)):
        if field in path:
            path = path.replace(field, draw(texts).replace('/', ''))
    fixed = {}
    if (method, path.count('/')) == ('PATCH', 3):
        fixed['Content-Type'] = PATCH_TYPE
    if '/pools' in path or '/flavors' in path:
        fixed['X-Roles'] = 'admin'
    if draw(st.integers(1, 25)) == 25:
        method = draw(st.sampled_from(METHODS))
    return Request(method, path, draw(query), draw(headers_of(**fixed)), draw(body))


@st.composite
def strays(draw):
    """A request that is hardly one."""
    parts = draw(st.lists(st.one_of(odd_texts, st.sampled_from(
        ['v1', 'v1.1', 'v2', 'queues', 'messages', 'claims', '{queue}', '{message}', 'pools',
         'flavors', 'topics', 'subscriptions', 'ping', 'health', '.', '..', ''])), max_size=7))
    return Request(draw(st.sampled_from(METHODS)), '/' + '/'.join(parts), draw(odd_texts),
                   draw(headers_of()), draw(hostile_bytes))


requests = once_in(10, strays(), operations())
