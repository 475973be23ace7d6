"""Time alone is enough, and one clock decides: the database's (P5)."""

import os
import time

import fixtures

from marconi import exception
from tests.storage.contract import support

#: Minutes of difference between our clock and the database's that we allow. A time zone is more.
TOLERANCE = 10 * 60 * 1000


class Time(support.Contract):

    def setUp(self):
        # No zone may be taken for granted: neither the server's (see tests.servers) nor ours.
        self.useFixture(fixtures.EnvironmentVariable('TZ', 'Pacific/Marquesas'))
        time.tzset()
        self.addCleanup(time.tzset)
        self.addCleanup(os.environ.pop, 'TZ', None)
        super().setUp()
        self.queue = self.new_queue()
        self.now = time.time_ns() // 1_000_000
        self.real = self.open_store()

    def assert_now(self, milliseconds):
        self.assertLess(abs(milliseconds - self.now), TOLERANCE)

    def test_the_clock_is_the_databases(self):
        self.real.messages.post(self.queue, [support.new(ttl=300)], '')
        [message] = self.real.messages.list(self.queue)
        self.assert_now(message.created_at)
        self.assert_now(message.read_at)
        self.assertGreaterEqual(message.read_at, message.created_at)
        self.assertEqual(300, message.ttl)
        claim = self.real.claims.create(self.queue, 60, 60, 1)
        self.assert_now(claim.renewed_at)
        self.assert_now(claim.read_at)
        self.assertEqual(claim.id, self.real.claims.get(self.queue, claim.id).id)

    def test_the_clock_may_be_replaced_at_any_time(self):
        self.real.clock = support.Clock(support.START + 5)
        self.real.messages.post(self.queue, [support.new()], '')
        [message] = self.real.messages.list(self.queue)
        self.assertEqual((support.START + 5, support.START + 5),
                         (message.created_at, message.read_at))
        self.real.clock = None
        self.assertEqual([], self.real.messages.list(self.queue))

    def test_messages_of_an_hour_ago(self):
        self.clock.now = self.now - 3_600_000
        self.post(self.queue, support.new('over', ttl=3000), support.new('alive', ttl=4200),
                  support.new('over', ttl=60), support.new('due', delay=3000, ttl=9000),
                  support.new('hidden', delay=4200, ttl=9000))
        found = self.real.messages.list(self.queue)
        self.assertEqual(['alive', 'due'], support.bodies(found))
        self.assertLess(abs(found[0].age - 3600), 600)
        claim = self.real.claims.create(self.queue, 60, 60, 10)
        self.assertEqual(['alive', 'due'], support.bodies(claim.messages))

    def test_claims_of_an_hour_ago(self):
        self.clock.now = self.now - 3_600_000
        self.post(self.queue, support.new('over', ttl=9000), support.new('held', ttl=9000))
        over = self.claim(self.queue, limit=1, ttl=3000)
        held = self.claim(self.queue, limit=1, ttl=4200)
        real = self.real.claims
        self.assertRaises(exception.ClaimNotFound, real.get, self.queue, over.id)
        self.assertEqual(['held'], support.bodies(real.get(self.queue, held.id).messages))
        stats = self.real.messages.stats(self.queue)
        self.assertEqual((1, 1), (stats.free, stats.claimed))
        self.assertEqual(['over'], support.bodies(real.create(self.queue, 60, 60, 10).messages))

    def test_leases_and_sweeps_of_an_hour_ago(self):
        self.clock.now = self.now - 3_600_000
        self.store.leases.acquire('over', 'one', 3000)
        self.store.leases.acquire('held', 'one', 4200)
        self.assertIs(True, self.real.leases.acquire('over', 'two', 60))
        self.assertIs(False, self.real.leases.acquire('held', 'two', 60))
        self.post(self.queue, support.new(ttl=3000), support.new(ttl=4200))
        self.assertEqual(1, self.real.sweeps.expired_messages(10))

    def test_everything_expires_without_a_janitor(self):
        self.post(self.queue, support.new('a', ttl=60), support.new('b', ttl=120),
                  support.new('c', ttl=120, delay=119))
        claim = self.claim(self.queue, limit=1, ttl=60, grace=0)
        self.clock.move(60)
        self.assertEqual(['b'], self.listed(self.queue))
        self.assertEqual(2, len(self.everything(self.queue)))
        self.assertRaises(exception.ClaimNotFound, self.claims.get, self.queue, claim.id)
        self.clock.move(59)
        self.assertEqual(['b', 'c'], self.listed(self.queue))
        self.clock.move(0.999)
        self.assertEqual(2, self.messages.stats(self.queue).total)
        ids = support.ids(self.everything(self.queue))
        self.clock.move(0.001)
        self.assertEqual([], self.everything(self.queue))
        self.assertEqual([], self.messages.get(self.queue, ids))
        self.assertEqual([], self.messages.pop(self.queue, 10))
        self.assertIsNone(self.claim(self.queue))
        self.assertEqual(0, self.messages.stats(self.queue).total)
        self.assertIsNone(self.messages.stats(self.queue).oldest)

    def test_a_delay_longer_than_the_life(self):
        self.post(self.queue, support.new('a', ttl=60, delay=90))
        self.assertEqual(1, len(self.everything(self.queue)))
        self.clock.move(60)
        self.assertEqual([], self.everything(self.queue))
        self.clock.move(30)
        self.assertEqual([], self.listed(self.queue))
        self.assertIsNone(self.claim(self.queue))

    def test_a_delay_ends_at_its_millisecond(self):
        self.post(self.queue, support.new('a', delay=60))
        self.clock.move(59.999)
        self.assertEqual([], self.listed(self.queue))
        self.assertEqual([], self.messages.pop(self.queue, 1))
        self.assertIsNone(self.claim(self.queue))
        self.clock.move(0.001)
        self.assertEqual(['a'], self.listed(self.queue))
        self.assertEqual(['a'], support.bodies(self.claim(self.queue).messages))

    def test_a_clock_that_goes_back(self):
        self.post(self.queue, 'a')
        claim = self.claim(self.queue)
        self.clock.move(-7200)
        [message] = self.everything(self.queue)
        self.assertEqual(0, message.age)
        self.assertEqual(0, self.claims.get(self.queue, claim.id).age)
