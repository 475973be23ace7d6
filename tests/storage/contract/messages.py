"""Posting, reading by id, popping, counting."""

import re

from tests.storage.contract import support

#: Texts that are no ids, each dangerous to somebody.
NO_IDS = ['', ' ', '0', 'x' * 32, '0' * 31, '0' * 33, 'F' * 32, 'é' * 32, '\x00' * 32, "' OR 1=1",
          '%', '-1', '9' * 32, '1' * 100_000, '\udcff', '٣' * 32, '0x' + '0' * 30, ' ' * 32]


class Messages(support.Contract):

    def test_post_returns_ids_in_order(self):
        queue = self.new_queue()
        ids = self.post(queue, 'a', 'b', 'c') + self.post(queue, 'd')
        self.assertEqual(4, len(set(ids)))
        found = self.everything(queue)
        self.assertEqual(ids, support.ids(found))
        self.assertEqual(['a', 'b', 'c', 'd'], support.bodies(found))

    def test_ids_are_url_safe_text(self):
        for id in self.post(self.new_queue(), *support.several(50)):
            self.assertTrue(re.fullmatch(r'[A-Za-z0-9_.~-]{1,64}', id), id)

    def test_what_is_posted_is_what_is_read(self):
        queue = self.new_queue()
        self.clock.move(0.789)
        body = bytes(range(256)) + 'ž🐴'.encode()
        ids = self.post(queue, support.new(body, ttl=300, encoding=1), support.new(b'', ttl=60))
        self.clock.move(61.5)
        [message] = self.messages.list(queue)
        self.assertEqual((ids[0], body, 1, None, 0),
                         (message.id, message.body, message.encoding, message.claim_id,
                          message.claim_count))
        self.assertIsInstance(message.body, bytes)
        self.assertEqual(support.START + 789, message.created_at)
        self.assertEqual(support.START + 300_789, message.expires_at)
        self.assertEqual(support.START + 62_289, message.read_at)
        self.assertEqual((300, 61), (message.ttl, message.age))
        self.assertEqual([message], self.messages.get(queue, ids))

    def test_an_empty_and_a_large_body(self):
        queue = self.new_queue()
        large = b'x' * 1_000_000
        self.post(queue, support.new(b''), support.new(large))
        self.assertEqual([b'', large], [found.body for found in self.messages.list(queue)])

    def test_messages_of_one_post_may_differ_in_everything(self):
        queue = self.new_queue()
        ids = self.post(queue, support.new('a', ttl=60, encoding=1),
                        support.new('b', ttl=1_209_600, delay=900))
        one, two = self.messages.get(queue, ids)
        self.assertEqual([(60, 1), (1_209_600, 0)],
                         [(one.ttl, one.encoding), (two.ttl, two.encoding)])
        self.assertEqual(['a'], self.listed(queue))

    def test_a_large_batch(self):
        queue = self.new_queue()
        ids = self.post(queue, *support.several(2000))
        self.assertEqual(ids, support.ids(self.everything(queue)))

    def test_a_batch_is_all_or_nothing(self):
        queue = self.new_queue()
        self.post(queue, 'before')
        # No database has room for these; what is raised is not the contract's business.
        for impossible in (support.new(ttl=2 ** 60), support.new(delay=2 ** 60),
                           support.new(encoding=2 ** 70)):
            self.assertRaises(Exception, self.post, queue, 'a', impossible, 'b')  # noqa: H202
            self.assertEqual(['before'], support.bodies(self.everything(queue)))
        self.post(queue, 'after')
        self.assertEqual(['before', 'after'], self.listed(queue))

    def test_get(self):
        queue = self.new_queue()
        ids = self.post(queue, 'claimed', 'free', support.new('delayed', delay=60), 'other')
        claim = self.claim(queue, limit=1)
        found = self.messages.get(queue, [ids[2], ids[0], ids[1]])
        self.assertEqual(['claimed', 'free', 'delayed'], support.bodies(found))
        self.assertEqual([claim.id, None, None], [message.claim_id for message in found])
        self.assertEqual([1, 0, 0], [message.claim_count for message in found])

    def test_get_names_no_claim_that_is_over(self):
        queue = self.new_queue()
        ids = self.post(queue, 'a')
        self.claim(queue, ttl=60)
        self.clock.move(60)
        [message] = self.messages.get(queue, ids)
        self.assertEqual((None, 1), (message.claim_id, message.claim_count))

    def test_get_the_same_twice(self):
        queue = self.new_queue()
        [id] = self.post(queue, 'a')
        self.assertEqual(['a'], support.bodies(self.messages.get(queue, [id, id])))

    def test_get_what_is_not_there(self):
        queue = self.new_queue()
        [expired, deleted, here] = self.post(
            queue, support.new('expired', ttl=60), 'deleted', 'here')
        self.messages.delete(queue, deleted)
        self.clock.move(60)
        self.assertEqual([], self.messages.get(queue, []))
        self.assertEqual([], self.messages.get(queue, [expired, deleted]))
        self.assertEqual(
            ['here'], support.bodies(self.messages.get(queue, [*NO_IDS, deleted, here])))

    def test_pop(self):
        queue = self.new_queue()
        ids = self.post(queue, 'claimed', support.new('expired', ttl=60),
                        support.new('delayed', delay=900), 'a', 'b', 'c')
        self.claim(queue, limit=1, ttl=900)
        self.clock.move(60)
        popped = self.messages.pop(queue, 2)
        self.assertEqual(['a', 'b'], support.bodies(popped))
        self.assertEqual(ids[3:5], support.ids(popped))
        self.assertEqual([None, None], [message.claim_id for message in popped])
        self.assertEqual([0, 0], [message.claim_count for message in popped])
        self.assertEqual([60, 60], [message.age for message in popped])
        self.assertEqual([], self.messages.get(queue, support.ids(popped)))
        self.assertEqual(['claimed', 'delayed', 'c'], support.bodies(self.everything(queue)))
        self.assertEqual(['c'], support.bodies(self.messages.pop(queue, 2)))
        self.assertEqual([], self.messages.pop(queue, 2))

    def test_pop_takes_what_came_back_in_its_old_place(self):
        queue = self.new_queue()
        self.post(queue, 'a', 'b', support.new('c', delay=30), 'd', 'e')
        self.claim(queue, limit=2, ttl=60)
        self.clock.move(60)
        self.assertEqual(['a', 'b', 'c'], support.bodies(self.messages.pop(queue, 3)))
        self.assertEqual(['d', 'e'], support.bodies(self.messages.pop(queue, 3)))

    def test_stats_of_an_empty_queue(self):
        stats = self.messages.stats(self.new_queue())
        self.assertEqual((0, 0, 0, None, None), (stats.free, stats.claimed, stats.total,
                                                 stats.oldest, stats.newest))

    def test_stats(self):
        queue = self.new_queue()
        self.post(queue, support.new('expired', ttl=60), 'claimed', 'claimed too')
        self.claim(queue, limit=3, ttl=900, grace=0)
        self.post(queue, support.new('delayed', delay=900), 'free', 'free too',
                  support.new('expired', ttl=30))
        other = self.new_queue()
        self.post(other, 'theirs')
        stats = self.messages.stats(queue)
        self.assertEqual((4, 3), (stats.free, stats.claimed))
        self.clock.move(60)
        stats = self.messages.stats(queue)
        self.assertEqual((3, 3, 6), (stats.free, stats.claimed, stats.total))
        everything = self.everything(queue)
        self.assertEqual(stats.total, len(everything))
        self.assertEqual((everything[0].id, everything[-1].id),
                         (stats.oldest.id, stats.newest.id))
        self.assertEqual((60, 60), (stats.oldest.age, stats.newest.age))

    def test_stats_after_a_claim_is_over(self):
        queue = self.new_queue()
        self.post(queue, 'a', 'b', 'c')
        claim = self.claim(queue, limit=1)
        self.claim(queue, limit=1, ttl=60)
        self.claims.release(queue, claim.id)
        self.assertEqual((2, 1), self.counts(queue))
        self.clock.move(60)
        self.assertEqual((3, 0), self.counts(queue))

    def test_stats_agree_with_listing_at_any_time(self):
        queue = self.new_queue()
        for number in range(40):
            self.post(queue, support.new('a', ttl=60 + number, delay=number % 7))
            if number % 3 == 0:
                self.claim(queue, limit=3, ttl=60 + number % 5, grace=number % 2)
            self.clock.move(number % 10)
            self.assertEqual(sum(self.counts(queue)), len(self.everything(queue)))
            delayed_and_free = self.messages.list(queue, limit=1000, include_delayed=True)
            self.assertEqual(self.counts(queue)[0], len(delayed_and_free))

    def counts(self, queue):
        stats = self.messages.stats(queue)
        return stats.free, stats.claimed
