"""Which routes and methods there are: 404, 405 with Allow, OPTIONS, HEAD, the trailing slash.

v1 § 2.5, § 4.2, § 6.4, § 7; v1.1 § 1.2, § 3.3, § 5.2; v2 § 1.2, § 2.4, § 3.3, § 5.2.
"""

from tests.api import base
from tests.api import wire

QUEUE = '/queues/alarms'
EVERY = ('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE')

#: {path: the methods it has}, in v1.
V1 = {'/': 'GET HEAD',
      '/health': 'GET HEAD',
      '/queues': 'GET HEAD',
      QUEUE: 'GET HEAD PUT DELETE',
      QUEUE + '/metadata': 'GET HEAD PUT',
      QUEUE + '/stats': 'GET HEAD',
      QUEUE + '/messages': 'GET HEAD POST DELETE',
      QUEUE + '/messages/1': 'GET HEAD DELETE',
      QUEUE + '/claims': 'POST',
      QUEUE + '/claims/1': 'GET HEAD PATCH DELETE'}
V1_1 = {'/': 'GET HEAD',
        '/ping': 'GET HEAD',
        '/queues': 'GET HEAD',
        QUEUE: 'GET PUT DELETE',
        QUEUE + '/stats': 'GET HEAD',
        QUEUE + '/messages': 'GET HEAD POST DELETE',
        QUEUE + '/messages/1': 'GET HEAD DELETE',
        QUEUE + '/claims': 'POST',
        QUEUE + '/claims/1': 'GET HEAD PATCH DELETE'}
V2 = {**V1_1,
      QUEUE: 'GET HEAD PUT PATCH DELETE',
      QUEUE + '/purge': 'POST',
      QUEUE + '/share': 'POST'}
ROUTES = {'v1': V1, 'v1.1': V1_1, 'v2': V2}

POOLS = {'/pools': 'GET', '/pools/one': 'GET PUT PATCH DELETE'}
FLAVORS = {'/flavors': 'GET', '/flavors/one': 'GET PUT PATCH DELETE'}
#: What there is besides with admin_mode.
ADMIN = {'v1': POOLS, 'v1.1': {**POOLS, **FLAVORS, '/health': 'GET'},
         'v2': {**POOLS, **FLAVORS, '/health': 'GET'}}

UNKNOWN = ('/nothing', '/queue', '/queues/alarms/nothing', '/queues/alarms/stats/x',
           '/queues/alarms/messages/1/x', '/queues/alarms/claims/1/x', '/ping/x', '/health/x',
           '/queues/alarms/messages.json/1', '/pools', '/pools/one', '/flavors', '/flavors/one')
UNKNOWN_IN = {
    'v1': ('/ping', QUEUE + '/purge', QUEUE + '/share'),
    'v1.1': ('/health', QUEUE + '/metadata', QUEUE + '/purge', QUEUE + '/share'),
    # Subscriptions and topics are out of scope (v2 § 10, § 11).
    'v2': ('/health', QUEUE + '/metadata', QUEUE + '/subscriptions',
           QUEUE + '/subscriptions/1', QUEUE + '/subscriptions/1/confirm', '/topics',
           '/topics/news', '/topics/news/messages', '/topics/news/stats')}


class TestRoutes(base.ApiTest):

    # SQLite alone: routes are looked up before the storage is asked.
    scenarios = base.scenarios(*wire.ALL, databases=False)

    def routes(self):
        for path, methods in ROUTES[self.version.name].items():
            yield path, set(methods.split())

    def test_methods_that_are_not_there(self):
        for path, methods in self.routes():
            # HEAD goes with GET; where only some servers have it is told in its own tests.
            for method in set(EVERY) - methods - {'HEAD'}:
                response = self.api.request(method, path)
                self.assertError(405, '405 Method Not Allowed', response)
                allowed = set(response.headers['Allow'].replace(' ', '').split(','))
                self.assertEqual(methods - {'HEAD'}, allowed - {'HEAD', 'OPTIONS'}, path)

    def test_unheard_of_methods(self):
        for path, methods in self.routes():
            for method in ('TRACE', 'PROPFIND', 'BREW', 'get'):
                response = self.api.request(method, path)
                self.assertError(405, '405 Method Not Allowed', response)
                self.assertTrue(response.headers['Allow'])

    def test_methods_that_are_there(self):
        for path, methods in self.routes():
            for method in methods - {'HEAD'}:
                response = self.api.request(method, path)
                self.assertNotEqual(405, response.status_int, (method, path))

    def test_options(self):
        for path, methods in self.routes():
            response = self.api.request('OPTIONS', path)
            self.assertStatus(200, response)
            allowed = set(response.headers['Allow'].replace(' ', '').split(','))
            self.assertEqual(methods - {'HEAD'}, allowed - {'HEAD', 'OPTIONS'}, path)

    def test_unknown_routes(self):
        for path in UNKNOWN + UNKNOWN_IN[self.version.name]:
            for method in ('GET', 'POST', 'PUT', 'DELETE', 'OPTIONS'):
                self.assertError(404, '404 Not Found', self.api.request(method, path))

    def test_what_only_admins_need(self):
        admin = self.caller(app=self.serve({'DEFAULT.admin_mode': True}), roles='admin')
        for path, methods in ADMIN[self.version.name].items():
            for method in EVERY:
                response = admin.request(method, path)
                if method in methods.split():
                    self.assertNotIn(response.status_int, (403, 405), (method, path))
                elif method != 'HEAD':
                    self.assertError(405, '405 Method Not Allowed', response)
                    allowed = set(response.headers['Allow'].replace(' ', '').split(','))
                    self.assertEqual(set(methods.split()), allowed - {'OPTIONS'})
            self.assertEqual(admin.get(path).status, admin.get(path + '/').status)
        for path in ('/pools/one/two', '/flavors/one/two', '/pool', '/pools/one/queues'):
            self.assertError(404, '404 Not Found', admin.get(path))

    def test_a_trailing_slash_changes_nothing(self):
        self.api.create('alarms')
        self.api.post('alarms', 'one')
        for path, methods in self.routes():
            if path != '/' and 'GET' in methods:
                bare, slash = self.api.get(path), self.api.get(path + '/')
                self.assertEqual((bare.status, bare.text.replace(path + '/', path)),
                                 (slash.status, slash.text.replace(path + '/', path)))
        self.assertStatus(204, self.api.delete('/queues/alarms/'))
        self.assertStatus(201, self.api.put('/queues/alarms/'))
        self.assertStatus(201, self.api.request(
            'POST', '/queues/alarms/messages/', self.version.wrap([{'body': 1, 'ttl': 60}])))
        self.assertStatus(201, self.api.request(
            'POST', '/queues/alarms/claims/', {'ttl': 60, 'grace': 60}))

    def test_the_home_document_without_a_slash(self):
        self.assertEqual(self.api.get('/').json,
                         self.api.whole('GET', self.version.prefix).json)

    def test_head_of_a_queue(self):
        self.api.create('alarms')
        present, missing = self.api.head('/queues/alarms'), self.api.head('/queues/absent')
        if self.version is wire.V1_1:
            self.assertEqual((405, 405), (present.status_int, missing.status_int))
        else:
            self.assertEqual((204, 404), (present.status_int, missing.status_int))

    def test_head_of_ping(self):
        path = '/health' if self.version is wire.V1 else '/ping'
        self.assertStatus(204, self.api.head(path))

    def test_names_that_look_like_something_else(self):
        for name in ('my.json', 'a.txt', 'page.html', 'put', 'get', 'get_all', 'index', 'queues',
                     'messages', 'claims', 'stats', '_lookup', '-', '_', '...', '.', '..'):
            if name in ('.', '..'):  # a path with these is another path for any client
                continue
            self.api.create(name)
            [id] = self.api.post(name, name)
            self.assertEqual([name], self.api.bodies(name))
            self.assertEqual(name, self.api.show(name, id)['body'])
            self.assertEqual(1, self.api.stats(name)['total'])
