"""Tenants are strangers: another's thing answers exactly as a missing one. design.md, P6."""

from tests.api import base
from tests.api import wire

#: Names of one length, so that answers can be compared.
THEIRS, MISSING = 'alarms', 'absent'
PATCH = {'Content-Type': 'application/openstack-messaging-v2.0-json-patch'}


class TestTenants(base.ApiTest):

    scenarios = base.scenarios(*wire.ALL)

    def setUp(self):
        super().setUp()
        self.owner = self.caller(project='owner')
        self.owner.create(THEIRS, team='ops')
        self.ids = self.owner.post(THEIRS, 'one', 'two')
        self.claim = self.owner.claim(THEIRS, limit=1)
        self.before = self.seen()

    def seen(self):
        return [self.owner.bodies(THEIRS, include_claimed=True), self.owner.counts(THEIRS),
                self.owner.show_claim(THEIRS, self.claim.id),
                self.owner.get(f'/queues/{THEIRS}').text, self.owner.get('/queues').text]

    def requests(self):
        """Everything that does not make a queue."""
        one, claim, ids = self.ids[0], self.claim.id, ','.join(self.ids)
        yield from [('GET', ''), ('GET', '/stats'), ('GET', '/messages?echo=true'),
                    ('GET', '/messages?echo=true&include_claimed=true'),
                    ('GET', f'/messages?echo=true&marker={one}'), ('GET', f'/messages?ids={ids}'),
                    ('GET', f'/messages/{one}'), ('DELETE', f'/messages/{one}'),
                    ('DELETE', f'/messages/{one}?claim_id={claim}'),
                    ('DELETE', f'/messages/{one}?claim_id=nonsense'),
                    ('DELETE', f'/messages/{self.ids[1]}'), ('DELETE', f'/messages?ids={ids}'),
                    ('GET', f'/claims/{claim}'), ('PATCH', f'/claims/{claim}'),
                    ('DELETE', f'/claims/{claim}'), ('POST', '/claims'), ('DELETE', '')]
        if self.version is wire.V1:
            yield from [('HEAD', ''), ('GET', '/metadata'), ('PUT', '/metadata')]
        else:
            yield from [('DELETE', '/messages?pop=5')]
        if self.version is wire.V2:
            yield from [('HEAD', ''), ('PATCH', ''), ('POST', '/purge')]

    def documents(self, method, tail):
        if method == 'PATCH' and not tail:
            return {'document': [{'op': 'add', 'path': '/metadata/x', 'value': 1}],
                    'headers': PATCH}
        if tail.startswith('/claims') and method in ('POST', 'PATCH'):
            return {'document': {'ttl': 60, 'grace': 60}}
        return {'document': {}} if method == 'PUT' else {}

    def answer(self, method, tail, queue):
        response = self.api.request(method, f'/queues/{queue}{tail}',
                                    **self.documents(method, tail))
        headers = {name: value.replace(queue, 'QUEUE')
                   for name, value in response.headers.items()
                   if name not in ('X-OpenStack-Request-Id', 'Date')}
        return response.status, response.text.replace(queue, 'QUEUE'), headers

    def test_as_if_it_were_not_there(self):
        for method, tail in self.requests():
            self.assertEqual(self.answer(method, tail, MISSING), self.answer(method, tail, THEIRS),
                             (method, tail))
        self.assertEqual(self.before, self.seen())

    def test_not_listed_and_not_counted(self):
        response = self.api.get('/queues', with_count=True)
        self.assertStatus(self.version.nothing, response)
        if response.body:
            self.assertEqual({'queues': [], 'links': []}, response.json)

    def test_with_a_queue_of_the_same_name(self):
        self.api.create(THEIRS)
        self.api.post(THEIRS, 'mine')
        for method, tail in self.requests():
            if (method, tail) not in (('DELETE', ''), ('POST', '/purge')):
                self.assertNotIn('two', self.answer(method, tail, THEIRS)[1])
        self.assertEqual(self.before, self.seen())
        self.api.delete(f'/queues/{THEIRS}')
        self.assertEqual(self.before, self.seen())

    def test_projects_that_look_alike(self):
        for project in ('Owner', 'OWNER', 'owner2', 'owne', '0wner', 'own%'):
            stranger = self.caller(project=project)
            self.assertEqual([], stranger.list(THEIRS))
        self.assertEqual(self.before, self.seen())
