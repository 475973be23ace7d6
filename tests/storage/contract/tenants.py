"""Tenants are strangers: nothing of one queue means anything in another (P6)."""

from marconi import exception
from tests.storage.contract import support


class Tenants(support.Contract):

    def setUp(self):
        super().setUp()
        self.mine = self.new_queue(project='me')
        self.yours = self.new_queue(project='you')

    def test_a_foreign_message_id_is_not_found(self):
        ids = self.post(self.yours, 'a', 'b')
        self.post(self.mine, 'c', 'd')
        claim = self.claim(self.yours, limit=1)
        mine = self.claim(self.mine, limit=1)
        self.assertEqual([], self.messages.get(self.mine, ids))
        self.assertEqual([], self.messages.list(self.mine, marker=ids[0]))
        for claim_id in (None, claim.id, mine.id):
            for id in ids:
                self.messages.delete(self.mine, id, claim_id)
        self.messages.delete_many(self.mine, ids)
        self.messages.delete_many(self.mine, ids, [mine.id])
        self.assertEqual(2, len(self.everything(self.yours)))
        self.assertEqual(2, len(self.everything(self.mine)))

    def test_a_foreign_claim_id_is_not_found(self):
        self.post(self.yours, 'a')
        [id] = self.post(self.mine, 'b')
        claim = self.claim(self.yours)
        self.claim(self.mine)
        self.assertRaises(exception.ClaimNotFound, self.claims.get, self.mine, claim.id)
        self.assertRaises(exception.ClaimNotFound, self.claims.renew, self.mine, claim.id, 900, 60)
        self.claims.release(self.mine, claim.id)
        self.assertRaises(exception.MessageClaimed, self.messages.delete, self.mine, id, claim.id)
        self.assertEqual(1, len(self.claims.get(self.yours, claim.id).messages))

    def test_queues_of_one_name_in_two_projects(self):
        mine = self.new_queue('same', project='me')
        yours = self.new_queue('same', project='you')
        self.post(mine, 'mine')
        self.post(yours, 'yours')
        self.assertEqual(['mine'], self.listed(mine))
        self.assertEqual(1, self.messages.stats(yours).total)
        self.store.streams.close(mine)
        self.store.queues.delete(mine)
        self.assertEqual(['yours'], self.listed(yours))
        self.assertIsNotNone(self.store.queues.get('you', 'same'))

    def test_nothing_of_others_is_popped_claimed_or_counted(self):
        self.post(self.yours, 'a')
        self.assertEqual([], self.messages.pop(self.mine, 10))
        self.assertIsNone(self.claim(self.mine))
        self.assertEqual(0, self.messages.stats(self.mine).total)
        self.store.streams.purge(self.mine)
        self.assertEqual(['a'], self.listed(self.yours))

    def test_an_altered_id_is_nobodys(self):
        [id] = self.post(self.mine, 'a')
        self.post(self.yours, 'b')
        for place in range(len(id)):
            for digit in '0123456789abcdef':
                other = id[:place] + digit + id[place + 1:]
                if other != id:
                    self.assertEqual([], self.messages.get(self.mine, [other]))
                    break

    def test_ids_do_not_tell_how_much_others_post(self):
        # If any part of the ids were a common counter, it would show the noise.
        def step(noise):
            [before] = self.post(self.mine, 'a')
            if noise:
                self.post(self.yours, *support.several(noise))
            [after] = self.post(self.mine, 'a')
            return [read(after) - read(before) for read in readers]

        readers = [
            lambda id, first=first, length=length: int(id[first:first + length], 16)
            for first in range(32) for length in range(4, 33 - first)]
        # Other drivers may write ids in other ways; these are ours, in hexadecimal.
        if not all(character in '0123456789abcdef' for character in self.post(self.mine, 'a')[0]):
            self.skipTest('ids are not hexadecimal')
        suspects = [
            [abs(abs(after - before) - noise) <= noise // 4 for before, after
             in zip(step(0), step(noise))]
            for noise in (101, 202, 150, 97)]
        self.assertNotIn((True,) * len(suspects), list(zip(*suspects)))
