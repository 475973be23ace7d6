"""Reserved attributes: what is valid, what is shown, what they do. v2 § 3.2; v1.1 § 3.2, § 4.1."""

from tests.api import base
from tests.api import wire

PATCH_TYPE = 'application/openstack-messaging-v2.0-json-patch'
NAME = 'x' * 64

VALID = {
    '_default_message_ttl': (60, 3600, 1209600, None),
    '_default_message_delay': (0, 1, 900, None),
    '_max_messages_post_size': (1, 1000, 262144, None),
    '_max_claim_count': (1, 10, None),
    '_dead_letter_queue': ('dead', 'a.b-c_d', NAME, None),
    '_dead_letter_queue_messages_ttl': (60, 1209600, None),
    '_enable_encrypt_messages': (False, None),
    '_flavor': ('fast', None),
    '_retry_policy': (
        {}, {'retries_with_no_delay': 1, 'minimum_delay_retries': 2, 'maximum_delay_retries': 3,
             'minimum_delay': 5, 'maximum_delay': 15, 'retry_backoff_function': 'linear',
             'ignore_subscription_override': True},
        {'retry_backoff_function': 'arithmetic'}, {'retry_backoff_function': 'geometric'},
        {'retry_backoff_function': 'exponential'}, {'minimum_delay': 20}, {'maximum_delay': 15},
        None),
    '_of_my_own': (1, 'x', [1], {}, None),
}
INVALID = {
    '_default_message_ttl': (59, 1209601, 0, -1, '60', 60.0, True, [], {}, 2 ** 63 - 1),
    '_default_message_delay': (-1, 901, '1', 1.0, False, []),
    '_max_messages_post_size': (0, -1, 262145, '1', 1.5, True),
    '_max_claim_count': (0, -1, '1', 1.0, True, []),
    '_dead_letter_queue': (1, '', 'a b', 'x' * 65, 'a\n', 'ä', [], {}, True),
    '_dead_letter_queue_messages_ttl': (59, 1209601, '60', True),
    '_enable_encrypt_messages': (0, 1, 'true', [], {}),
    # The last one: there is no such flavor.
    '_flavor': (1, [], {}, True, 'imaginary'),
    '_retry_policy': (
        1, 'x', [], {'retries_with_no_delay': 'x'}, {'minimum_delay': 1.5},
        {'maximum_delay_retries': True}, {'retry_backoff_function': 'random'},
        {'retry_backoff_function': 1}, {'ignore_subscription_override': 'yes'},
        {'minimum_delay': 21}, {'maximum_delay': 14}, {'minimum_delay': 5, 'maximum_delay': 14}),
}
STAND_INS = {'_max_messages_post_size': 262144, '_default_message_ttl': 3600,
             '_default_message_delay': 0, '_dead_letter_queue': None,
             '_dead_letter_queue_messages_ttl': None, '_max_claim_count': None,
             '_enable_encrypt_messages': False}


class TestValues(base.ApiTest):

    # SQLite alone: values are checked before the storage is asked.
    scenarios = base.scenarios(wire.V1_1, wire.V2, databases=False)

    def test_valid(self):
        self.make_pool(flavor='fast')
        for key, values in VALID.items():
            for number, value in enumerate(values):
                name = f'{key}{number}'
                self.assertStatus(201, self.api.put(f'/queues/{name}', {key: value}))
                shown = self.api.get(f'/queues/{name}').json
                stands_in = self.version is wire.V2 and key in STAND_INS and not value
                self.assertEqual(STAND_INS[key] if stands_in else value, shown[key])

    def test_invalid(self):
        for key, values in INVALID.items():
            for value in values:
                response = self.api.put('/queues/alarms', {'team': 'ops', key: value})
                self.assertError(400, 'Invalid API request', response)
                self.assertIn(key, response.json['description'])
        self.assertEqual([], self.api.get('/queues').json['queues'])

    def test_other_limits(self):
        app = self.serve({'transport.max_message_ttl': 100, 'transport.max_message_delay': 10,
                          'transport.max_messages_post_size': 1000})
        caller = self.caller(app=app)
        for key, most in (('_default_message_ttl', 100), ('_default_message_delay', 10),
                          ('_max_messages_post_size', 1000),
                          ('_dead_letter_queue_messages_ttl', 100)):
            self.assertStatus(201, caller.put(f'/queues/{key}', {key: most}))
            self.assertError(400, 'Invalid API request',
                             caller.put('/queues/x', {key: most + 1}))


class TestStandIns(base.ApiTest):
    """What v2 shows for attributes that are not set; never stored."""

    scenarios = base.scenarios(wire.V2, databases=False)

    def test_defaults_of_the_operator(self):
        self.api.create('alarms', _default_message_ttl=None, _default_message_delay=0)
        app = self.serve({'transport.default_message_ttl': 100,
                          'transport.default_message_delay': 7,
                          'transport.max_messages_post_size': 5000})
        changed = {**STAND_INS, '_default_message_ttl': 100, '_default_message_delay': 7,
                   '_max_messages_post_size': 5000}
        for name in ('alarms', 'absent'):
            self.assertEqual(STAND_INS, self.api.get(f'/queues/{name}').json)
            self.assertEqual(changed, self.caller(app=app).get(f'/queues/{name}').json)

    def test_not_stored(self):
        self.api.create('alarms', team='ops')
        self.assertEqual({'team': 'ops'},
                         self.caller(version=wire.V1_1).get('/queues/alarms').json)

    def test_what_is_set_is_shown(self):
        self.make_pool(flavor='fast')
        mine = {'_max_messages_post_size': 5, '_default_message_ttl': 61,
                '_default_message_delay': 1, '_dead_letter_queue': 'dead',
                '_dead_letter_queue_messages_ttl': 62, '_max_claim_count': 3,
                '_enable_encrypt_messages': False, '_flavor': 'fast', '_retry_policy': {}}
        self.api.create('alarms', **mine)
        self.assertEqual(mine, self.api.get('/queues/alarms').json)
        [entry] = self.api.get('/queues', detailed=True).json['queues']
        self.assertEqual(mine, entry['metadata'])


class TestEffects(base.ApiTest):
    """They are set through v2, and honoured in every version."""

    scenarios = base.scenarios(*wire.ALL)

    def setUp(self):
        super().setUp()
        self.owner = self.caller(version=wire.V2)

    def test_default_ttl(self):
        self.owner.create('alarms', _default_message_ttl=100)
        self.owner.create('builds')
        if self.version is wire.V1:  # where ttl must be given
            self.api.post('alarms', 'mine', ttl=500)
            self.assertEqual([500], [message['ttl'] for message in self.api.list('alarms')])
            return
        for queue, ttl in (('alarms', 100), ('builds', 3600), ('absent', 3600)):
            self.api.done(201, 'POST', f'/queues/{queue}/messages', {'messages': [
                {'body': 'default'}, {'body': 'own', 'ttl': 500}]})
            self.assertEqual([ttl, 500], [message['ttl'] for message in self.api.list(queue)])
        self.clock.advance(100)
        self.assertEqual(['own'], self.api.bodies('alarms'))

    def test_default_delay(self):
        self.owner.create('alarms', _default_message_delay=30)
        self.api.post('alarms', 'later')
        self.assertEqual([], self.api.list('alarms'))
        self.assertIsNone(self.api.claim('alarms'))
        self.clock.advance(29.9)
        self.assertEqual([], self.api.list('alarms'))
        self.clock.advance(0.1)
        self.assertEqual(['later'], self.api.bodies('alarms'))

    def test_post_size(self):
        self.owner.create('small', _max_messages_post_size=200)
        message = self.version.wrap([{'ttl': 60, 'body': 'x'}])
        for size, status in ((200, 201), (201, 400), (1000, 400)):
            body = wire.json.dumps(message).encode().ljust(size)
            response = self.api.request('POST', '/queues/small/messages', body=body)
            self.assertStatus(status, response)
            if status == 400:
                self.assertEqual('Invalid API request', response.json['title'])
        self.assertEqual(['x'], self.api.bodies('small'))

    def test_a_change_works_at_once(self):
        self.owner.create('alarms')
        self.api.post('alarms', 'one')
        self.owner.patch('/queues/alarms', [
            {'op': 'add', 'path': '/metadata/_max_messages_post_size', 'value': 1}],
            headers={'Content-Type': PATCH_TYPE})
        response = self.api.request('POST', '/queues/alarms/messages',
                                    self.version.wrap([{'ttl': 60, 'body': 'two'}]))
        self.assertError(400, 'Invalid API request', response)


class TestOperatorsDefaults(base.ApiTest):

    scenarios = base.scenarios(wire.V1_1, wire.V2, databases=False)
    options = {'transport.default_message_ttl': 120, 'transport.default_message_delay': 15,
               'transport.default_claim_ttl': 77, 'transport.default_claim_grace': 88}

    def test_messages(self):
        self.api.done(201, 'POST', '/queues/alarms/messages', {'messages': [{'body': 1}]})
        self.assertEqual([], self.api.list('alarms'))
        self.clock.advance(15)
        self.assertEqual([120], [message['ttl'] for message in self.api.list('alarms')])

    def test_claims(self):
        self.api.post('alarms', 1, ttl=60)
        self.clock.advance(15)
        response = self.api.done(201, 'POST', '/queues/alarms/claims')
        self.assertEqual(15 + 77 + 88, response.json['messages'][0]['ttl'])
        claim = self.api.get(response.headers['Location']).json
        self.assertEqual(77, claim['ttl'])
