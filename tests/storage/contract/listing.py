"""Listing: order, markers, and what is left out."""

from tests.storage.contract import messages
from tests.storage.contract import support


class Listing(support.Contract):

    def test_an_empty_queue(self):
        self.assertEqual([], self.messages.list(self.new_queue()))

    def test_by_pages(self):
        queue = self.new_queue()
        ids = self.post(queue, *support.several(25))
        self.assertEqual(ids[:10], support.ids(self.messages.list(queue)))
        seen, marker = [], None
        while page := self.messages.list(queue, marker, limit=7):
            self.assertLessEqual(len(page), 7)
            seen += support.ids(page)
            marker = page[-1].id
        self.assertEqual(ids, seen)

    def test_the_last_page_and_what_comes_after_it(self):
        queue = self.new_queue()
        ids = self.post(queue, 'a', 'b')
        self.assertEqual([], self.messages.list(queue, marker=ids[-1]))
        self.post(queue, 'c')
        self.assertEqual(['c'], self.listed(queue, marker=ids[-1]))

    def test_a_marker_outlives_its_message(self):
        queue = self.new_queue()
        ids = self.post(queue, 'a', 'deleted', support.new('expired', ttl=60), 'popped', 'b')
        self.messages.delete(queue, ids[1])
        self.clock.move(60)
        self.sweep_all()
        self.assertEqual(['a', 'popped'], support.bodies(self.messages.pop(queue, 2)))
        for marker in ids[:-1]:
            self.assertEqual(['b'], self.listed(queue, marker=marker))
        self.messages.delete(queue, ids[-1])
        self.assertEqual([], self.listed(queue, marker=ids[-1]))
        self.post(queue, 'c')
        for marker in ids:
            self.assertEqual(['c'], self.listed(queue, marker=marker))

    def test_a_marker_whose_message_is_hidden(self):
        queue = self.new_queue()
        ids = self.post(queue, 'claimed', support.new('delayed', delay=60), 'a')
        self.claim(queue, limit=1)
        self.assertEqual(['a'], self.listed(queue, marker=ids[0]))
        self.assertEqual(['a'], self.listed(queue, marker=ids[1]))

    def test_a_malformed_marker(self):
        queue = self.new_queue()
        [id] = self.post(queue, 'a')
        for marker in [*messages.NO_IDS, id + '0', id[:-1], id + ' ', ' ' + id]:
            self.assertEqual([], self.messages.list(queue, marker=marker), repr(marker))

    def test_own_messages_are_skipped(self):
        queue = self.new_queue()
        for client in ('one', 'two', 'one', 'ONE', ''):
            self.post(queue, client or 'nobody', client=client)
        self.assertEqual(['two', 'ONE', 'nobody'], self.listed(queue, skip_client='one'))
        self.assertEqual(['one', 'two', 'one', 'ONE'], self.listed(queue, skip_client=''))
        self.assertEqual(5, len(self.listed(queue, skip_client='stranger')))
        self.assertEqual(5, len(self.listed(queue, skip_client=None)))

    def test_skipped_messages_do_not_empty_the_page(self):
        queue = self.new_queue()
        self.post(queue, *support.several(30), client='mine')
        self.post(queue, 'theirs', client='other')
        self.assertEqual(['theirs'], self.listed(queue, skip_client='mine', limit=1))

    def test_hidden_messages_do_not_empty_the_page(self):
        queue = self.new_queue()
        self.post(queue, *support.several(30))
        self.claim(queue, limit=30)
        self.post(queue, *support.several(30, delay=60), 'visible', 'visible too')
        self.assertEqual(['visible'], self.listed(queue, limit=1))

    def test_claimed_and_delayed_messages_are_shown_when_asked_for(self):
        queue = self.new_queue()
        self.post(queue, 'claimed', support.new('delayed', delay=60), 'free')
        claim = self.claim(queue, limit=1)
        self.assertEqual(['free'], self.listed(queue))
        self.assertEqual(['claimed', 'free'], self.listed(queue, include_claimed=True))
        self.assertEqual(['delayed', 'free'], self.listed(queue, include_delayed=True))
        found = self.everything(queue)
        self.assertEqual(['claimed', 'delayed', 'free'], support.bodies(found))
        self.assertEqual([claim.id, None, None], [message.claim_id for message in found])
        self.assertEqual([1, 0, 0], [message.claim_count for message in found])

    def test_a_message_claimed_after_its_delay_is_claimed_not_delayed(self):
        queue = self.new_queue()
        self.post(queue, support.new('a', delay=60))
        self.clock.move(60)
        self.claim(queue)
        self.assertEqual([], self.listed(queue, include_delayed=True))
        self.assertEqual(['a'], self.listed(queue, include_claimed=True))

    def test_a_message_comes_back_in_its_old_place(self):
        queue = self.new_queue()
        self.post(queue, support.new('a', delay=60), 'b', 'c', 'd')
        claim = self.claim(queue, limit=1)
        self.claim(queue, limit=1, ttl=60)
        self.assertEqual(['d'], self.listed(queue))
        self.claims.release(queue, claim.id)
        self.assertEqual(['b', 'd'], self.listed(queue))
        self.clock.move(60)
        self.assertEqual(['a', 'b', 'c', 'd'], self.listed(queue))
        self.sweep_all()
        self.assertEqual(['a', 'b', 'c', 'd'], self.listed(queue))

    def test_filters_work_together(self):
        queue = self.new_queue()
        marker = None
        for round in range(3):
            for client in ('one', 'two'):
                [marker_now] = self.post(queue, f'{client}{round}', client=client)
                marker = marker or marker_now
        self.claim(queue, limit=3)
        self.assertEqual(['two1'], self.listed(queue, marker=marker, skip_client='one', limit=1))
        self.assertEqual(['two0', 'two1'], self.listed(
            queue, marker=marker, skip_client='one', include_claimed=True, limit=2))
