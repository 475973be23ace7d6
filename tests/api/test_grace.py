"""How claims prolong the life of messages. v1 § 6.5; v1.1 § 5.5; v2 § 5.5."""

from tests.api import base
from tests.api import wire

CLAIMS = '/queues/alarms/claims'


class TestGrace(base.ApiTest):

    scenarios = base.scenarios(*wire.ALL)

    def setUp(self):
        super().setUp()
        self.api.create('alarms')

    def ttls(self):
        return [message['ttl'] for message in self.api.list('alarms', include_claimed=True)]

    def test_the_example(self):
        """Claimed for 100 s and 60 s of grace: 60 s left become 160, 140 as well, 400 stay."""
        for ttl in (60, 140, 400):
            self.api.post('alarms', ttl, ttl=ttl)
        claim = self.api.claim('alarms', ttl=100, grace=60)
        self.assertEqual([160, 160, 400], [message['ttl'] for message in claim.messages])
        self.assertEqual([160, 160, 400], self.ttls())
        self.clock.advance(159.9)
        self.assertEqual([60, 140, 400], self.api.bodies('alarms'))
        self.clock.advance(0.1)
        self.assertEqual([400], self.api.bodies('alarms'))

    def test_exactly_as_long(self):
        for ttl in (159, 160, 161):
            self.api.post('alarms', ttl, ttl=ttl)
        self.api.claim('alarms', ttl=100, grace=60)
        self.assertEqual([160, 160, 161], self.ttls())

    def test_ttl_less_age_is_the_rest_of_its_life(self):
        self.api.post('alarms', 'one', ttl=300)
        self.clock.advance(250)
        [message] = self.api.claim('alarms', ttl=100, grace=60).messages
        self.assertEqual((410, 250), (message['ttl'], message['age']))
        [message] = self.api.list('alarms', include_claimed=True)
        self.assertEqual((410, 250), (message['ttl'], message['age']))
        self.clock.advance(159.9)
        self.assertEqual(['one'], self.api.bodies('alarms'))
        self.clock.advance(0.1)
        self.assertEqual([], self.api.bodies('alarms'))

    def test_a_message_outlives_its_claim_by_the_grace(self):
        [id] = self.api.post('alarms', 'one', ttl=60)
        self.api.claim('alarms', ttl=100, grace=60)
        self.clock.advance(100)
        claim = self.api.claim('alarms', ttl=60, grace=60)
        self.assertEqual(['one'], claim.bodies)
        self.assertEqual(100 + 60 + 60, self.api.show('alarms', id)['ttl'])

    def test_never_shortened(self):
        self.api.post('alarms', 'one', ttl=1000)
        claim = self.api.claim('alarms', ttl=60, grace=60)
        self.assertEqual([1000], self.ttls())
        self.api.patch(f'{CLAIMS}/{claim.id}', {'ttl': 60, 'grace': 60})
        self.assertEqual([1000], self.ttls())

    def test_renewal_prolongs_too(self):
        for ttl in (60, 400):
            self.api.post('alarms', ttl, ttl=ttl)
        claim = self.api.claim('alarms', ttl=100, grace=60)
        self.clock.advance(90)
        self.assertStatus(204, self.api.patch(f'{CLAIMS}/{claim.id}', {'ttl': 200, 'grace': 100}))
        self.assertEqual([90 + 300, 400], self.ttls())
        shown = self.api.show_claim('alarms', claim.id)['messages']
        self.assertEqual([(390, 90), (400, 90)],
                         [(message['ttl'], message['age']) for message in shown])

    def test_a_shorter_renewal_takes_nothing_away(self):
        self.api.post('alarms', 'one', ttl=60)
        claim = self.api.claim('alarms', ttl=1000, grace=60)
        self.api.patch(f'{CLAIMS}/{claim.id}', {'ttl': 60, 'grace': 60})
        self.assertEqual([1060], self.ttls())

    def test_release_takes_nothing_away(self):
        self.api.post('alarms', 'one', ttl=60)
        claim = self.api.claim('alarms', ttl=100, grace=60)
        self.api.delete(f'{CLAIMS}/{claim.id}')
        self.assertEqual([160], self.ttls())

    def test_others_are_left_alone(self):
        self.api.post('alarms', 'one', 'two', ttl=60)
        self.api.claim('alarms', ttl=100, grace=60, limit=1)
        self.assertEqual([160, 60], self.ttls())

    def test_without_grace(self):
        """v1 prolongs to the claim's end then; later versions have a default of 60."""
        self.api.post('alarms', 'one', ttl=60)
        claim = self.api.claim('alarms', ttl=60, grace=60)
        self.api.patch(f'{CLAIMS}/{claim.id}', {'ttl': 100})
        self.assertEqual([120 if self.version is wire.V1 else 160], self.ttls())
        self.api.patch(f'{CLAIMS}/{claim.id}', {'ttl': 300})
        self.assertEqual([300 if self.version is wire.V1 else 360], self.ttls())
        self.clock.advance(299.9)
        self.assertEqual(1, len(self.api.show_claim('alarms', claim.id)['messages']))


class TestDefaults(base.ApiTest):

    scenarios = base.scenarios(wire.V1_1, wire.V2)

    def test_300_and_60(self):
        self.api.post('alarms', 'one', ttl=60)
        for document in ([], [{}], [{'ttl': None, 'grace': None}]):
            response = self.api.request('POST', CLAIMS, *document)
            self.assertEqual([360], [message['ttl'] for message in response.json['messages']])
            self.api.delete(response.headers['Location'])
