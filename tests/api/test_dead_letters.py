"""Messages that are claimed too often go to another queue. v2 § 5.6."""

from tests.api import base
from tests.api import wire


class TestDeadLetters(base.ApiTest):

    scenarios = base.scenarios(wire.V2)

    def setUp(self):
        super().setUp()
        self.jobs(_max_claim_count=2, _dead_letter_queue='dead')

    def jobs(self, queue='jobs', **metadata):
        self.api.create(queue, **metadata)

    def claim(self, times=1, queue='jobs', **kwargs):
        """Claim and release; the bodies that the last claim got."""
        for _ in range(times):
            claim = self.api.claim(queue, **kwargs)
            if claim:
                self.api.delete(claim.location)
        return claim and claim.bodies

    def test_after_the_last_claim(self):
        self.api.post('jobs', 'one')
        self.assertEqual(['one'], self.claim())
        self.assertEqual(['one'], self.claim())
        self.assertIsNone(self.claim())
        self.assertEqual([], self.api.bodies('jobs', include_claimed=True))
        self.assertEqual(['one'], self.api.bodies('dead'))

    def test_with_a_maximum_of_one(self):
        self.jobs('once', _max_claim_count=1, _dead_letter_queue='dead')
        self.api.post('once', 'one')
        self.assertEqual(['one'], self.claim(queue='once'))
        self.assertIsNone(self.claim(queue='once'))
        self.assertEqual(['one'], self.api.bodies('dead'))

    def test_the_answer_when_all_are_dead(self):
        self.api.post('jobs', 'one', 'two')
        self.claim(2)
        response = self.api.request('POST', '/queues/jobs/claims', {'ttl': 60, 'grace': 60})
        self.assertStatus(204, response)
        self.assertNotIn('Location', response.headers)

    def test_the_living_are_claimed_past_the_dead(self):
        self.api.post('jobs', 'old')
        self.claim(2)
        self.api.post('jobs', 'new')
        self.assertEqual(['new'], self.claim())
        self.assertEqual(['old'], self.api.bodies('dead'))

    def test_many_of_the_dead_do_not_hide_the_living(self):
        self.api.post('jobs', *range(20))
        self.claim(2, limit=20)
        self.api.post('jobs', 'alive')
        got = []
        for _ in range(25):  # however many a claim deals with, the living come in the end
            claim = self.api.claim('jobs', limit=1)
            got += claim.bodies if claim else []
        self.assertEqual(['alive'], got)
        self.assertEqual(list(range(20)), list(self.api.walk('dead', limit=20)))

    def test_the_queue_is_made_when_needed(self):
        self.api.post('jobs', 'one')
        self.claim(2)
        self.claim()
        names = [queue['name'] for queue in self.api.get('/queues').json['queues']]
        self.assertEqual(['dead', 'jobs'], names)

    def test_a_queue_that_was_there_stays_as_it_is(self):
        self.jobs('dead', team='ops')
        self.api.post('dead', 'first')
        self.api.post('jobs', 'one')
        self.claim(3)
        self.assertEqual('ops', self.api.get('/queues/dead').json['team'])
        self.assertEqual(['first', 'one'], self.api.bodies('dead'))

    def test_how_it_arrives(self):
        """Unclaimed, counted from nothing, with its id."""
        [id] = self.api.post('jobs', {'job': 7})
        self.claim(3)
        message = self.api.show('dead', id)
        self.assertEqual((id, {'job': 7}), (message['id'], message['body']))
        self.assertEqual(f'/v2/queues/dead/messages/{id}', message['href'])
        self.assertError(404, 'Not found', self.api.get(f'/queues/jobs/messages/{id}'))
        self.assertEqual((1, 0, 1), self.api.counts('dead'))
        self.assertEqual((0, 0, 0), self.api.counts('jobs'))
        [popped] = self.api.pop('dead', 1)
        self.assertEqual((id, 0), (popped['id'], popped['claim_count']))

    def test_its_id_works_there(self):
        one, two = self.api.post('jobs', 'one', 'two')
        self.claim(3)
        [three] = self.api.post('dead', 'three')
        self.assertEqual(['one', 'two', 'three'], self.api.bodies('dead'))
        self.assertEqual(['two', 'three'], self.api.bodies('dead', marker=one))
        self.assertEqual(['three'], self.api.bodies('dead', marker=two))
        self.assertEqual(['one', 'two', 'three'], list(self.api.walk('dead', limit=1)))
        self.assertStatus(204, self.api.delete(f'/queues/dead/messages/{one}'))
        self.assertEqual(['two', 'three'], self.api.bodies('dead'))
        # A marker outlives its message here too.
        self.assertEqual(['two', 'three'], self.api.bodies('dead', marker=one))
        claim = self.api.claim('dead')
        self.assertEqual([two, three], claim.ids)
        self.assertStatus(204, self.api.delete(claim.messages[0]['href']))
        self.api.delete('/queues/dead/messages', ids=[two, three])
        self.assertEqual([], self.api.list('dead', include_claimed=True))

    def test_its_old_marker_still_works_where_it_came_from(self):
        [one] = self.api.post('jobs', 'one')
        self.claim(3)
        self.api.post('jobs', 'two')
        self.assertEqual(['two'], self.api.bodies('jobs', marker=one))

    def test_claimed_there_at_once(self):
        [id] = self.api.post('jobs', 'one')
        self.claim(3)
        self.assertEqual([id], self.api.claim('dead').ids)

    def test_its_life_goes_on(self):
        self.api.post('jobs', 'one', ttl=500)
        self.clock.advance(100)
        self.claim(3, ttl=60)
        [message] = self.api.list('dead')
        self.assertEqual(500, message['ttl'])
        self.clock.advance(499 - message['age'])
        self.assertEqual(['one'], self.api.bodies('dead'))
        self.clock.advance(1)
        self.assertEqual([], self.api.bodies('dead'))

    def test_a_ttl_of_the_dead(self):
        self.jobs('work', _max_claim_count=1, _dead_letter_queue='dead',
                  _dead_letter_queue_messages_ttl=1000)
        self.api.post('work', 'one', ttl=500)
        self.claim(queue='work')
        self.clock.advance(100)
        self.claim(queue='work')
        self.clock.advance(999)
        self.assertEqual(['one'], self.api.bodies('dead'))
        self.clock.advance(1)
        self.assertEqual([], self.api.bodies('dead'))

    def test_a_shorter_ttl_of_the_dead(self):
        self.jobs('work', _max_claim_count=1, _dead_letter_queue='dead',
                  _dead_letter_queue_messages_ttl=60)
        self.api.post('work', 'one', ttl=5000)
        self.claim(2, queue='work')
        self.clock.advance(59.9)
        self.assertEqual(['one'], self.api.bodies('dead'))
        self.clock.advance(0.1)
        self.assertEqual([], self.api.bodies('dead'))

    def test_expired_claims_count(self):
        self.api.post('jobs', 'one')
        for _ in range(2):
            self.assertEqual(['one'], self.api.claim('jobs', ttl=60).bodies)
            self.clock.advance(60)
        self.assertIsNone(self.api.claim('jobs'))
        self.assertEqual(['one'], self.api.bodies('dead'))

    def test_renewals_do_not_count(self):
        self.api.post('jobs', 'one')
        claim = self.api.claim('jobs')
        for _ in range(5):
            self.api.done(204, 'PATCH', claim.location, {'ttl': 60})
        self.api.delete(claim.location)
        self.assertEqual(['one'], self.claim())

    def test_pops_take_what_is_due_to_die(self):
        self.api.post('jobs', 'one')
        self.claim(2)
        self.assertEqual(['one'], [message['body'] for message in self.api.pop('jobs', 1)])

    def test_both_attributes_are_needed(self):
        self.jobs('a', _max_claim_count=1)
        self.jobs('b', _dead_letter_queue='dead')
        for queue in ('a', 'b'):
            self.api.post(queue, 'one')
            self.assertEqual(['one'], self.claim(5, queue=queue))

    def test_the_dead_of_the_dead(self):
        self.jobs('dead', _max_claim_count=1, _dead_letter_queue='deader')
        [id] = self.api.post('jobs', 'one')
        self.claim(3)
        self.claim(2, queue='dead')
        self.assertEqual([id], [message['id'] for message in self.api.list('deader')])

    def test_into_itself(self):
        """A queue may be its own grave: the message starts again at the end."""
        self.jobs('ring', _max_claim_count=1, _dead_letter_queue='ring')
        [id] = self.api.post('ring', 'one')
        self.claim(2, queue='ring')
        self.assertEqual([id], [message['id'] for message in self.api.list('ring')])
        self.assertEqual(['one'], self.claim(queue='ring'))

    def test_of_every_version(self):
        for version in wire.ALL:
            caller = self.caller(version=version)
            caller.post('jobs', version.name)
            for number in range(3):
                claim = caller.claim('jobs')
                self.assertEqual(number < 2, claim is not None)
                if claim:
                    caller.done(204, 'DELETE', claim.location)
        self.assertEqual(['v1', 'v1.1', 'v2'], self.api.bodies('dead'))

    def test_in_ones_own_project(self):
        other = self.caller(project='another')
        other.create('dead')
        self.api.post('jobs', 'one')
        self.claim(3)
        self.assertEqual([], other.list('dead'))

    def test_other_messages_keep_their_claims(self):
        self.api.post('jobs', 'one', 'two')
        self.claim(2, limit=1)
        claim = self.api.claim('jobs')
        self.assertEqual(['two'], claim.bodies)
        self.assertEqual(['one'], self.api.bodies('dead'))
        shown = self.api.get(claim.location).json
        self.assertEqual(['two'], [message['body'] for message in shown['messages']])
