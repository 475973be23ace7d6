"""What a service of one release left is there for the other one: over HTTP, by real processes."""

from tests.upgrade import base

#: Seconds that the delayed message is delayed.
DELAY = 5
#: The least that a message may live, in seconds.
SHORT = 60
QUEUE = {'_dead_letter_queue': 'graves', '_max_claim_count': 1, 'colour': 'red'}


class TestService(base.UpgradeTest):

    def check(self, fills, schema, goes_on):
        """One release fills a database, another one goes on with it, on a given schema."""
        database = self.database(base.OLD)
        first = self.serve(fills, database)
        call = self.caller(first)
        left = self.fill(call)
        if schema is base.NEW:
            self.upgrade(database)
        found = self.schema(database)
        first.stop()
        second = self.serve(goes_on, database)
        janitor = self.janitor(goes_on, database)
        call = self.caller(second)
        self.check_what_is_there(call, left)
        self.use(call)
        self.check_sweeps(call, janitor, left)
        self.assertEqual(found, self.schema(database))
        for log in (second.log(), janitor.log()):
            self.assertNotIn('Traceback', log)

    def test_new_code_on_the_old_schema(self):
        self.check(base.OLD, base.OLD, base.NEW)

    def test_new_code_on_the_new_schema(self):
        self.check(base.OLD, base.NEW, base.NEW)

    def test_old_code_on_the_new_schema(self):
        self.check(base.NEW, base.NEW, base.OLD)

    def fill(self, call):
        """Leave something of every kind; return what is to be found."""
        for name, metadata in (('graves', {}), ('queue', QUEUE), ('gone', {})):
            self.assertStatus(201, call('PUT', f'/v2/queues/{name}', metadata))
        self.assertStatus(201, call('POST', '/v2/queues/gone/messages',
                                    {'messages': [{'body': 1}] * 20}))
        self.assertStatus(204, call('DELETE', '/v2/queues/gone'))
        self.assertStatus(201, call.post('dead'))
        self.release(call)
        self.assertStatus(201, call.post('held', 'free'))
        # The second claim is one too many for the first message.
        held = call.claim({'ttl': 3600, 'grace': 60}, limit=1)
        self.assertStatus(201, held)
        self.assertStatus(201, call.post('late', delay=DELAY))
        return {'dead': self.dead(call), 'claim': held.headers['Location'],
                'held': held.json['messages'][0]['id'], 'all': call.everything()}

    def release(self, call):
        claim = call.claim(limit=1)
        self.assertStatus(201, claim)
        self.assertStatus(204, call('DELETE', claim.headers['Location']))

    def dead(self, call):
        answer = call('GET', '/v2/queues/graves/messages', echo='true')
        self.assertStatus(200, answer)
        return [message['id'] for message in answer.json['messages']]

    def check_what_is_there(self, call, left):
        queues = call('GET', '/v2/queues', detailed='true').json['queues']
        self.assertEqual(['graves', 'queue'], [queue['name'] for queue in queues])
        self.assertEqual('red', call('GET', '/v2/queues/queue').json['colour'])
        self.assertEqual([message['id'] for message in left['all']],
                         [message['id'] for message in call.everything()][:len(left['all'])])
        self.assertEqual((left['dead'], 1), (self.dead(call), len(left['dead'])))
        claim = call('GET', left['claim'])
        self.assertEqual([left['held']], [it['id'] for it in claim.json['messages']])
        self.assertStatus(204, call('PATCH', left['claim'], {'ttl': 600, 'grace': 60}))
        self.assertStatus(204, call('DELETE', claim.json['messages'][0]['href']))

    def use(self, call):
        """Take what is there, the delayed message when its time has come; then post and list."""
        taken = []

        def take():
            answer = call('DELETE', f'{call.path}/messages', pop=10)
            self.assertStatus(200, answer)
            taken.extend(message['body'] for message in answer.json['messages'])
            return 'late' in taken

        self.until(take)
        self.assertEqual(['free', 'late'], taken)
        posted = call.post(*range(20))
        self.assertStatus(201, posted)
        self.assertEqual(list(range(20)), [message['body'] for message in call.everything()])
        first = call('GET', f'{call.path}/messages', ids=posted.json['resources'][0][-32:])
        self.assertStatus(200, first)
        self.assertStatus(204, call('POST', f'{call.path}/purge',
                                    {'resource_types': ['messages']}))
        self.assertEqual([], call.everything())
        self.assertStatus(201, call('PUT', '/v2/queues/another', {'a': 1}))
        self.assertStatus(204, call('DELETE', '/v2/queues/another'))

    def check_sweeps(self, call, janitor, left):
        """What was purged, before and after, is removed, and what is due is done."""
        self.until(lambda: janitor.cleared().get('purged_messages', 0) >= 40, why=janitor.log())
        self.assertEqual(left['dead'], self.dead(call))
