"""Flavors: which pools a project has put together under a name."""

from marconi import exception
from tests.storage.contract import crowd
from tests.storage.contract import queues as awkward
from tests.storage.contract import support

a_flavor = support.a_flavor


def put(number, store):
    """Name a flavor that others name too; return whose it is, if ours."""
    project = f'project-{number % 2}'
    try:
        store.flavors.put(a_flavor('gold', 'a', project=project))
    except exception.FlavorTaken:
        return None
    return project


class Flavors(support.Contract):

    def setUp(self):
        super().setUp()
        self.flavors = self.store.flavors
        for name in 'abcd':
            self.store.pools.put(support.a_pool(name))

    def pools_of(self, flavor):
        return [pool.name for pool in self.store.pools.list() if pool.flavor == flavor]

    def names(self, project='p', **page):
        return [flavor.name for flavor in self.flavors.list(project, **page)]

    def test_get_returns_what_was_put(self):
        gold = a_flavor('gold', 'a', 'c', capabilities={'ž': ['anything', {}]})
        self.flavors.put(gold)
        self.assertEqual(gold, self.flavors.get('p', 'gold'))
        self.assertEqual([gold], self.flavors.list('p'))
        self.assertEqual(['a', 'c'], self.pools_of('gold'))

    def test_get_of_none(self):
        self.flavors.put(a_flavor('gold', 'a'))
        for project, name in (('p', 'Gold'), ('p', 'silver'), ('P', 'gold'), ('', 'gold')):
            self.assertIsNone(self.flavors.get(project, name))

    def test_its_pools_are_those_that_say_so(self):
        self.flavors.put(a_flavor('gold', 'a'))
        self.store.pools.update('b', flavor='gold')
        self.store.pools.update('a', flavor='silver')
        self.assertEqual(['b'], self.flavors.get('p', 'gold').pools)
        self.store.pools.update('b', flavor=None)
        self.assertEqual([], self.flavors.get('p', 'gold').pools)
        self.assertEqual([[]], [flavor.pools for flavor in self.flavors.list('p')])

    def test_put_again_releases_the_pools_it_does_not_name(self):
        self.flavors.put(a_flavor('gold', 'a', 'b'))
        self.flavors.put(a_flavor('silver', 'd'))
        self.flavors.put(a_flavor('gold', 'b', 'c', capabilities={'new': 1}))
        self.assertEqual(a_flavor('gold', 'b', 'c', capabilities={'new': 1}),
                         self.flavors.get('p', 'gold'))
        self.assertIsNone(self.store.pools.get('a').flavor)
        self.assertEqual(['d'], self.pools_of('silver'))

    def test_put_changes_nothing_else_of_the_pools(self):
        pool = support.a_pool('a', weight=7, draining=True, options={'max_pool_size': 3})
        self.store.pools.put(pool)
        self.flavors.put(a_flavor('gold', 'a'))
        self.assertEqual(pool.evolve(flavor='gold'), self.store.pools.get('a'))

    def test_put_takes_pools_from_another_flavor(self):
        self.flavors.put(a_flavor('gold', 'a', 'b'))
        self.flavors.put(a_flavor('silver', 'b'))
        self.assertEqual(['a'], self.flavors.get('p', 'gold').pools)

    def test_put_with_a_pool_that_does_not_exist(self):
        self.flavors.put(a_flavor('gold', 'a'))
        for name in ('gold', 'silver'):
            missing = self.assertRaises(
                exception.PoolNotFound, self.flavors.put, a_flavor(name, 'b', 'z'))
            self.assertEqual('z', missing.name)
        self.assertEqual(['gold'], self.names())
        self.assertEqual(['a'], self.pools_of('gold'))
        self.assertIsNone(self.store.pools.get('b').flavor)

    def test_put_without_pools(self):
        self.flavors.put(a_flavor('gold', 'a'))
        self.flavors.put(a_flavor('gold'))
        self.assertEqual(a_flavor('gold'), self.flavors.get('p', 'gold'))
        self.assertEqual([], self.pools_of('gold'))

    def test_a_name_belongs_to_one_project(self):
        self.flavors.put(a_flavor('gold', 'a'))
        self.assertRaises(
            exception.FlavorTaken, self.flavors.put, a_flavor('gold', 'b', project='other'))
        self.assertEqual(['a'], self.pools_of('gold'))
        self.assertEqual([], self.names('other'))
        self.flavors.put(a_flavor('Gold', 'b', project='other'))
        self.flavors.delete('p', 'gold')
        self.flavors.put(a_flavor('gold', 'a', project='other'))

    def test_list_is_in_byte_order_by_pages_and_by_project(self):
        for name in reversed(awkward.AWKWARD_NAMES):
            self.flavors.put(a_flavor(name, 'a'))
        self.flavors.put(a_flavor('b2', 'b', project='other'))
        expected = sorted(awkward.AWKWARD_NAMES, key=str.encode)
        self.assertEqual(expected, self.names())
        seen, marker = [], None
        while page := self.names(marker=marker, limit=5):
            self.assertLessEqual(len(page), 5)
            seen += page
            marker = page[-1]
        self.assertEqual(expected, seen)
        self.assertEqual(['b2'], self.names('other'))
        self.assertEqual([], self.names('nobody'))

    def test_delete(self):
        self.flavors.put(a_flavor('gold', 'a', 'b'))
        self.flavors.put(a_flavor('silver', 'c'))
        self.flavors.delete('p', 'gold')
        self.flavors.delete('p', 'gold')
        self.assertEqual(['silver'], self.names())
        self.assertEqual([], self.pools_of('gold'))
        self.assertEqual(['c'], self.pools_of('silver'))

    def test_delete_of_a_strangers_flavor(self):
        self.flavors.put(a_flavor('gold', 'a'))
        self.flavors.delete('other', 'gold')
        self.assertEqual(['a'], self.flavors.get('p', 'gold').pools)

    def test_named_by_several_at_once(self):
        owners = crowd.run_threads(put, self.store)
        [owner] = {owner for owner in owners if owner}
        self.assertEqual(4, owners.count(owner))
        self.assertEqual(['gold'], self.names(owner))
        self.assertEqual(['a'], self.flavors.get(owner, 'gold').pools)
