"""Flavors: name, show, list, change, forget. v1.1 § 7, v2 § 9."""

from marconi import objects
from tests.api import base
from tests.api import wire

DURABLE = ['FIFO', 'CLAIMS', 'DURABILITY', 'AOD', 'HIGH_THROUGHPUT']
RELAXED = ['FIFO', 'CLAIMS', 'AOD', 'HIGH_THROUGHPUT']


class FlavorsTest(base.ApiTest):

    options = {'DEFAULT.admin_mode': True}

    def setUp(self):
        super().setUp()
        self.admin = self.caller(roles='admin')
        self.pools = self.broker.stores.control.pools
        for name in 'abc':
            self.store(name)

    def store(self, name, **fields):
        """Have a pool registered; where it is is nobody's business here."""
        fields.setdefault('uri', f'sqlite:////{name}')
        self.pools.put(objects.Pool(name=name, weight=1, **fields))

    def put(self, name, *pools, status=201, caller=None, **fields):
        response = (caller or self.admin).put(
            f'/flavors/{name}', {'pool_list': list(pools), **fields})
        self.assertStatus(status, response)
        return response

    def shape(self, name, *pools, **fields):
        return {'name': name, 'href': f'{self.version.prefix}/flavors/{name}',
                'pool_list': list(pools), **fields}

    def get(self, path, **query):
        response = self.admin.get(path, **query)
        self.assertStatus(200, response)
        self.assertNotIn('Content-Location', response.headers)
        return response.json

    def flavors_of_pools(self):
        return [pool.flavor for pool in self.pools.list()]


class TestFlavors(FlavorsTest):

    scenarios = base.scenarios(wire.V1_1, wire.V2)

    def test_name(self):
        response = self.put('gold', 'b', 'a', 'b', capabilities={'anything': [1]})
        self.assertEqual(f'{self.version.prefix}/flavors/gold', response.headers['Location'])
        self.assertEqual(b'', response.body)
        self.assertEqual(['gold', 'gold', None], self.flavors_of_pools())

    def test_show(self):
        self.put('gold', 'b', 'a')
        self.assertEqual(self.shape('gold', 'a', 'b', capabilities=DURABLE),
                         self.get('/flavors/gold'))

    def test_its_pools_can_say_so_themselves(self):
        self.put('gold', 'a')
        self.pools.update('b', flavor='gold')
        self.pools.update('a', flavor=None)
        self.assertEqual(['b'], self.get('/flavors/gold')['pool_list'])

    def test_name_again_releases_the_others(self):
        self.put('gold', 'a', 'b')
        self.put('gold', 'b', 'c')
        self.assertEqual([None, 'gold', 'gold'], self.flavors_of_pools())
        self.assertEqual(['b', 'c'], self.get('/flavors/gold')['pool_list'])

    def test_change(self):
        self.put('gold', 'a')
        response = self.admin.patch('/flavors/gold', {'pool_list': ['c', 'b']})
        self.assertStatus(200, response)
        self.assertEqual(self.shape('gold', 'b', 'c', capabilities=DURABLE), response.json)
        self.assertEqual(response.json, self.get('/flavors/gold'))

    def test_forget(self):
        self.put('gold', 'a')
        self.put('silver', 'b')
        for _ in range(2):
            self.assertStatus(204, self.admin.delete('/flavors/gold'))
            self.assertError(404, 'Not found', self.admin.get('/flavors/gold'))
        self.assertEqual([None, 'silver', None], self.flavors_of_pools())

    def test_its_only_pool_cannot_be_forgotten(self):
        self.put('gold', 'a', 'b')
        self.assertStatus(204, self.admin.delete('/pools/a'))
        response = self.admin.delete('/pools/b')
        self.assertError(403, 'Unable to delete', response)
        self.assertIn('gold', response.json['description'])
        self.admin.delete('/flavors/gold')
        self.assertStatus(204, self.admin.delete('/pools/b'))

    def test_pools_that_there_are_not(self):
        self.put('gold', 'a')
        for pools, word in ((['b', 'none'], 'none'), ([], 'at least one')):
            for name in ('gold', 'silver'):
                response = self.put(name, *pools, status=400)
                self.assertError(400, 'Unable to create', response)
                self.assertIn(word, response.json['description'])
            response = self.admin.patch('/flavors/gold', {'pool_list': pools})
            self.assertError(400, 'updatefail', response)
            self.assertIn(word, response.json['description'])
        self.assertEqual(['gold', None, None], self.flavors_of_pools())
        self.assertError(404, 'Not found', self.admin.get('/flavors/silver'))


class TestList(FlavorsTest):

    scenarios = base.scenarios(wire.V1_1, wire.V2)

    def test_nothing(self):
        self.assertEqual({'flavors': [], 'links': []}, self.get('/flavors'))

    def test_pages(self):
        names = [f'flavor-{number:02}' for number in range(12)]
        for name in reversed(names):
            self.put(name, 'a')
        page = self.get('/flavors')
        # A pool is of one flavor, of the last that took it.
        self.assertEqual([self.shape(names[0], 'a'), *map(self.shape, names[1:10])],
                         page['flavors'])
        [link] = page['links']
        self.assertEqual(
            {'rel': 'next', 'href': f'{self.version.prefix}/flavors?marker=flavor-09'}, link)
        rest = self.get(link['href'])
        self.assertEqual(names[10:], [flavor['name'] for flavor in rest['flavors']])
        self.assertEqual({'flavors': [], 'links': []}, self.get(rest['links'][0]['href']))

    def test_parameters(self):
        for name, pool in (('x', 'a'), ('y', 'b'), ('z', 'c')):
            self.put(name, pool)
        page = self.get('/flavors', limit=1, detailed=True, marker='x')
        self.assertEqual([self.shape('y', 'b', capabilities=DURABLE)], page['flavors'])
        self.assertEqual(f'{self.version.prefix}/flavors?marker=y&limit=1&detailed=true',
                         page['links'][0]['href'])
        for query, title in (({'limit': 0}, 'Invalid API request'),
                             ({'limit': 21}, 'Invalid API request'),
                             ({'limit': 'x'}, 'Invalid parameter'),
                             ({'detailed': 'x'}, 'Invalid parameter')):
            self.assertError(400, title, self.admin.get('/flavors', **query))


class TestCapabilities(FlavorsTest):

    # SQLite alone: databases are not asked what they can do.
    scenarios = base.scenarios(wire.V1_1, wire.V2, databases=False)

    def setUp(self):
        super().setUp()
        self.store('quick', options={'relaxed_durability': True})
        self.store('quicker', options={'relaxed_durability': True})

    def test_are_those_of_its_pools(self):
        self.put('fast', 'quick', 'quicker')
        self.assertEqual(RELAXED, self.get('/flavors/fast')['capabilities'])

    def test_of_a_flavor_without_pools(self):
        self.put('gold', 'a')
        self.pools.update('a', flavor=None)
        self.assertEqual(self.shape('gold', capabilities=DURABLE), self.get('/flavors/gold'))

    def test_all_pools_have_the_same(self):
        self.put('fast', 'quick')
        response = self.put('fast', 'a', 'quick', status=400)
        self.assertError(400, 'Unable to create', response)
        self.assertIn('DURABILITY', response.json['description'])
        self.assertError(400, 'updatefail', self.admin.patch(
            '/flavors/fast', {'pool_list': ['a', 'quick']}))
        self.assertEqual(['quick'], self.get('/flavors/fast')['pool_list'])

    def test_a_pool_must_fit(self):
        self.put('fast', 'quick')
        self.put('gold', 'a', 'b')
        response = self.admin.patch('/pools/a', {'options': {'relaxed_durability': True}})
        self.assertError(400, 'Invalid request body', response)
        self.assertIn('pool b', response.json['description'])
        if self.version is wire.V2:
            response = self.admin.put('/pools/c', {
                'uri': 'sqlite:////c', 'weight': 1, 'flavor': 'fast'})
            self.assertError(400, 'Unable to create', response)
            self.assertError(400, 'Invalid request body',
                             self.admin.patch('/pools/c', {'flavor': 'fast'}))
        # Of a flavor with one pool only, that pool decides.
        self.assertStatus(200, self.admin.patch('/pools/quick', {'options': {}}))
        self.assertEqual(DURABLE, self.get('/flavors/fast')['capabilities'])


class TestRules(FlavorsTest):

    # SQLite alone: what is not right gets no further.
    scenarios = base.scenarios(wire.V1_1, wire.V2, databases=False)

    def test_bodies(self):
        self.put('gold', 'a')
        for body in (b'', b'{', b'[]', b'1', b'null', b'{"pool_list": "a"}',
                     b'{"pool_list": null}', b'{"pool_list": [1]}', b'{"pool_list": {"a": 1}}',
                     b'{"pool_list": ["b"], "capabilities": []}', b'[' * 5000,
                     b'{"pool_list": ["b"], "capabilities": null}',
                     b'{"pool_list": ["b"], "capabilities": {"a": ' + b'[' * 300 + b']' * 300
                     + b'}}'):
            for method in ('PUT', 'PATCH'):
                response = self.admin.request(method, '/flavors/gold', body=body)
                self.assertError(400, 'Invalid request body', response)
        for document in ({'pool_list': ['b'], 'pool': 'a'}, {'pool_list': ['b'], 'name': 'gold'}):
            self.assertError(400, 'Invalid request body',
                             self.admin.put('/flavors/gold', document))
        for document in ({}, {'capabilities': {}}):
            self.assertError(400, 'Invalid request body',
                             self.admin.patch('/flavors/gold', document))
        self.assertEqual(['a'], self.get('/flavors/gold')['pool_list'])

    def test_without_pools(self):
        for document in ({}, {'capabilities': {'FIFO': True}}):
            response = self.admin.put('/flavors/gold', document)
            if self.version is wire.V2:
                self.assertError(400, 'Invalid request body', response)
            else:
                self.assertStatus(201, response)
                self.assertEqual([], self.get('/flavors/gold')['pool_list'])

    def test_without_pools_those_that_are_of_it_stay(self):
        if self.version is wire.V2:
            return self.assertNotIn('gold', self.flavors_of_pools())
        self.pools.update('b', flavor='gold')
        for _ in range(2):
            self.assertStatus(201, self.admin.put('/flavors/gold', {'capabilities': {}}))
            self.assertEqual(['b'], self.get('/flavors/gold')['pool_list'])

    def test_change_of_none(self):
        self.assertError(404, 'Not found',
                         self.admin.patch('/flavors/gold', {'pool_list': ['a']}))
        self.assertEqual([None] * 3, self.flavors_of_pools())

    def test_names(self):
        for name in ('a' * 65, 'a%0A', 'a b', 'ü'):
            for method in ('GET', 'PUT', 'PATCH', 'DELETE'):
                response = self.admin.request(method, f'/flavors/{name}')
                self.assertError(400, 'Invalid API request', response)
                self.assertIn('flavor', response.json['description'])
        for name in ('a' * 64, 'a.json', 'flavors'):
            self.put(name, 'a')
            self.assertEqual(name, self.get(f'/flavors/{name}')['name'])


class TestProjects(FlavorsTest):

    # SQLite alone: what is whose is tested in tests/storage/contract/flavors.py.
    scenarios = base.scenarios(wire.V1_1, wire.V2, databases=False)

    def setUp(self):
        super().setUp()
        self.other = self.caller(roles='admin', project='another')

    def test_a_flavor_is_of_one_project(self):
        self.put('gold', 'a')
        self.assertError(404, 'Not found', self.other.get('/flavors/gold'))
        self.assertError(404, 'Not found',
                         self.other.patch('/flavors/gold', {'pool_list': ['a']}))
        self.assertEqual([], self.other.get('/flavors').json['flavors'])
        self.assertStatus(204, self.other.delete('/flavors/gold'))
        self.assertEqual(['a'], self.get('/flavors/gold')['pool_list'])

    def test_a_name_is_given_once(self):
        self.put('gold', 'a')
        response = self.put('gold', 'b', status=409, caller=self.other)
        self.assertError(409, 'Resource conflict', response)
        self.assertEqual(['gold', None, None], self.flavors_of_pools())
        self.admin.delete('/flavors/gold')
        self.put('gold', 'b', caller=self.other)

    def test_readers_see_those_of_their_project(self):
        self.put('gold', 'a')
        reader = self.caller(roles='reader')
        self.assertEqual(self.get('/flavors'), reader.get('/flavors').json)
        self.assertEqual(self.get('/flavors/gold'), reader.get('/flavors/gold').json)
        for method in ('PUT', 'PATCH', 'DELETE'):
            for caller in (reader, self.api):
                self.assertError(403, 'Not authorized', caller.request(
                    method, '/flavors/gold', {'pool_list': ['b']}))
        self.assertEqual(['a'], self.get('/flavors/gold')['pool_list'])

    def test_only_in_admin_mode(self):
        admin = self.caller(app=self.serve({'DEFAULT.admin_mode': False}), roles='admin')
        for method, path in (('GET', '/flavors'), ('PUT', '/flavors/gold'),
                             ('GET', '/flavors/gold'), ('DELETE', '/flavors/gold')):
            self.assertError(404, '404 Not Found', admin.request(method, path))


class TestVersion1(base.ApiTest):

    version = wire.V1
    options = {'DEFAULT.admin_mode': True}

    def test_it_has_no_flavors(self):
        admin = self.caller(roles='admin')
        for path in ('/flavors', '/flavors/gold'):
            self.assertError(404, '404 Not Found', admin.get(path))
