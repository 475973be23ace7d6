"""Pools: the databases that hold messages, beside the one with the catalogue."""

import threading

from marconi import exception
from tests.storage.contract import crowd
from tests.storage.contract import queues as awkward
from tests.storage.contract import support

a_pool = support.a_pool


def put(number, store):
    """Register a pool that another one registers as well, under the same name."""
    store.pools.put(a_pool('fast', weight=number))


def put_same_uri(number, store):
    """Register a pool whose uri others want too; return whether it was this one."""
    try:
        store.pools.put(a_pool(f'pool-{number}', uri='sqlite:///wanted'))
    except exception.PoolUriTaken:
        return False
    return True


def make_or_delete(number, store, rounds, start):
    """Make a queue in each pool, or delete the pool, at the same moment as the others."""
    for round in range(rounds):
        start.wait(crowd.PATIENCE)
        try:
            if number % 2:
                store.queues.create('p', f'{round}-{number}', {}, pool=f'pool-{round}')
            else:
                store.pools.delete(f'pool-{round}')
        except (exception.PoolNotFound, exception.PoolInUse):
            pass  # the others were faster


class Pools(support.Contract):

    def setUp(self):
        super().setUp()
        self.pools = self.store.pools

    def names(self, **page):
        return [pool.name for pool in self.pools.list(**page)]

    def test_get_returns_what_was_put(self):
        for pool in (a_pool('plain'), a_pool(
                'full', weight=2 ** 32 - 1, flavor='gold', draining=True,
                options={'relaxed_durability': True, 'max_pool_size': 3})):
            self.pools.put(pool)
            self.assertEqual(pool, self.pools.get(pool.name))

    def test_get_of_none(self):
        self.pools.put(a_pool('fast'))
        self.assertIsNone(self.pools.get('slow'))
        self.assertIsNone(self.pools.get('Fast'))

    def test_put_in_place_of_another(self):
        self.pools.put(a_pool('fast', weight=1, flavor='gold', options={'max_pool_size': 3}))
        other = a_pool('fast', weight=2, uri='sqlite:///elsewhere', draining=True)
        self.pools.put(other)
        self.pools.put(other)
        self.assertEqual([other], self.pools.list())

    def test_a_uri_belongs_to_one_pool(self):
        self.pools.put(a_pool('fast', uri='sqlite:///one'))
        taken = self.assertRaises(
            exception.PoolUriTaken, self.pools.put, a_pool('slow', uri='sqlite:///one'))
        self.assertEqual('fast', taken.other)
        self.assertIsNone(self.pools.get('slow'))
        self.pools.put(a_pool('slow', uri='sqlite:///One'))
        self.assertRaises(
            exception.PoolUriTaken, self.pools.put, a_pool('slow', uri='sqlite:///one'))
        self.assertRaises(
            exception.PoolUriTaken, self.pools.update, 'slow', uri='sqlite:///one')
        self.assertEqual('sqlite:///One', self.pools.get('slow').uri)

    def test_longest_values(self):
        pool = a_pool('n' * 64, uri='sqlite:///' + 'u' * 245, flavor='f' * 64)
        self.pools.put(pool)
        self.assertEqual(pool, self.pools.get('n' * 64))

    def test_update_changes_what_is_named(self):
        pool = a_pool('fast', weight=1, flavor='gold', options={'max_pool_size': 3})
        self.pools.put(pool)
        changed = pool.evolve(weight=2, draining=True)
        self.assertEqual(changed, self.pools.update('fast', weight=2, draining=True))
        self.assertEqual(changed, self.pools.get('fast'))
        self.assertEqual(changed.evolve(flavor=None, options={}),
                         self.pools.update('fast', flavor=None, options={}))
        self.assertIsNone(self.pools.get('fast').flavor)

    def test_update_of_none(self):
        self.assertIsNone(self.pools.update('fast', weight=2))
        self.assertEqual([], self.pools.list())

    def test_list_is_in_byte_order_and_by_pages(self):
        for number, name in enumerate(reversed(awkward.AWKWARD_NAMES)):
            self.pools.put(a_pool(name, uri=f'sqlite:///{number}'))
        expected = sorted(awkward.AWKWARD_NAMES, key=str.encode)
        self.assertEqual(expected, self.names())
        seen, marker = [], None
        while page := self.names(marker=marker, limit=5):
            self.assertLessEqual(len(page), 5)
            seen += page
            marker = page[-1]
        self.assertEqual(expected, seen)

    def test_list_by_a_marker_that_does_not_exist(self):
        for name in 'ac':
            self.pools.put(a_pool(name))
        self.assertEqual(['c'], self.names(marker='b'))
        self.assertEqual([], self.names(marker='d'))

    def test_delete(self):
        for name in 'ab':
            self.pools.put(a_pool(name))
        self.pools.delete('a')
        self.pools.delete('a')
        self.assertEqual(['b'], self.names())

    def test_delete_of_a_pool_where_queues_live(self):
        self.pools.put(a_pool('fast'))
        for number in range(3):
            self.assertTrue(self.store.queues.create('p', f'q{number}', {}, pool='fast'))
        in_use = self.assertRaises(exception.PoolInUse, self.pools.delete, 'fast')
        self.assertIn('(3)', in_use.reason)
        self.assertEqual(['fast'], self.names())
        for queue in self.store.queues.list('p'):
            self.store.queues.delete(queue)
        self.pools.delete('fast')
        self.assertEqual([], self.names())

    def test_delete_of_the_only_pool_of_a_flavor(self):
        for name in 'ab':
            self.pools.put(a_pool(name, flavor='gold'))
        self.pools.put(a_pool('c', flavor='nobody named this'))
        self.store.flavors.put(support.a_flavor('gold', 'a', 'b'))
        self.pools.delete('c')
        self.pools.delete('a')
        in_use = self.assertRaises(exception.PoolInUse, self.pools.delete, 'b')
        self.assertIn('gold', in_use.reason)
        self.store.flavors.delete('p', 'gold')
        self.pools.delete('b')
        self.assertEqual([], self.names())

    def test_queues_are_made_in_pools_that_exist(self):
        self.assertRaises(exception.PoolNotFound, self.store.queues.create, 'p', 'q', {}, 'fast')
        self.assertIsNone(self.store.queues.get('p', 'q'))
        self.pools.put(a_pool('fast'))
        self.assertTrue(self.store.queues.create('p', 'q', {}, 'fast'))
        # It exists already, so where it was to be made does not matter.
        self.assertFalse(self.store.queues.create('p', 'q', {}, 'none'))

    def test_another_store_sees_them(self):
        self.pools.put(a_pool('fast'))
        self.assertEqual(a_pool('fast'), self.open_store(self.clock).pools.get('fast'))

    def test_registered_by_several_at_once(self):
        crowd.run_threads(put, self.store)
        self.assertEqual(['fast'], self.names())

    def test_a_uri_wanted_by_several_at_once(self):
        self.assertEqual(1, sum(crowd.run_threads(put_same_uri, self.store)))
        self.assertEqual(1, len(self.names()))

    def test_no_queue_is_left_in_a_pool_that_was_just_deleted(self):
        rounds = 50
        for round in range(rounds):
            self.pools.put(a_pool(f'pool-{round}'))
        crowd.run_threads(make_or_delete, self.store, rounds, threading.Barrier(4), threads=4)
        homes = {queue.pool for queue in self.store.queues.list('p', limit=1000)}
        self.assertEqual(homes, set(self.names()))
