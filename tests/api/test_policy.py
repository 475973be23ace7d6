"""Who may do what: the same rules in every version. v2 § 2, § 2.5, § 8; design.md."""

from marconi import policies
from tests.api import base
from tests.api import wire

QUEUE = '/queues/alarms'
PATCH = {'Content-Type': 'application/openstack-messaging-v2.0-json-patch'}

#: (rule, method, path, headers, versions)
V1, LATER, ALL = ('v1',), ('v1.1', 'v2'), ('v1', 'v1.1', 'v2')
REQUESTS = [
    ('home:get', 'GET', '/', ALL),
    ('ping:get', 'GET', '/ping', LATER),
    ('ping:get', 'GET', '/health', V1),
    ('health:get', 'GET', '/health', LATER),
    ('limits:get', 'GET', '/limits', ('v2',)),
    ('limits:get_any', 'GET', '/limits?project_id=another', ('v2',)),
    ('pools:get_all', 'GET', '/pools', ALL),
    ('pools:create', 'PUT', '/pools/one', ALL),
    ('pools:get', 'GET', '/pools/one', ALL),
    ('pools:update', 'PATCH', '/pools/one', ALL),
    ('pools:delete', 'DELETE', '/pools/one', ALL),
    ('flavors:get_all', 'GET', '/flavors', LATER),
    ('flavors:create', 'PUT', '/flavors/one', LATER),
    ('flavors:get', 'GET', '/flavors/one', LATER),
    ('flavors:update', 'PATCH', '/flavors/one', LATER),
    ('flavors:delete', 'DELETE', '/flavors/one', LATER),
    ('queues:get_all', 'GET', '/queues', ALL),
    ('queues:create', 'PUT', QUEUE, ALL),
    ('queues:get', 'GET', QUEUE, ALL),
    ('queues:get', 'GET', QUEUE + '/metadata', V1),
    ('queues:update', 'PUT', QUEUE + '/metadata', V1),
    ('queues:update', 'PATCH', QUEUE, ('v2',)),
    ('queues:stats', 'GET', QUEUE + '/stats', ALL),
    ('queues:purge', 'POST', QUEUE + '/purge', ('v2',)),
    ('queues:share', 'POST', QUEUE + '/share', ('v2',)),
    ('queues:delete', 'DELETE', QUEUE, ALL),
    ('messages:get_all', 'GET', QUEUE + '/messages', ALL),
    ('messages:get_all', 'GET', QUEUE + '/messages?ids=1', ALL),
    ('messages:create', 'POST', QUEUE + '/messages', ALL),
    ('messages:get', 'GET', QUEUE + '/messages/1', ALL),
    ('messages:delete', 'DELETE', QUEUE + '/messages/1', ALL),
    ('messages:delete_all', 'DELETE', QUEUE + '/messages?ids=1', ALL),
    ('messages:delete_all', 'DELETE', QUEUE + '/messages?pop=1', LATER),
    ('claims:create', 'POST', QUEUE + '/claims', ALL),
    ('claims:get', 'GET', QUEUE + '/claims/1', ALL),
    ('claims:update', 'PATCH', QUEUE + '/claims/1', ALL),
    ('claims:delete', 'DELETE', QUEUE + '/claims/1', ALL),
]
RULES = sorted({rule for rule, *_ in REQUESTS})
#: What is not open to everybody with a role in the project.
FOR_ADMINS = {'health:get', 'limits:get_any', 'flavors:create', 'flavors:update', 'flavors:delete',
              *(rule for rule in RULES if rule.startswith('pools:'))}


class PolicyTest(base.ApiTest):

    # SQLite alone: policy is asked before the storage.
    scenarios = base.scenarios(*wire.ALL, databases=False)
    options = {'DEFAULT.admin_mode': True}

    def requests(self):
        for rule, method, path, versions in REQUESTS:
            if self.version.name in versions:
                yield rule, method, path

    def call(self, method, path, roles=None, **kwargs):
        headers = {'X-Roles': roles, **(PATCH if method == 'PATCH' else {})}
        return self.api.request(method, path, headers=headers, **kwargs)


class TestOneRuleEach(PolicyTest):
    """Each rule here wants a role of its own name, and each request asks for its own rule."""

    policy = {rule: f'role:{rule}' for rule in RULES}

    def test_with_the_role(self):
        for rule, method, path in self.requests():
            # With all roles: the report on health does a bit of everything.
            roles = ','.join(RULES) if rule == 'health:get' else rule
            response = self.call(method, path, roles)
            self.assertNotEqual(403, response.status_int, (rule, method, path))

    def test_with_every_other_role(self):
        for rule, method, path in self.requests():
            roles = ','.join(other for other in RULES if other != rule)
            self.assertError(403, 'Not authorized', self.call(method, path, roles))

    def test_without_roles(self):
        for rule, method, path in self.requests():
            for roles in (None, '', 'admin'):
                self.assertError(403, 'Not authorized', self.call(method, path, roles))

    def test_the_rule_is_named(self):
        for rule, method, path in self.requests():
            self.assertIn(rule, self.call(method, path).json['description'])

    def test_denial_changes_nothing(self):
        all_roles = {'X-Roles': ','.join(RULES)}
        self.api.headers.update(all_roles)
        self.api.create('alarms')
        self.api.post('alarms', 'one')
        for rule, method, path in self.requests():
            self.assertStatus(403, self.call(method, path, 'nobody'))
        self.assertEqual(['one'], self.api.bodies('alarms'))

    def test_after_the_method_and_before_the_body(self):
        self.assertError(405, '405 Method Not Allowed', self.call('PUT', QUEUE + '/stats'))
        for method, path in (('POST', QUEUE + '/messages?limit=x'), ('PATCH', QUEUE + '/claims/1'),
                             ('POST', QUEUE + '/claims?limit=0')):
            response = self.call(method, path, body=b'{broken')
            self.assertError(403, 'Not authorized', response)
        for path in (QUEUE + '/messages?limit=x', '/queues?limit=99', QUEUE + '/messages?ids=' +
                     ','.join('x' * 30)):
            self.assertError(403, 'Not authorized', self.call('GET', path))


class TestEverythingDenied(PolicyTest):

    policy = {rule.name: '!' for rule in policies.list_rules()}

    def test_nobody_gets_anything(self):
        for _, method, path in self.requests():
            for roles in (None, 'admin'):
                self.assertError(403, 'Not authorized', self.call(method, path, roles))

    def test_the_version_document_is_free(self):
        self.assertStatus(300, self.api.whole('GET', '/'))


class TestByDefault(PolicyTest):

    def test_all_is_open_but_what_only_admins_need(self):
        for rule, method, path in self.requests():
            status = self.call(method, path).status_int
            self.assertEqual(rule in FOR_ADMINS, status == 403, (method, path, status))

    def test_every_rule_has_its_request(self):
        named = {rule.name for rule in policies.list_rules()}
        self.assertEqual(set(), set(RULES) - named)
        self.assertEqual({'admin', 'member', 'reader', 'presigned'}, named - set(RULES))


class TestWithoutAuthentication(PolicyTest):
    """What the caller says of its roles is believed; with real tokens see test_personas."""

    def statuses(self, roles):
        return [self.call(method, path, roles).status_int == 403 for method, path in (
            ('GET', '/queues'), ('PUT', QUEUE), ('GET', '/health'))]

    def test_who_names_no_roles_is_a_member(self):
        health = self.version is not wire.V1  # there it is the ping
        self.assertEqual([False, False, health], self.statuses(None))

    def test_roles_that_are_named_are_those_one_has(self):
        health = self.version is not wire.V1
        self.assertEqual([True, True, health], self.statuses(''))
        self.assertEqual([True, True, health], self.statuses('outsider'))
        self.assertEqual([False, True, health], self.statuses('reader'))
        self.assertEqual([False, False, health], self.statuses('member'))
        self.assertEqual([False, False, False], self.statuses('admin'))
        self.assertEqual([False, False, health], self.statuses('outsider, member'))
