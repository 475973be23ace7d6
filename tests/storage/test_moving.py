"""A queue that moves to another database is the same queue."""

import contextlib
from unittest import mock

from marconi import exception
from marconi import objects
from tests import base
from tests.storage import moving
from tests.storage.contract import support


class TestWhatMoves(moving.BetweenDatabases, base.TestCase):

    def test_messages_with_their_ids_and_order(self):
        ids = self.post(*support.several(9)) + self.post('a', 'b', client='other')
        before = self.everything()
        self.move()
        self.assertEqual(before, self.everything())
        self.assertEqual(ids, support.ids(before))
        self.assertEqual(['a', 'b'], self.listed(skip_client='client'))

    def test_bodies_of_any_size(self):
        sizes = (0, 1, 70_000, 1_000_000)
        self.post(*(support.new(b'x' * size, encoding=2) for size in sizes))
        self.move()
        self.assertEqual([(size, 2) for size in sizes],
                         [(len(message.body), message.encoding) for message in self.everything()])

    def test_markers_of_messages_long_gone(self):
        ids = self.post(*support.several(6))
        for id in (ids[2], ids[5]):
            self.call(lambda store, queue, id=id: store.messages.delete(queue, id))
        self.move()
        self.assertEqual(['3', '4'], self.listed(marker=ids[2]))
        self.assertEqual([], self.listed(marker=ids[5]))
        self.post('new')
        self.assertEqual(['new'], self.listed(marker=ids[5]))

    def test_claims(self):
        self.post(*support.several(9))
        kept, released = self.claim(3), self.claim(2)
        self.call(lambda store, queue: store.claims.release(queue, released.id))
        self.clock.move(10)
        before = self.call(lambda store, queue: store.claims.get(queue, kept.id))
        self.move()
        after = self.call(lambda store, queue: store.claims.get(queue, kept.id))
        self.assertEqual(before, after)
        self.assertEqual(['3', '4', '5', '6', '7', '8'], self.listed())
        self.call(lambda store, queue: store.messages.delete(
            queue, kept.messages[0].id, kept.id))
        self.call(lambda store, queue: store.claims.renew(queue, kept.id, 100, 60))
        self.clock.move(99)
        self.sweep()
        self.assertEqual('3', self.listed()[0])
        self.clock.move(1)
        self.assertEqual(['1', '2', '3'], support.bodies(self.claim(3).messages))

    def test_claims_that_end_are_noticed_by_janitor_and_waiters(self):
        self.post('a')
        self.claim()
        self.move()
        self.assertFalse(self.signal().ready)
        self.clock.move(60)
        self.assertTrue(self.signal().due)
        self.sweep()
        self.assertTrue(self.signal().ready)
        self.assertFalse(self.signal().due)
        self.assertEqual(0, self.rows('new', 'claims'))

    def test_delays(self):
        self.post('now', support.new('later', delay=60), support.new('much later', delay=90))
        self.move()
        self.assertEqual(['now'], self.listed())
        self.clock.move(60)
        self.assertTrue(self.signal().due)
        self.assertEqual(['now', 'later'], self.listed())
        self.clock.move(30)
        self.sweep()
        self.assertEqual(['now', 'later', 'much later'], self.listed())
        self.assertEqual(0, self.rows('new', 'delays'))

    def test_dead_letters_with_their_ids(self):
        self.stores.control.queues.create('project', 'grave', {}, 'old')
        [id] = self.post('a')
        for _ in range(2):
            claim = self.claim()
            self.call(lambda store, queue, id=claim.id: store.claims.release(queue, id))
        grave = self.stores.find('project', 'grave')
        self.assertIsNone(self.claim(
            dead_letters=objects.DeadLetters(queue=grave, max_claims=2)))
        self.stores.control.moves.request(grave, 'new')
        self.mover().run()
        grave = self.stores.find_afresh('project', 'grave')
        self.assertEqual('new', grave.pool)
        [letter] = self.pool('new').messages.get(grave, [id])
        self.assertEqual((id, b'a'), (letter.id, letter.body))
        self.assertEqual([], self.pool('new').messages.list(grave, marker=id))

    def test_what_was_purged_does_not(self):
        self.post(*support.several(6))
        self.purge()
        ids = self.post('a', 'b')
        self.move()
        self.assertEqual(ids, support.ids(self.everything()))
        self.sweep()
        self.assertEqual(2, self.rows('new', 'messages'))

    def test_nothing_stays_behind(self):
        self.post(*support.several(6))
        self.claim(2)
        self.post(support.new('later', delay=60))
        self.move()
        self.sweep()
        for table in ('messages', 'claims', 'delays'):
            self.assertEqual(0, self.rows('old', table), table)
        self.clock.move(3601)
        self.sweep()
        self.assertEqual(0, self.rows('old', 'streams'))
        self.assertEqual(1, self.rows('new', 'streams'))

    def test_there_and_back(self):
        ids = self.post(*support.several(6))
        self.claim(2)
        before = self.everything()
        self.move()
        ids += self.post('a')
        self.move('old')
        self.assertEqual(ids, support.ids(self.everything()))
        self.assertEqual(before, self.everything()[:6])
        self.assertEqual(['2', '3', '4', '5', 'a'], support.bodies(self.claim().messages))
        ids += self.post('b')
        self.assertEqual(['b'], self.listed(marker=ids[-2]))
        self.sweep()
        self.assertEqual(len(ids), len(self.everything()))

    def test_an_empty_queue(self):
        self.queue
        self.move()
        self.assertEqual([], self.everything())
        self.post('a')
        self.assertEqual(['a'], self.listed())

    def test_to_where_it_is(self):
        queue = self.queue
        self.assertFalse(self.stores.control.moves.request(queue, 'old'))
        self.assertEqual([], self.stores.control.moves.list())

    def test_the_control_database_is_a_place_too(self):
        ids = self.post(*support.several(3))
        self.move(None)
        self.assertEqual(ids, support.ids(self.everything()))
        self.move('new')
        self.assertEqual(ids, support.ids(self.everything()))

    def signal(self):
        queue = self.queue
        return self.store.messages.signals([queue])[queue.id]


class TestWhileItMoves(moving.BetweenDatabases, base.TestCase):
    """Things happen between any two batches, until the queue is sealed."""

    def setUp(self):
        super().setUp()
        self.ids = self.post(*support.several(10))

    def move_and(self, *happenings):
        """Move the queue; each of the functions is called after a batch was copied."""
        todo = list(happenings)

        def keep(sealed):
            if not sealed and todo:
                todo.pop(0)()

        self.request()
        self.mover(keep=keep).run()
        self.assertEqual([], todo)
        self.assertEqual('new', self.queue.pool)

    def test_posting(self):
        self.move_and(*[lambda number=number: self.post(f'new {number}') for number in range(3)])
        self.assertEqual([*map(str, range(10)), 'new 0', 'new 1', 'new 2'], self.listed())

    def test_claiming_and_releasing(self):
        claims = []
        self.move_and(lambda: None, lambda: claims.append(self.claim(3)),
                      lambda: claims.append(self.claim(3)))
        self.assertEqual(['6', '7', '8', '9'], self.listed())
        for claim in claims:
            self.assertEqual(claim.messages, self.call(
                lambda store, queue, id=claim.id: store.claims.get(queue, id)).messages)

    def test_a_claim_that_was_copied_is_released(self):
        claim = self.claim(3)
        self.move_and(lambda: None, lambda: self.call(
            lambda store, queue: store.claims.release(queue, claim.id)))
        self.assertEqual(list(map(str, range(10))), self.listed())
        self.assertRaises(exception.ClaimNotFound, self.call,
                          lambda store, queue: store.claims.get(queue, claim.id))

    def test_deleting_and_popping(self):
        def delete():
            self.call(lambda store, queue: store.messages.delete_many(
                queue, [self.ids[1], self.ids[7]]))

        self.move_and(lambda: None, delete, lambda: self.call(
            lambda store, queue: store.messages.pop(queue, 1)))
        self.assertEqual(['2', '3', '4', '5', '6', '8', '9'], self.listed())
        self.sweep()
        self.assertEqual(7, self.rows('new', 'messages'))

    def test_purging(self):
        def replace():
            self.purge()
            self.post('new')

        self.move_and(lambda: None, replace)
        self.assertEqual(['new'], self.listed())
        self.sweep()
        self.assertEqual(1, self.rows('new', 'messages'))

    def test_changing_metadata(self):
        other = self.open_stores()
        other.find('project', 'queue')
        self.move_and(lambda: self.stores.update(self.queue, {'colour': 'red'}))
        self.assertEqual({'colour': 'red'}, self.queue.metadata)
        self.assertEqual({'colour': 'red'}, other.call(
            'project', 'queue', lambda store, queue: (store.messages.stats(queue), queue)[1]
        ).metadata)

    def test_deleting_the_queue_and_making_it_again(self):
        def replace():
            self.stores.delete('project', 'queue')
            self.stores.create('project', 'queue', {})
            self.post('new')

        self.request()
        self.mover(keep=self.once(replace)).run()
        self.assertEqual([], self.stores.control.moves.list())
        self.assertEqual((None, ['new']), (self.queue.pool, self.listed()))
        self.sweep()
        for pool in ('old', 'new'):
            self.assertEqual(0, self.rows(pool, 'messages'), pool)

    def test_who_wants_it_meanwhile_waits_for_the_last_step(self):
        """Callers see the queue as it was or as it is: here none of them sees it sealed."""
        seen = []

        def keep(sealed):
            if sealed:
                other = self.open_stores()
                seen.append(self.assertRaises(
                    exception.QueueSealed, other._look, 'project', 'queue'))
                self.assertEqual({}, other.known([('project', 'queue')]))

        self.request()
        self.mover(keep=keep).run()
        self.assertNotEqual([], seen)

    def once(self, happening):
        todo = [happening]

        def keep(sealed):
            if todo:
                todo.pop()()
        return keep


class TestInterrupted(moving.BetweenDatabases, base.TestCase):

    def setUp(self):
        super().setUp()
        self.ids = self.post(*support.several(14))
        self.held = self.claim(3)

    def test_at_any_batch(self):
        """Another process goes on where the first one was, again and again."""
        self.request()
        ends = 0
        for point in range(1, 30):
            left = [point % 3 + 1]

            def keep(sealed, left=left):
                left[0] -= 1
                if not left[0]:
                    raise exception.LostLease(work='this test')

            try:
                self.mover(self.open_stores(), keep).run()
                break
            except exception.LostLease:
                ends += 1
        self.assertGreater(ends, 1)
        self.check()

    def test_who_comes_late_changes_nothing(self):
        for at in (False, True):
            self.assertEqual(14, len(self.everything()))
            target = 'old' if at else 'new'
            self.request(target)
            with contextlib.suppress(exception.LostLease):
                self.late(at).run()
            self.assertEqual(self.ids[1:], support.ids(self.everything())[:13])
            self.ids = self.ids[1:] + self.post('replaced')

    def late(self, at):
        """A mover that is overtaken by another one in the middle of its work."""
        overtaken = []

        def keep(sealed):
            if sealed == at and not overtaken:
                overtaken.append(True)
                self.mover(self.open_stores()).run()
                self.claim(1)
                self.call(lambda store, queue: store.messages.delete_many(queue, self.ids[:1]))

        return self.mover(keep=keep)

    def test_the_new_pool_goes_away_before_anything_has_left(self):
        self.request()
        mover = self.mover()
        with mock.patch.object(mover._target, 'settle',
                               side_effect=exception.StorageUnavailable):
            self.assertRaises(exception.StorageUnavailable, mover.run)
        self.assertEqual('old', self.queue.pool)
        self.post('new')
        self.purge()
        self.ids = self.post(*support.several(14))
        self.held = self.claim(3)
        self.mover().run()
        self.check()

    def test_after_the_catalogue_was_told(self):
        self.request()
        mover = self.mover()
        with mock.patch.object(mover._target, 'open', side_effect=KeyboardInterrupt):
            self.assertRaises(KeyboardInterrupt, mover.run)
        self.mover(self.open_stores()).run()
        self.check()

    def check(self):
        self.assertEqual([], self.stores.control.moves.list())
        self.assertEqual('new', self.queue.pool)
        self.assertEqual(self.ids, support.ids(self.everything()))
        self.assertEqual(list(map(str, range(3, 14))), self.listed())
        self.assertEqual(3, len(self.call(
            lambda store, queue: store.claims.get(queue, self.held.id)).messages))
        self.sweep()
        self.assertEqual(0, self.rows('old', 'messages'))


class TestDeadLettersElsewhere(moving.BetweenDatabases, base.TestCase):
    """The dead letter queue lives in another pool."""

    def setUp(self):
        super().setUp()
        self.stores.control.queues.create('project', 'grave', {}, 'new')
        self.ids = self.post('a', 'b')
        for _ in range(2):
            claim = self.claim()
            self.call(lambda store, queue, id=claim.id: store.claims.release(queue, id))

    @property
    def grave(self):
        return self.stores.find('project', 'grave')

    def dead_letters(self):
        return objects.DeadLetters(queue=self.grave, store=self.pool('new'), max_claims=2)

    def test_they_go_there(self):
        self.assertIsNone(self.claim(dead_letters=self.dead_letters()))
        self.assertEqual([], self.everything())
        self.assertEqual(self.ids, support.ids(self.pool('new').messages.list(self.grave)))

    def test_once_even_if_the_queue_does_not_get_to_forget_them(self):
        claims = self.pool('old').claims
        self.post('c')
        with mock.patch.object(claims, '_claim', side_effect=exception.StorageUnavailable):
            self.assertRaises(exception.StorageUnavailable, self.claim,
                              dead_letters=self.dead_letters())
        self.assertEqual(3, len(self.everything()))
        self.assertEqual(2, len(self.pool('new').messages.list(self.grave)))
        self.assertEqual(['c'], support.bodies(
            self.claim(dead_letters=self.dead_letters()).messages))
        self.assertEqual(self.ids, support.ids(self.pool('new').messages.list(self.grave)))

    def test_a_dead_letter_queue_that_changed_is_looked_up_again(self):
        dead_letters = self.dead_letters()
        self.pool('new').streams.touch(self.grave)
        stale = self.assertRaises(
            exception.StaleQueue, self.pool('old').claims.create,
            self.queue, 60, 60, 10, dead_letters)
        self.assertEqual('grave', stale.name)
        self.assertEqual(2, len(self.everything()))
