"""Every method notices that what a process remembers of a queue is out of date."""

from marconi import exception
from marconi import objects
from tests.storage.contract import support

ID = '0' * 32


class Staleness(support.Contract):

    def methods(self, queue, id=ID, claim_id=ID):
        messages, claims = self.messages, self.claims
        grave = objects.DeadLetters(queue=queue, max_claims=1)
        yield lambda: messages.post(queue, [support.new()], 'client')
        yield lambda: messages.list(queue)
        yield lambda: messages.list(queue, marker=id, include_claimed=True)
        yield lambda: messages.get(queue, [id])
        yield lambda: messages.delete(queue, id)
        yield lambda: messages.delete(queue, id, claim_id)
        yield lambda: messages.delete_many(queue, [id])
        yield lambda: messages.delete_many(queue, [id], [claim_id])
        yield lambda: messages.pop(queue, 5)
        yield lambda: messages.stats(queue)
        yield lambda: claims.create(queue, 60, 60, 5)
        yield lambda: claims.create(queue, 60, 60, 5, grave)
        yield lambda: claims.get(queue, claim_id)
        yield lambda: claims.renew(queue, claim_id, 60, 60)
        yield lambda: claims.release(queue, claim_id)

    def assert_stale(self, queue, *args):
        for number, method in enumerate(self.methods(queue, *args)):
            try:
                answer = method()
            except exception.StaleQueue as error:
                self.assertEqual(queue.name, error.name)
            else:
                self.fail(f'method {number} of the list above answered {answer!r}')

    def filled(self):
        """A queue with a free and a claimed message."""
        queue = self.new_queue()
        self.post(queue, 'a', 'b')
        claim = self.claim(queue, limit=1)
        return queue, claim.messages[0].id, claim.id

    def test_after_a_touch(self):
        queue, *ids = self.filled()
        self.store.streams.touch(queue)
        self.assert_stale(queue, *ids)
        self.assert_stale(queue)
        now = self.reopened(queue)
        self.assertEqual(['a', 'b'], support.bodies(self.everything(now)))
        self.assertEqual(1, len(self.claims.get(now, ids[1]).messages))

    def test_after_a_purge(self):
        queue, *ids = self.filled()
        self.store.streams.purge(queue)
        self.assert_stale(queue, *ids)

    def test_after_a_close(self):
        queue, *ids = self.filled()
        self.store.streams.close(queue)
        self.assert_stale(queue, *ids)
        self.sweep_all()
        self.assert_stale(queue, *ids)

    def test_an_empty_queue(self):
        queue = self.new_queue()
        self.store.streams.touch(queue)
        self.assert_stale(queue)

    def test_after_a_new_queue_took_the_name(self):
        queue, *ids = self.filled()
        self.store.streams.close(queue)
        self.store.queues.delete(queue)
        self.new_queue(queue.name)
        self.assert_stale(queue, *ids)

    def test_a_queue_that_never_was(self):
        queue = objects.Queue(id=999_999_999, project='p', name='never', metadata={})
        self.assert_stale(queue)
        self.assertEqual({}, self.messages.signals([queue]))

    def test_a_memory_of_the_future(self):
        queue = self.new_queue()
        self.assert_stale(queue.evolve(generation=queue.generation + 1))

    def test_one_queue_out_of_date_leaves_others_alone(self):
        queue, other = self.new_queue(), self.new_queue()
        self.store.streams.touch(queue)
        self.post(other, 'a')
        self.assertEqual(['a'], self.listed(other))

    def test_through_another_store(self):
        queue, *ids = self.filled()
        self.open_store(self.clock).streams.touch(queue)
        self.assert_stale(queue, *ids)
