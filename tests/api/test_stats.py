"""Numbers of messages. v1 § 4.6; v1.1 § 3.6; v2 § 3.7."""

import datetime

from tests.api import base
from tests.api import wire


class TestStats(base.ApiTest):

    scenarios = base.scenarios(*wire.ALL)

    def setUp(self):
        super().setUp()
        self.api.create('alarms')

    def test_empty(self):
        response = self.api.get('/queues/alarms/stats')
        self.assertStatus(200, response)
        self.assertEqual({'messages': {'claimed': 0, 'free': 0, 'total': 0}}, response.json)
        self.assertContentLocation(self.version.prefix + '/queues/alarms/stats', response)

    def test_no_such_queue(self):
        response = self.api.get('/queues/absent/stats')
        if self.version is wire.V1:
            self.assertError(404, 'Not found', response)
        else:
            self.assertEqual({'messages': {'claimed': 0, 'free': 0, 'total': 0}}, response.json)

    def test_free_and_claimed(self):
        self.api.post('alarms', *range(12))
        claim = self.api.claim('alarms', limit=3)
        self.assertEqual((9, 3, 12), self.api.counts('alarms'))
        self.api.done(204, 'DELETE', f'/queues/alarms/messages/{claim.ids[0]}', claim_id=claim.id)
        self.assertEqual((9, 2, 11), self.api.counts('alarms'))
        self.api.done(204, 'DELETE', f'/queues/alarms/claims/{claim.id}')
        self.assertEqual((11, 0, 11), self.api.counts('alarms'))

    def test_an_expired_claim_frees(self):
        self.api.post('alarms', 'one', 'two')
        self.api.claim('alarms', ttl=60, limit=1)
        self.clock.advance(59.9)
        self.assertEqual((1, 1, 2), self.api.counts('alarms'))
        self.clock.advance(0.1)
        self.assertEqual((2, 0, 2), self.api.counts('alarms'))

    def test_expired_messages_do_not_count(self):
        self.api.post('alarms', 'short', ttl=60)
        self.api.post('alarms', 'long', ttl=120)
        self.clock.advance(60)
        self.assertEqual((1, 0, 1), self.api.counts('alarms'))
        self.clock.advance(60)
        self.assertEqual({'claimed': 0, 'free': 0, 'total': 0}, self.api.stats('alarms'))

    def test_oldest_and_newest(self):
        [first] = self.api.post('alarms', 'first')
        posted = self.clock.now
        self.clock.advance(4108)
        self.api.done(201, 'POST', '/queues/alarms/messages',
                      self.version.wrap([{'body': 'x', 'ttl': 5000}]))
        [last] = self.api.post('alarms', 'last')
        self.clock.advance(2)
        # 4110 seconds: beyond the first one's ttl, so only the newer ones are left.
        stats = self.api.stats('alarms')
        self.assertEqual(2, stats['total'])
        self.assertEqual(last, wire.message_id(stats['newest']['href']))
        self.assertNotEqual(first, wire.message_id(stats['oldest']['href']))
        self.assertEqual((2, 2), (stats['oldest']['age'], stats['newest']['age']))
        created = datetime.datetime.fromtimestamp(posted // 1000 + 4108, datetime.UTC)
        self.assertEqual(created.strftime('%Y-%m-%dT%H:%M:%SZ'), stats['newest']['created'])

    def test_what_they_show(self):
        [id] = self.api.post('alarms', 'one')
        created = datetime.datetime.fromtimestamp(self.clock.now // 1000, datetime.UTC)
        self.clock.advance(37)
        stats = self.api.stats('alarms')
        expected = {'href': f'{self.version.prefix}/queues/alarms/messages/{id}', 'age': 37,
                    'created': created.strftime('%Y-%m-%dT%H:%M:%SZ')}
        self.assertEqual((expected, expected), (stats['oldest'], stats['newest']))

    def test_oldest_and_newest_may_be_claimed(self):
        ids = self.api.post('alarms', 'one', 'two', 'three')
        self.api.claim('alarms')
        stats = self.api.stats('alarms')
        self.assertEqual([ids[0], ids[-1]], [wire.message_id(stats[which]['href'])
                                             for which in ('oldest', 'newest')])
        self.assertEqual((0, 3, 3), self.api.counts('alarms'))


class TestDelayed(base.ApiTest):

    scenarios = base.scenarios(wire.V2)

    def test_delayed_messages_count_as_free(self):
        self.api.post('alarms', 'now')
        self.api.post('alarms', 'later', delay=100)
        self.assertEqual((2, 0, 2), self.api.counts('alarms'))
        self.assertEqual({'claimed', 'free', 'total', 'oldest', 'newest'},
                         set(self.api.stats('alarms')))
