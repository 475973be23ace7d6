"""Pools: register, show, list, change, forget. v1 § 8, v1.1 § 7, v2 § 9."""

from marconi import objects
from tests.api import base
from tests.api import wire

#: Where nobody listens, so that nothing is found out about the rest.
NOWHERE = 'postgresql://marconi:s3cret@127.0.0.1:1/marconi'


class PoolsTest(base.ApiTest):

    options = {'DEFAULT.admin_mode': True}

    def setUp(self):
        super().setUp()
        self.admin = self.caller(roles='admin')
        self.pools = self.broker.stores.control.pools
        self.uri = self.database_url('pool')

    def put(self, name='fast', status=201, **fields):
        """Register a pool; what is None is left out."""
        fields = {'uri': self.uri, 'weight': 100, **fields}
        response = self.admin.put(f'/pools/{name}', {
            field: value for field, value in fields.items() if value is not None})
        self.assertStatus(status, response)
        return response

    def store(self, name='fast', **fields):
        """Have a pool registered already, wherever it is."""
        fields.setdefault('uri', NOWHERE.replace('/marconi', f'/{name}'))
        pool = objects.Pool(name=name, **{'weight': 100, **fields})
        self.pools.put(pool)
        return pool

    def shape(self, name='fast', **fields):
        """What this version shows of a pool."""
        href = f'{self.version.prefix}/pools/{name}'
        shape = {'name': name, 'href': href, 'weight': 100, 'uri': self.shown(self.uri)}
        if self.version is wire.V2:
            shape['flavor'] = None
        return {**shape, **fields}

    def shown(self, uri):
        return self.broker.stores.control.hide(uri)

    def get(self, path='/pools/fast', **query):
        response = self.admin.get(path, **query)
        self.assertStatus(200, response)
        return response.json


class TestPools(PoolsTest):

    scenarios = base.scenarios(*wire.ALL)

    def test_register(self):
        response = self.put(options={'max_pool_size': 3})
        self.assertEqual(f'{self.version.prefix}/pools/fast', response.headers['Location'])
        self.assertEqual(b'', response.body)
        self.assertEqual(
            objects.Pool(name='fast', uri=self.uri, weight=100, options={'max_pool_size': 3}),
            self.pools.get('fast'))

    def test_show(self):
        self.put(options={'max_pool_size': 3})
        response = self.admin.get('/pools/fast')
        self.assertEqual(self.shape(), response.json)
        self.assertContentLocation('/v1/pools/fast', response)
        self.assertEqual(self.shape(options={'max_pool_size': 3}), self.get(detailed=True))
        self.assertEqual(self.shape(), self.get(detailed=False))

    def test_register_again(self):
        self.put(options={'max_pool_size': 3})
        self.put(weight=7)
        self.assertEqual(self.shape(weight=7, options={}), self.get(detailed=True))

    def test_change(self):
        self.put()
        response = self.admin.patch('/pools/fast', {'weight': 0, 'other': 'thing'})
        self.assertStatus(200, response)
        if self.version is wire.V2:
            self.assertEqual(self.shape(weight=0), response.json)
        else:
            self.assertEqual(b'', response.body)
        self.assertStatus(200, self.admin.patch('/pools/fast', {'options': {'max_overflow': 0}}))
        self.assertEqual(self.shape(weight=0, options={'max_overflow': 0}),
                         self.get(detailed=True))
        other = self.database_url('other pool')
        self.assertStatus(200, self.admin.patch('/pools/fast', {'uri': other, 'options': {}}))
        self.assertEqual(self.shape(weight=0, uri=self.shown(other), options={}),
                         self.get(detailed=True))
        self.assertEqual(other, self.pools.get('fast').uri)

    def test_forget(self):
        self.put()
        for _ in range(2):
            self.assertStatus(204, self.admin.delete('/pools/fast'))
            self.assertError(404, 'Not found', self.admin.get('/pools/fast'))

    def test_forget_one_where_queues_live(self):
        self.put()
        self.broker.stores.control.queues.create('p', 'q', {}, pool='fast')
        response = self.admin.delete('/pools/fast')
        self.assertError(403, 'Unable to delete', response)
        self.assertIn('(1)', response.json['description'])
        self.assertEqual(self.shape(), self.get())

    def test_a_database_is_one_pool_only(self):
        self.put()
        for uri in (self.uri, self.uri + '?'):
            response = self.put('slow', 409, uri=uri)
            self.assertError(409, 'Resource conflict', response)
            self.assertIn('fast', response.json['description'])
        self.assertError(404, 'Not found', self.admin.get('/pools/slow'))

    def test_the_database_with_the_catalogue_is_no_pool(self):
        uris = [self.database_url(), self.database_url() + '?',
                self.database_url().replace('127.0.0.1', 'localhost')]
        for uri in uris:
            response = self.put(status=400, uri=uri)
            self.assertError(400, 'Invalid request body', response)
            self.assertIn('catalogue', response.json['description'])
        self.assertEqual([], self.pools.list())

    def test_what_others_hold_of_a_pool_stays(self):
        self.store(draining=True, flavor='gold', uri=self.uri)
        self.put(weight=7)
        self.admin.patch('/pools/fast', {'weight': 8})
        pool = self.pools.get('fast')
        self.assertEqual((True, 8), (pool.draining, pool.weight))
        # Version 2 says what the flavor is, or that there is none.
        self.assertEqual(None if self.version is wire.V2 else 'gold', pool.flavor)

    def test_less_safety_where_the_database_can_be_told(self):
        relaxed = {'relaxed_durability': True}
        if self.backend == 'mariadb':
            refused = self.put(status=400, options=relaxed).json
            self.assertIn('relaxed_durability', refused['description'])
            self.put()
            response = self.admin.patch('/pools/fast', {'options': relaxed})
            self.assertError(400, 'Invalid request body', response)
        else:
            self.put(options=relaxed)


class TestList(PoolsTest):

    scenarios = base.scenarios(*wire.ALL)

    def test_nothing(self):
        response = self.admin.get('/pools')
        self.assertStatus(200, response)
        self.assertEqual({'pools': [], 'links': []}, response.json)
        self.assertEqual(f'{self.version.prefix}/pools', response.headers['Content-Location'])

    def test_pages(self):
        names = [f'pool-{number:02}' for number in range(12)]
        for name in reversed(names):
            self.store(name)
        page = self.get('/pools')
        self.assertEqual(names[:10], [pool['name'] for pool in page['pools']])
        [link] = page['links']
        self.assertEqual({'rel': 'next', 'href': f'{self.version.prefix}/pools?marker=pool-09'},
                         link)
        rest = self.get(link['href'])
        self.assertEqual(names[10:], [pool['name'] for pool in rest['pools']])
        [link] = rest['links']
        self.assertEqual({'pools': [], 'links': []}, self.get(link['href']))

    def test_parameters(self):
        for name in 'abc':
            self.store(name, options={'max_pool_size': 3})
        response = self.admin.get('/pools', limit=2, detailed=True, marker='a')
        self.assertEqual([self.shape(name, uri=self.shown(self.pools.get(name).uri),
                                     options={'max_pool_size': 3}) for name in 'bc'],
                         response.json['pools'])
        path = f'{self.version.prefix}/pools?'
        self.assertEqual(f'{path}marker=c&limit=2&detailed=true',
                         response.json['links'][0]['href'])
        self.assertEqual(f'{path}limit=2&detailed=true&marker=a',
                         response.headers['Content-Location'])


class TestRules(PoolsTest):

    # SQLite alone: what is not right gets no further.
    scenarios = base.scenarios(*wire.ALL, databases=False)

    def refused(self, fields, word, title='Invalid request body'):
        """A pool is neither made nor changed by this; the answer names the fault."""
        before = self.pools.list()
        requests = [('PUT', '/pools/new', {'uri': self.uri, 'weight': 1, **fields}),
                    ('PUT', '/pools/fast', {'uri': self.uri, 'weight': 1, **fields}),
                    ('PATCH', '/pools/fast', fields)]
        for method, path, document in requests:
            response = self.admin.request(method, path, document)
            self.assertError(400, title, response)
            self.assertIn(word, response.json['description'])
        self.assertEqual(before, self.pools.list())

    def test_fields(self):
        self.store()
        for field, values in {
                'weight': [-1, 2 ** 32, 2 ** 63, 1.0, '1', True, None, []],
                'uri': ['', 'x' * 256, 5, None, [], 'sqlite:///a\x01b'],
                'options': [[], 'x', None]}.items():
            for value in values:
                word = 'Int' if value == 2 ** 63 else field
                self.refused({field: value}, word if value != 2 ** 63 else '64 bits')

    def test_flavors(self):
        self.store()
        for flavor in ('', 'x' * 256, 'a\nb', 5, [], {}):
            if self.version is wire.V2:
                self.refused({'flavor': flavor}, 'flavor')
        self.put('new', flavor='anything')
        self.assertEqual('anything' if self.version is wire.V2 else None,
                         self.pools.get('new').flavor)

    def test_options(self):
        self.store()
        for name, values in {
                'max_pool_size': [0, -1, 2 ** 31, 1.5, '1', True, None],
                'max_overflow': [-1, 'x'], 'pool_timeout': [0], 'connection_recycle_time': [-2],
                'relaxed_durability': [0, 1, 'true', None], 'unheard_of': [1],
                '': [1], 'pool_size': [5]}.items():
            for value in values:
                self.refused({'options': {name: value}}, name)
        right = {'relaxed_durability': True, 'max_pool_size': 1, 'max_overflow': 0,
                 'pool_timeout': 1, 'connection_recycle_time': -1}
        self.put('new', options=right)
        self.assertEqual(right, self.pools.get('new').options)

    def test_extremes(self):
        for weight in (0, 2 ** 32 - 1):
            self.put(weight=weight)
            self.assertEqual(weight, self.get()['weight'])

    def test_bodies(self):
        self.store()
        for body in (b'', b'{', b'[]', b'1', b'"x"', b'null', b'{}', b'{"weight": 1}',
                     b'{"uri": "sqlite:///x"}', b'{"weight": NaN, "uri": "sqlite:///x"}',
                     b'[' * 5000, b'{"uri": ' + b'[' * 300 + b']' * 300 + b'}'):
            self.assertError(400, 'Invalid request body',
                             self.admin.put('/pools/fast', body=body))
        for body in (b'', b'{', b'[]', b'{}', b'{"name": "x"}', b'{"draining": true}'):
            self.assertError(400, 'Invalid request body',
                             self.admin.patch('/pools/fast', body=body))
        response = self.admin.put('/pools/fast', body=b' ' * 65537)
        self.assertError(400, 'Invalid API request', response)
        self.assertEqual(100, self.get()['weight'])

    def test_members_that_there_are_not(self):
        for field in ('name', 'href', 'draining', 'group', 'Weight', ''):
            response = self.admin.put('/pools/fast', {'uri': self.uri, 'weight': 1, field: 1})
            self.assertError(400, 'Invalid request body', response)
        self.assertEqual([], self.pools.list())

    def test_change_of_none(self):
        self.assertError(404, 'Not found', self.admin.patch('/pools/fast', {'weight': 1}))
        self.assertError(404, 'Not found', self.admin.get('/pools/fast'))

    def test_names(self):
        for name in ('a' * 65, 'a%0A', 'a b', 'ü', 'a:b', '%00'):
            for method in ('GET', 'PUT', 'PATCH', 'DELETE'):
                response = self.admin.request(method, f'/pools/{name}')
                self.assertError(400, 'Invalid API request', response)
                self.assertIn('pool', response.json['description'])
        for name in ('a' * 64, 'a.json', 'A_-.z', 'pools'):
            self.put(name)
            self.assertEqual(name, self.get(f'/pools/{name}')['name'])
            self.admin.delete(f'/pools/{name}')

    def test_queries(self):
        for query, title in (({'limit': 0}, 'Invalid API request'),
                             ({'limit': 21}, 'Invalid API request'),
                             ({'limit': 'x'}, 'Invalid parameter'),
                             ({'detailed': 'x'}, 'Invalid parameter')):
            self.assertError(400, title, self.admin.get('/pools', **query))
        self.assertError(400, 'Invalid parameter', self.admin.get('/pools/x', detailed='x'))
        self.get('/pools', limit=20, other='thing')


class TestUris(PoolsTest):

    # SQLite alone: what databases answer is tested in tests/storage/test_registering.py.
    scenarios = base.scenarios(*wire.ALL, databases=False)

    def refused(self, uri):
        """Why this uri cannot be a pool's; no answer and no log has the password."""
        reasons = set()
        for response in (self.admin.put('/pools/new', {'uri': uri, 'weight': 1}),
                         self.admin.patch('/pools/fast', {'uri': uri})):
            self.assertError(400, 'Invalid request body', response)
            self.assertNotIn('s3cret', response.text)
            reasons.add(response.json['description'])
        self.assertNotIn('s3cret', self.log.output)
        self.assertIsNone(self.pools.get('new'))
        [reason] = reasons
        self.assertTrue(reason.startswith('uri'), reason)
        return reason

    def test_of_an_unknown_kind(self):
        self.store(uri='sqlite:///somewhere')
        for uri in ('mongodb://u:s3cret@h/db', 'redis://h', 'nonsense', 'http://[::1', '://',
                    'postgresql://u:s3cret@h:port/db', 'sqlite'):
            self.assertIn('begins with sqlite, postgresql', self.refused(uri))
        for uri in ('postgresql+nonsense://u:s3cret@h/db', 'mysql+mysqldb2://u:s3cret@h/db',
                    'postgresql://u:s3cret@h/db?plugin=nonsense'):
            self.assertIn('cannot be used', self.refused(uri))

    def test_that_cannot_be_reached(self):
        self.store(uri='sqlite:///somewhere')
        self.assertIn('does not answer', self.refused(NOWHERE))
        self.assertIn('does not answer',
                      self.refused('mysql+pymysql://marconi:s3cret@127.0.0.1:1/marconi'))
        self.assertIn('no file', self.refused('sqlite:////nowhere/at/all.db'))
        self.assertIn('must be a file', self.refused('sqlite://'))

    def test_that_nobody_understands(self):
        self.store(uri='sqlite:///somewhere')
        for uri in ('mysql+pymysql://u:s3cret@127.0.0.1/db?nonsense=1',
                    'postgresql://u:s3cret@127.0.0.1:1/db?nonsense=1',
                    'sqlite:////dev/null?timeout=x'):
            self.refused(uri)

    def test_that_was_not_set_up(self):
        self.store(uri='sqlite:///somewhere')
        path = self._file('empty.db', '')
        self.assertIn('never set up', self.refused(f'sqlite:///{path}'))
        self.assertIn('does not answer', self.refused(f'sqlite:///{self._file("x.db", "text")}'))

    def test_of_a_pool_that_is_down_stays_as_it_is(self):
        pool = self.store(uri=NOWHERE)
        self.put(uri=NOWHERE, weight=5)
        self.assertEqual(pool.evolve(weight=5), self.pools.get('fast'))
        self.assertStatus(200, self.admin.patch('/pools/fast', {'uri': NOWHERE, 'weight': 0}))
        self.assertEqual(pool.evolve(weight=0), self.pools.get('fast'))


class TestPasswords(PoolsTest):

    # SQLite alone: the databases with passwords are not asked.
    scenarios = base.scenarios(*wire.ALL, databases=False)

    SECRET = NOWHERE + '?sslpassword=hush&application_name=marconi'

    def setUp(self):
        super().setUp()
        self.stored = self.store(uri=self.SECRET)

    def test_are_not_shown(self):
        for response in (self.admin.get('/pools'), self.admin.get('/pools/fast'),
                         self.admin.get('/pools', detailed=True),
                         self.admin.patch('/pools/fast', {'weight': 3}),
                         self.admin.put('/pools/fast', {'uri': self.SECRET, 'weight': 3}),
                         self.admin.put('/pools/slow', {'uri': self.SECRET, 'weight': 3}),
                         self.admin.delete('/pools/fast')):
            self.assertNotIn('s3cret', response.text)
            self.assertNotIn('hush', response.text)
        self.assertIn('127.0.0.1:1', self.log.output)
        self.assertNotIn('s3cret', self.log.output)
        self.assertNotIn('hush', self.log.output)

    def test_what_is_shown_can_be_sent_back(self):
        shown = self.get()['uri']
        self.assertIn('marconi:***@127.0.0.1:1/marconi', shown)
        self.assertIn('application_name=marconi', shown)
        self.put(uri=shown, weight=7)
        self.assertEqual(self.stored.evolve(weight=7), self.pools.get('fast'))
        self.assertStatus(200, self.admin.patch('/pools/fast', {'uri': shown}))
        self.assertEqual(self.stored.evolve(weight=7), self.pools.get('fast'))

    def test_are_not_sent_elsewhere(self):
        shown = self.get()['uri']
        for uri in (shown.replace('127.0.0.1', 'evil.example.org'),
                    shown + '&host=evil.example.org', shown.replace('marconi:', 'other:')):
            for response in (self.admin.patch('/pools/fast', {'uri': uri}),
                             self.admin.put('/pools/fast', {'uri': uri, 'weight': 1})):
                self.assertError(400, 'Invalid request body', response)
                self.assertIn('give the password', response.json['description'])
        self.assertError(400, 'Invalid request body',
                         self.admin.put('/pools/new', {'uri': shown, 'weight': 1}))
        self.assertEqual([self.stored], self.pools.list())


class TestAccess(PoolsTest):

    # SQLite alone: policy and routes come before the storage.
    scenarios = base.scenarios(*wire.ALL, databases=False)

    REQUESTS = [('GET', '/pools'), ('PUT', '/pools/fast'), ('GET', '/pools/fast'),
                ('PATCH', '/pools/fast'), ('DELETE', '/pools/fast')]

    def test_for_administrators(self):
        for roles in (None, '', 'reader', 'member'):
            for method, path in self.REQUESTS:
                response = self.caller(roles=roles).request(method, path)
                self.assertError(403, 'Not authorized', response)

    def test_only_in_admin_mode(self):
        admin = self.caller(app=self.serve({'DEFAULT.admin_mode': False}), roles='admin')
        for method, path in self.REQUESTS:
            self.assertError(404, '404 Not Found', admin.request(method, path))

    def test_the_same_for_all_projects(self):
        self.put()
        other = self.caller(roles='admin', project='another')
        self.assertEqual(self.get(), other.get('/pools/fast').json)
