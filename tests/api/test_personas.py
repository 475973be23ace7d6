"""Who may do what with a real token: every operation, by every persona, in every version."""

import re

from marconi.api import identity
from marconi.api import routing
from tests.api import base
from tests.api import wire
from tests import servers
from tests.servers import keystone

ALL, LATER, V1, V2 = wire.ALL, (wire.V1_1, wire.V2), (wire.V1,), (wire.V2,)
PATCH = {'Content-Type': 'application/openstack-messaging-v2.0-json-patch'}
POST = {'messages': [{'body': 'new', 'ttl': 300}]}
CLAIM = {'ttl': 300, 'grace': 60}
POOL = {'uri': 'that of a database', 'weight': 1}

#: From the one who may do least to the one who may do most.
PERSONAS = ('outsider', 'reader', 'member', 'admin')

#: (name, who may at least, versions, method, path, document); in paths, the first message is
#: claimed and the second is not.
OPERATIONS = [
    ('read the home document', 'outsider', ALL, 'GET', '/', None),
    ('ping', 'outsider', LATER, 'GET', '/ping', None),
    ('ping in v1', 'outsider', V1, 'GET', '/health', None),
    ('ask for the report', 'admin', LATER, 'GET', '/health', None),
    ('show limits', 'reader', V2, 'GET', '/limits', None),
    ('show the limits of another project', 'admin', V2, 'GET', '/limits?project_id=x', None),
    ('list queues', 'reader', ALL, 'GET', '/queues', None),
    ('count queues', 'reader', V2, 'GET', '/queues?with_count=true', None),
    ('create a queue', 'member', ALL, 'PUT', '/queues/{queue}-2', {}),
    ('show a queue', 'reader', ALL, 'GET', '/queues/{queue}', None),
    ('look for a queue', 'reader', V1 + V2, 'HEAD', '/queues/{queue}', None),
    ('show metadata', 'reader', V1, 'GET', '/queues/{queue}/metadata', None),
    ('replace metadata', 'member', V1, 'PUT', '/queues/{queue}/metadata', {'a': 1}),
    ('change a queue', 'member', V2, 'PATCH', '/queues/{queue}',
     [{'op': 'add', 'path': '/metadata/x', 'value': 1}]),
    ('count messages', 'reader', ALL, 'GET', '/queues/{queue}/stats', None),
    ('purge a queue', 'member', V2, 'POST', '/queues/{queue}/purge',
     {'resource_types': ['messages']}),
    ('share a queue', 'member', V2, 'POST', '/queues/{queue}/share', {}),
    ('delete a queue', 'member', ALL, 'DELETE', '/queues/{queue}', None),
    ('list messages', 'reader', ALL, 'GET', '/queues/{queue}/messages?echo=true', None),
    ('list messages by id', 'reader', ALL, 'GET', '/queues/{queue}/messages?ids={messages}', None),
    ('show a message', 'reader', ALL, 'GET', '/queues/{queue}/messages/{message}', None),
    ('post', 'member', ALL, 'POST', '/queues/{queue}/messages', POST),
    ('delete a message', 'member', ALL, 'DELETE', '/queues/{queue}/messages/{message}', None),
    ('delete messages by id', 'member', ALL, 'DELETE', '/queues/{queue}/messages?ids={message}',
     None),
    ('pop', 'member', LATER, 'DELETE', '/queues/{queue}/messages?pop=1', None),
    ('claim', 'member', ALL, 'POST', '/queues/{queue}/claims', CLAIM),
    ('show a claim', 'reader', ALL, 'GET', '/queues/{queue}/claims/{claim}', None),
    ('renew a claim', 'member', ALL, 'PATCH', '/queues/{queue}/claims/{claim}', CLAIM),
    ('release a claim', 'member', ALL, 'DELETE', '/queues/{queue}/claims/{claim}', None),
    ('delete a claimed message', 'member', ALL, 'DELETE',
     '/queues/{queue}/messages/{claimed}?claim_id={claim}', None),
    ('list pools', 'admin', ALL, 'GET', '/pools?detailed=true', None),
    ('register a pool', 'admin', ALL, 'PUT', '/pools/{pool}-2', POOL),
    ('show a pool', 'admin', ALL, 'GET', '/pools/{pool}', None),
    ('change a pool', 'admin', ALL, 'PATCH', '/pools/{pool}', {'weight': 0}),
    ('forget a pool', 'admin', ALL, 'DELETE', '/pools/{pool}', None),
    ('list flavors', 'reader', LATER, 'GET', '/flavors?detailed=true', None),
    ('name a flavor', 'admin', LATER, 'PUT', '/flavors/{flavor}-2', {'pool_list': ['slow']}),
    ('show a flavor', 'reader', LATER, 'GET', '/flavors/{flavor}', None),
    ('change a flavor', 'admin', LATER, 'PATCH', '/flavors/{flavor}', {'pool_list': ['slow']}),
    ('forget a flavor', 'admin', LATER, 'DELETE', '/flavors/{flavor}', None),
]
#: Where the answer to a stranger tells of what they made just now themselves.
MADE = re.compile(r'(/messages/|/claims/|\?ids=)[0-9a-f]+|[0-9a-f]{64}')

_tokens = {}
_identities = {}


def token(cloud, persona, project):
    """A token, the same for all tests of the process."""
    key = cloud.root_url, persona, project
    if key not in _tokens:
        _tokens[key] = cloud.token(persona, project)
    return _tokens[key]


class ProtectionTest(base.ApiTest):

    auth = 'keystone'
    options = {'DEFAULT.admin_mode': True, 'signed_url.secret_key': 'correct horse'}

    def setUp(self):
        self._require(servers.missing('keystone'))
        self.cloud = servers.shared('keystone')
        self.config = self.cloud.config()
        super().setUp()
        self.remember_tokens(self.layer(identity.Identity))
        self.owner = self.tenant('member', 'red')
        self.owner.create('alarms')
        ids = self.owner.post('alarms', 'one', 'two')
        claim = self.owner.claim('alarms', limit=1)
        self.things = {'claim': claim.id, 'claimed': ids[0], 'message': ids[1],
                       'messages': ','.join(ids), 'pool': 'fast', 'flavor': 'gold'}

    def make_pools(self):
        """Two pools, one of a flavor of the project; the owner's queues are in neither."""
        admin, uris = self.tenant('admin', 'red'), [self.database_url(name) for name in '12']
        for name, uri in zip(('fast', 'slow'), uris, strict=True):
            admin.done(201, 'PUT', f'/pools/{name}', {**POOL, 'uri': uri})
        if self.version is not wire.V1:
            admin.done(201, 'PUT', '/flavors/gold', {'pool_list': ['slow']})

    def remember_tokens(self, mine):
        """Let Keystone be asked once about a token, and not by every test."""
        first = _identities.setdefault(self.cloud.root_url, mine)
        mine._auth, mine._tokens, mine._known = first._auth, first._tokens, first._known

    def tenant(self, persona, project):
        caller = self.caller(project=None)
        caller.headers['X-Auth-Token'] = token(self.cloud, persona, project)
        caller.headers['X-Roles'] = 'admin'  # it is not to be believed
        return caller

    def operate(self, caller, queue='alarms'):
        _, _, _, method, path, document = self.operation
        if path.startswith(('/pools', '/flavors')):
            self.make_pools()
        if document is POST:
            document = self.version.wrap(POST['messages'])
        if document is POOL:
            document = {**POOL, 'uri': self.database_url('another pool')}
        return caller.request(
            method, path.format(queue=queue, **self.things),
            wire.NOTHING if document is None else document,
            headers=PATCH if method == 'PATCH' and isinstance(document, list) else None)

    def state(self):
        return [self.owner.get('/queues').text, self.owner.get('/queues/alarms').text,
                self.owner.counts('alarms'), self.owner.show_claim('alarms', self.things['claim']),
                self.owner.bodies('alarms', include_claimed=True)]


def scenarios(personas):
    """Every operation by each of these, in each version that has it."""
    for operation in OPERATIONS:
        name, _, versions, *_ = operation
        for version in versions:
            for persona in personas:
                yield (f'{version.name},{persona},{name.replace(" ", "-")},sqlite',
                       {'version': version, 'persona': persona, 'operation': operation})


class TestPersonas(ProtectionTest):

    scenarios = list(scenarios(PERSONAS))

    def test_in_the_own_project(self):
        before = self.state()
        response = self.operate(self.tenant(self.persona, 'red'))
        least = self.operation[1]
        if PERSONAS.index(self.persona) >= PERSONAS.index(least):
            self.assertIn(response.status_int, (200, 201, 204), response.text)
        elif response.request.method == 'HEAD':
            self.assertStatus(403, response)
        else:
            self.assertError(403, 'Not authorized', response)
        if least != 'member' or response.status_int == 403:
            self.assertEqual(before, self.state())


class TestStrangers(ProtectionTest):
    """Somebody with all rights, in another project, who even knows the ids."""

    scenarios = list(scenarios(['member', 'admin']))

    def answer(self, stranger, queue):
        response = self.operate(stranger, queue)
        text = ''.join(f'{name}: {value}\n' for name, value in sorted(response.headers.items())
                       if name not in ('X-OpenStack-Request-Id', 'Date')) + response.text
        made = self.operation[3] in ('PUT', 'POST')
        return response.status, (MADE.sub('MADE', text) if made else text).replace(queue, 'QUEUE')

    def test_cannot_tell_whether_it_exists(self):
        before = self.state()
        stranger = self.tenant(self.persona, 'blue')
        if self.operation[4] == '/health':
            stranger = self.tenant('member', 'blue')  # it reports how long everything took
        # "absent" and "alarms" have the same length.
        self.assertEqual(self.answer(stranger, 'absent'), self.answer(stranger, 'alarms'))
        self.assertEqual(before, self.state())


class TestTable(ProtectionTest):

    scenarios = base.scenarios(*wire.ALL, databases=False)

    def test_it_has_every_operation(self):
        tree = self.layer(routing.Application).root._tree  # each path and its methods
        served = set()

        def walk(node, path):
            if node.resource is not None and node.resource.version is not None:
                for method in node.resource._actions:
                    served.add((method, path))
            for word, below in node.words.items():
                walk(below, f'{path}/{word}')
            if node.variable is not None:
                walk(node.variable, f'{path}/*')

        walk(tree.words[self.version.prefix[1:]], '')
        tested = {(method, re.sub(r'\{\w+\}(-2)?', '*', path.partition('?')[0]).rstrip('/'))
                  for _, _, versions, method, path, _ in OPERATIONS if self.version in versions}
        heads = {('HEAD', path) for _, path in served}  # as their GET, without the body
        self.assertEqual(set(), served - tested - heads)

    def test_personas_are_those_of_the_cloud(self):
        self.assertEqual(set(PERSONAS), set(keystone.PERSONAS))
