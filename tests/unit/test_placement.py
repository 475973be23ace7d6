"""In which pool a new queue lives, and what a process knows of pools."""

import collections

from marconi import exception
from marconi import objects
from marconi.storage import placement
from marconi.storage import pools
from tests import base

DRAWS = 2000


def pool(name, weight=1, **fields):
    return objects.Pool(name=name, uri=name, weight=weight, **fields)


class TestPlacement(base.TestCase):

    def firsts(self, *pools, flavor=None):
        """How often each pool is the first choice."""
        return collections.Counter(
            placement.order(pools, flavor)[0] for _ in range(DRAWS))

    def test_without_pools(self):
        self.assertEqual([None], placement.order([]))

    def test_by_weight(self):
        # Six standard deviations: wrong once in 500 million runs.
        firsts = self.firsts(pool('a', 300), pool('b', 100), pool('c', 0))
        self.assertEqual({'a', 'b'}, set(firsts))
        self.assertAlmostEqual(0.75 * DRAWS, firsts['a'], delta=6 * (DRAWS * 0.75 * 0.25) ** 0.5)

    def test_the_largest_weights(self):
        self.assertEqual({'a', 'b'}, set(self.firsts(pool('a', 2 ** 32 - 1),
                                                     pool('b', 2 ** 32 - 1))))

    def test_all_that_could_take_it_are_named(self):
        self.assertEqual({'a', 'b'}, set(placement.order([pool('a', 1), pool('b', 100)])))

    def test_of_the_flavor(self):
        pools = [pool('a'), pool('b', flavor='fast'), pool('c', flavor='safe')]
        self.assertEqual(['b'], placement.order(pools, 'fast'))
        self.assertEqual(['a'], placement.order(pools))

    def test_of_a_flavor_that_takes_nothing(self):
        for taken in ([], [pool('a')], [pool('a', 0, flavor='fast')],
                      [pool('a', flavor='fast', draining=True)]):
            self.assertRaises(exception.FlavorNotFound, placement.order, taken, 'fast')

    def test_nobody_gets_less_safety_who_did_not_ask(self):
        relaxed = pool('a', options={'relaxed_durability': True})
        self.assertEqual([None], placement.order([relaxed]))
        self.assertEqual(['a'], placement.order([relaxed.evolve(flavor='fast')], 'fast'))


class Store:
    """As much of a store as ``Pools`` uses."""

    def __init__(self, pool):
        self.pool = pool
        self.disposed = False

    def dispose(self):
        self.disposed = True


class TestPools(base.TestCase):

    def setUp(self):
        super().setUp()
        self.now, self.listed, self.down = 0, [pool('a'), pool('b')], False
        self.pools = self.store = self
        self.known = pools.Pools(self, self.connect, lifetime=10, clock=lambda: self.now)

    def list(self):
        """The list of pools of the control database."""
        if self.down:
            raise exception.StorageUnavailable
        return self.listed

    @staticmethod
    def connect(pool):
        if pool.uri == 'nonsense':
            raise ValueError(pool.uri)
        return Store(pool)

    def test_each_has_one_store(self):
        self.assertIs(self.known.store('a'), self.known.store('a'))
        self.assertEqual(['a', 'b'], [name for name, _ in self.known.all()])

    def test_a_new_one_is_found_at_once(self):
        self.known.store('a')
        self.listed.append(pool('c'))
        self.assertEqual('c', self.known.store('c').pool.name)

    def test_one_that_is_not_there(self):
        self.assertRaises(exception.StorageUnavailable, self.known.store, 'c')

    def test_changes_are_noticed_after_a_while(self):
        a, b = self.known.store('a'), self.known.store('b')
        self.listed = [pool('a', 7), pool('b', options={'max_pool_size': 2})]
        self.assertIs(b, self.known.store('b'))
        self.now = 11
        self.assertIs(a, self.known.store('a'))
        self.assertIsNot(b, self.known.store('b'))
        self.assertEqual((False, True), (a.disposed, b.disposed))

    def test_they_go_on_without_the_control_database(self):
        a = self.known.store('a')
        self.down, self.now = True, 11
        self.assertIs(a, self.known.store('a'))
        self.assertEqual(2, len(self.known.all()))

    def test_nothing_is_known_yet_and_the_control_database_is_down(self):
        self.down = True
        self.assertRaises(exception.StorageUnavailable, self.known.store, 'a')
        self.down = False
        self.known.store('a')

    def test_one_that_cannot_be_used_is_no_harm_to_others(self):
        self.listed.append(pool('c').evolve(uri='nonsense'))
        self.assertEqual(['a', 'b'], [name for name, _ in self.known.all()])
        self.assertRaises(exception.StorageUnavailable, self.known.store, 'c')

    def test_close(self):
        a = self.known.store('a')
        self.known.close()
        self.assertTrue(a.disposed)
