"""Listing messages. v1 § 5.2; v1.1 § 4, § 4.2; v2 § 4.1, § 4.3."""

from tests.api import base
from tests.api import wire

PATH = '/queues/alarms/messages'


class TestList(base.ApiTest):

    scenarios = base.scenarios(*wire.ALL)

    def setUp(self):
        super().setUp()
        self.api.create('alarms')

    def assertNothing(self, response):
        self.assertStatus(self.version.nothing, response)
        if response.status_int == 200:
            self.assertEqual({'messages': [], 'links': []}, response.json)

    def next(self, response):
        [link] = response.json['links']
        self.assertEqual({'rel', 'href'}, set(link))
        self.assertEqual('next', link['rel'])
        path, _, query = link['href'].partition('?')
        self.assertEqual(self.version.prefix + PATH, path)
        return link['href'], query.split('&')

    def test_nothing(self):
        for query in ({}, {'echo': True}, {'include_claimed': True}, {'limit': 20}):
            self.assertNothing(self.api.get(PATH, **query))

    def test_no_such_queue(self):
        self.assertNothing(self.api.get('/queues/absent/messages', echo=True))
        self.assertNothing(self.api.get('/queues/absent/messages', marker='x'))

    def test_a_message(self):
        [id] = self.api.post('alarms', {'disk': 'full'}, ttl=900)
        self.clock.advance(37)
        response = self.api.get(PATH, echo=True)
        self.assertStatus(200, response)
        self.assertEqual({'messages', 'links'}, set(response.json))
        expected = {'href': f'{self.version.prefix}{PATH}/{id}', 'ttl': 900, 'age': 37,
                    'body': {'disk': 'full'}}
        if self.version is not wire.V1:
            expected['id'] = id
        self.assertEqual([expected], response.json['messages'])

    def test_content_location(self):
        path = self.version.prefix + PATH + '?echo=true&limit=5'
        self.assertContentLocation(path, self.api.get(path))
        self.api.post('alarms', 'one')
        self.assertContentLocation(path, self.api.get(path))

    def test_oldest_first_in_pages(self):
        self.api.post('alarms', *range(25))
        response = self.api.get(PATH, echo=True, limit=10)
        pages = []
        while response.status_int == 200 and response.json['messages']:
            pages.append([message['body'] for message in response.json['messages']])
            response = self.api.get(self.next(response)[0])
        self.assertNothing(response)
        self.assertEqual([list(range(10)), list(range(10, 20)), list(range(20, 25))], pages)

    def test_the_default_page(self):
        self.api.post('alarms', *range(21))
        for query, number in (({}, 10), ({'limit': 1}, 1), ({'limit': 20}, 20),
                              ({'limit': ''}, 10)):
            self.assertEqual(number, len(self.api.list('alarms', **query)))

    def test_the_next_link_keeps_what_was_asked(self):
        [id] = self.api.post('alarms', 'one')
        response = self.api.get(PATH, limit=5, echo='True', include_claimed='0')
        _, query = self.next(response)
        self.assertEqual({'limit=5', 'echo=true', 'include_claimed=false'},
                         {pair for pair in query if not pair.startswith('marker=')})
        self.assertEqual(4, len(query))

    def test_the_next_link_adds_only_the_marker(self):
        self.caller().post('alarms', 'one')
        _, [marker] = self.next(self.api.get(PATH))
        self.assertTrue(marker.startswith('marker='))

    def test_the_last_page_has_a_next_link_that_finds_what_comes_later(self):
        self.api.post('alarms', 'one')
        href, _ = self.next(self.api.get(PATH, echo=True))
        self.assertNothing(self.api.get(href))
        self.api.post('alarms', 'two')
        response = self.api.get(href)
        self.assertEqual(['two'], [message['body'] for message in response.json['messages']])

    def test_a_message_id_is_a_marker(self):
        """openstacksdk pages with the id of the last message."""
        ids = self.api.post('alarms', *range(5))
        for number, id in enumerate(ids):
            self.assertEqual(list(range(5))[number + 1:], self.api.bodies('alarms', marker=id))

    def test_markers_outlive_their_message(self):
        ids = self.api.post('alarms', *range(5))
        self.api.delete(f'{PATH}/{ids[1]}')
        self.assertEqual([2, 3, 4], self.api.bodies('alarms', marker=ids[1]))
        self.api.delete(PATH, ids=ids)
        self.assertEqual([], self.api.bodies('alarms', marker=ids[1]))
        self.api.post('alarms', 'new')
        for id in ids:
            self.assertEqual(['new'], self.api.bodies('alarms', marker=id))

    def test_markers_outlive_an_expired_message(self):
        [old] = self.api.post('alarms', 'old', ttl=60)
        self.api.post('alarms', 'young')
        self.clock.advance(60)
        self.assertEqual(['young'], self.api.bodies('alarms', marker=old))

    def test_malformed_markers(self):
        self.api.post('alarms', 'one')
        for marker in ('x', '-1', '0' * 500, 'ж', '../..', "' OR 1=1", '1e9', '0x1', ' ', '%00',
                       '99999999999999999999999999'):
            self.assertNothing(self.api.get(PATH, echo=True, marker=marker))

    def test_an_empty_marker_is_none(self):
        self.api.post('alarms', 'one')
        self.assertEqual(['one'], self.api.bodies('alarms', marker=''))

    def test_expired_messages_are_gone_at_their_second(self):
        [id] = self.api.post('alarms', 'short', ttl=60)
        self.api.post('alarms', 'long', ttl=61)
        self.clock.advance(59.999)
        self.assertEqual(['short', 'long'], self.api.bodies('alarms'))
        self.assertEqual(59, self.api.show('alarms', id)['age'])
        self.clock.advance(0.001)
        self.assertEqual(['long'], self.api.bodies('alarms'))
        self.assertError(404, 'Not found', self.api.get(f'{PATH}/{id}'))
        self.assertStatus(self.version.ids_not_found, self.api.get(PATH, ids=id))
        self.assertEqual(['long'], self.api.claim('alarms').bodies)

    def test_many_messages_of_ones_own_do_not_hide_the_others(self):
        """In the reference a page of own messages came back empty."""
        other = self.caller()
        self.api.post('alarms', *range(50))
        other.post('alarms', 'theirs')
        self.api.post('alarms', *range(50))
        other.post('alarms', 'theirs too')
        self.assertEqual(['theirs', 'theirs too'], self.api.bodies('alarms', echo=False))
        self.assertEqual(['theirs', 'theirs too'],
                         list(self.api.walk('alarms', echo=False, limit=1)))


class TestEcho(base.ApiTest):

    scenarios = base.scenarios(*wire.ALL)

    def setUp(self):
        super().setUp()
        self.api.create('alarms')
        self.api.post('alarms', 'mine')

    def test_ones_own_are_not_echoed(self):
        other = self.caller()
        other.post('alarms', 'theirs')
        self.assertEqual(['theirs'], self.api.bodies('alarms', echo=False))
        self.assertEqual(['theirs'], self.api.bodies('alarms', echo=''))
        self.assertEqual(['mine', 'theirs'], self.api.bodies('alarms', echo=True))
        self.assertEqual(['mine'], other.bodies('alarms', echo=False))

    def test_booleans(self):
        for word in ('true', 'True', 't', 'yes', 'y', '1', 'on'):
            self.assertEqual(['mine'], self.api.bodies('alarms', echo=word), word)
        for word in ('false', 'False', 'f', 'no', 'n', '0', 'off'):
            self.assertEqual([], self.api.bodies('alarms', echo=word), word)

    def test_one_client_in_many_spellings(self):
        id = self.api.client_id
        for spelling in (id.upper(), id.replace('-', ''), id.replace('-', '').upper(),
                         '{%s}' % id, f'urn:uuid:{id}', 'URN:UUID:%s' % id.upper(),
                         '{%s}' % id.replace('-', '')):
            me = self.caller(client_id=spelling)
            self.assertEqual([], me.bodies('alarms', echo=False), spelling)
            me.post('alarms', 'more')
            self.assertEqual([], self.api.bodies('alarms', echo=False), spelling)

    def test_echo_does_not_matter_to_claims(self):
        self.assertEqual(['mine'], self.api.claim('alarms').bodies)

    def test_versions_know_the_same_clients(self):
        for version in wire.ALL:
            me = self.caller(version=version, client_id=self.api.client_id)
            self.assertEqual([], me.bodies('alarms', echo=False))
            self.assertEqual(['mine'], self.caller(version=version).bodies('alarms', echo=False))


class TestClaimed(base.ApiTest):

    scenarios = base.scenarios(*wire.ALL)

    def test_claimed_messages_are_listed_on_demand(self):
        self.api.create('alarms')
        self.api.post('alarms', 'one', 'two', 'three')
        claim = self.api.claim('alarms', ttl=60, limit=2)
        self.assertEqual(['three'], self.api.bodies('alarms'))
        self.assertEqual(['three'], self.api.bodies('alarms', include_claimed=''))
        self.assertEqual(['one', 'two', 'three'], self.api.bodies('alarms', include_claimed='True'))
        self.assertEqual(['one', 'two', 'three'],
                         list(self.api.walk('alarms', include_claimed=True, limit=1)))
        self.assertEqual(['three'], list(self.api.walk('alarms', limit=1)))

        [one, _, three] = self.api.list('alarms', include_claimed=True)
        suffix = '' if self.version is wire.V1 else f'?claim_id={claim.id}'
        self.assertTrue(one['href'].endswith(f'{PATH}/{claim.ids[0]}{suffix}'), one)
        self.assertNotIn('claim_id', three['href'])
        self.assertEqual(self.version.message_keys, set(one))
        self.clock.advance(60)
        self.assertEqual(['one', 'two', 'three'], self.api.bodies('alarms'))
        self.assertNotIn('claim_id', self.api.list('alarms')[0]['href'])


class TestDelay(base.ApiTest):
    """v2 § 4.2, § 4.3. Messages that are not there yet."""

    scenarios = base.scenarios(wire.V2)

    def test_not_before_its_time(self):
        self.api.post('alarms', 'later', delay=30)
        [now] = self.api.post('alarms', 'now')
        self.assertEqual(['now'], self.api.bodies('alarms'))
        self.assertEqual(['later', 'now'], self.api.bodies('alarms', include_delayed=True))
        self.assertEqual(['now'], self.api.bodies('alarms', include_delayed=''))
        self.assertEqual(['now'], self.api.claim('alarms').bodies)
        self.assertIsNone(self.api.claim('alarms'))
        self.assertEqual([], self.api.pop('alarms', 5))
        self.clock.advance(29.999)
        self.assertEqual([], self.api.bodies('alarms'))
        self.clock.advance(0.001)
        # At the place in the order where it was posted.
        self.assertEqual(['later'], self.api.bodies('alarms'))
        self.assertEqual(['later', 'now'], self.api.bodies('alarms', include_claimed=True))
        self.assertEqual(['later'], self.api.claim('alarms').bodies)

    def test_age_and_ttl_run_from_posting(self):
        self.api.post('alarms', 'later', ttl=100, delay=40)
        self.clock.advance(40)
        [message] = self.api.list('alarms')
        self.assertEqual((100, 40), (message['ttl'], message['age']))
        self.clock.advance(60)
        self.assertEqual([], self.api.list('alarms', include_delayed=True))

    def test_ids_show_it_nevertheless(self):
        [id] = self.api.post('alarms', 'later', delay=30)
        self.assertEqual('later', self.api.show('alarms', id)['body'])
        self.assertEqual(['later'], [message['body'] for message in self.api.get(
            PATH, ids=id).json['messages']])
        self.assertStatus(204, self.api.delete(f'{PATH}/{id}'))
        self.assertStatus(404, self.api.get(f'{PATH}/{id}'))

    def test_its_own_delay_goes_before_the_queues(self):
        self.api.create('alarms', _default_message_delay=100)
        self.api.post('alarms', 'at once', delay=0)
        self.api.post('alarms', 'soon', delay=10)
        self.api.post('alarms', 'late')
        for seconds, bodies in ((0, ['at once']), (10, ['at once', 'soon']),
                                (90, ['at once', 'soon', 'late'])):
            self.clock.advance(seconds)
            self.assertEqual(bodies, self.api.bodies('alarms'))

    def test_longer_than_it_lives(self):
        self.api.post('alarms', 'never', ttl=60, delay=100)
        self.clock.advance(100)
        self.assertEqual([], self.api.list('alarms', include_delayed=True))

    def test_the_next_link_keeps_it(self):
        self.api.post('alarms', 'later', delay=30)
        [link] = self.api.get(PATH, echo=True, include_delayed=True).json['links']
        self.assertIn('include_delayed=true', link['href'].partition('?')[2].split('&'))

    def test_range(self):
        for delay in (0, 900):
            self.api.post('alarms', delay, delay=delay)
        for delay, title in ((-1, 'Invalid API request'), (901, 'Invalid API request'),
                             ('1', 'Invalid request body'), (1.0, 'Invalid request body'),
                             (None, 'Invalid request body'), (True, 'Invalid request body'),
                             ([], 'Invalid request body')):
            self.assertError(400, title, self.api.request('POST', PATH, {
                'messages': [{'body': 1, 'delay': delay}]}))

    def test_the_option(self):
        caller = self.caller(app=self.serve({'transport.max_message_delay': 10}))
        for delay, status in ((10, 201), (11, 400)):
            self.assertStatus(status, caller.request('POST', PATH, {
                'messages': [{'body': 1, 'delay': delay}]}))


class TestDelayInEarlierVersions(base.ApiTest):
    """v1.1 § 4.1, § 4.2: they cannot ask for it, and do not see what v2 delayed."""

    scenarios = base.scenarios(wire.V1, wire.V1_1)

    def test_hidden(self):
        v2 = self.caller(version=wire.V2)
        v2.create('alarms')
        v2.post('alarms', 'later', delay=30)
        for query in ({}, {'include_delayed': True}):
            self.assertEqual([], self.api.list('alarms', **query))
        self.assertIsNone(self.api.claim('alarms'))
        self.clock.advance(30)
        self.assertEqual(['later'], self.api.bodies('alarms'))

    def test_not_theirs_to_ask_for(self):
        self.api.create('alarms')
        for delay in (30, 'x', None, -1):
            self.api.post('alarms', delay, delay=delay)
        self.assertEqual([30, 'x', None, -1], self.api.bodies('alarms'))
