"""Pools as operators and tenants know them: servers, janitors and commands on three databases."""

import collections
import json
import threading

from tests import base as tests_base
from tests.functional import base
from tests.functional import janitor

#: What the pools are, beside the control database, which is SQLite.
POOLS = {'east': 'postgresql', 'west': 'mariadb'}
BACKLOG = 300
WRITERS = 2
WORKERS = 3
QUICK = 'interval = 0.05\n'
LEASE = 3


class PoolsTest(base.FunctionalTest):

    scenarios = base.FunctionalTest.scenarios[:1]
    timeout = 600

    def setUp(self):
        super().setUp()
        self.control = base.new_database('sqlite')
        self.served = self.own_service(self.control, default='admin_mode = true')
        self.call, self.admin = self.caller(self.served), self.caller(self.served)
        self.admin.headers['X-Roles'] = 'admin'

    def add_pool(self, name, weight=100, **fields):
        self.require_server(POOLS[name])
        database = base.new_database(POOLS[name])
        self.assertStatus(201, self.admin('PUT', f'/v2/pools/{name}', {
            'uri': database, 'weight': weight, **fields}))
        return database

    def manage(self, *words):
        """What marconi-manage prints; it must succeed."""
        done = self.served.manage(*words)
        self.assertEqual((0, ''), (done.returncode, done.stderr))
        return done.stdout

    def janitor(self):
        it = janitor.Janitor(self.control, LEASE, QUICK)
        self.addCleanup(it.close)
        return it

    def moves(self):
        return json.loads(self.manage('queue', 'moves', '--json'))

    def queues(self):
        """How many queues live in each database."""
        pools = json.loads(self.manage('pool', 'check', '--json'))
        return {pool['pool']: pool['queues'] for pool in pools}


class TestMoving(PoolsTest):

    def setUp(self):
        super().setUp()
        self.add_pool('east')
        self.posted, self.taken, self.seen = [], [], []
        self.finished = threading.Event()

    def test_drained_while_everybody_works(self):
        """Nothing is lost or taken twice, and the order is kept, though janitors are killed."""
        self.post(self.call, range(BACKLOG))
        self.assertEqual(1, self.queues()['east'])
        self.add_pool('west')
        crowd = base.Crowd()
        for number in range(WRITERS):
            crowd.start(self.write, (number + 1) * 100_000)
        for _ in range(WORKERS):
            crowd.start(self.work)
        crowd.start(self.read)
        self.manage('pool', 'drain', 'east')
        for _ in range(3):
            victim = self.janitor()
            self.until(lambda victim=victim: victim.holder, why=victim.log())
            victim.kill()
        self.janitor()
        self.until(lambda: not self.queues()['east'], 120, 'the pool is never empty')
        self.until(lambda: not self.moves())
        self.finished.set()
        crowd.join()
        self.assertEqual({'default': 0, 'east': 0, 'west': 1}, self.queues())
        counts = collections.Counter(self.taken)
        self.assertEqual({}, {body: count for body, count in counts.items() if count != 1})
        self.assertEqual(set(self.posted), set(counts))
        self.assert_in_order()

    def assert_in_order(self):
        """The reader saw each message once, and those of one writer in order."""
        self.assertEqual(len(set(self.seen)), len(self.seen))
        for number in range(WRITERS + 1):
            own = [body for body in self.seen if body // 100_000 == number]
            self.assertEqual(sorted(own), own)

    def post(self, call, bodies):
        for body in bodies:
            self.assertStatus(201, call.persist(
                30, 'POST', f'{call.path}/messages', {'messages': [{'body': body}]}))
            self.posted.append(body)

    def write(self, first):
        call = self.caller(self.served)
        while not self.finished.is_set():
            self.post(call, [first])
            first += 1

    def work(self):
        call, last = self.caller(self.served), False
        while True:
            answer = call.persist(30, 'POST', f'{call.path}/claims', {'ttl': 300, 'grace': 60})
            if answer.status == 204:
                if last:
                    return
                last = self.finished.is_set()
                continue
            self.assertStatus(201, answer)
            for message in answer.json['messages']:
                self.assertStatus(204, call.persist(30, 'DELETE', message['href']))
                self.taken.append(message['body'])

    def read(self):
        call, marker = self.caller(self.served), {}
        while not self.finished.is_set():
            answer = call.persist(30, 'GET', f'{call.path}/messages', echo='true', limit=20,
                                  include_claimed='true', **marker)
            self.assertStatus(200, answer)
            messages = answer.json['messages']
            self.seen += [message['body'] for message in messages]
            if messages:
                marker = {'marker': messages[-1]['id']}

    def test_one_queue_to_the_control_database_and_back(self):
        self.post(self.call, range(3))
        self.janitor()
        for pool in ('default', 'east'):
            self.assertIn('janitor moves', self.manage(
                'queue', 'move', self.project, 'queue', pool))
            self.until(lambda: not self.moves())
            self.assertEqual(1, self.queues()[pool])
            self.assertEqual([0, 1, 2], [
                message['body'] for message in self.call.everything()])
        self.assertIn('already', self.manage('queue', 'move', self.project, 'queue', 'east'))

    def test_a_pool_that_cannot_be_emptied_says_so(self):
        self.admin('PATCH', '/v2/pools/east', {'flavor': 'fast'})
        done = self.served.manage('pool', 'drain', 'east')
        self.assertEqual(1, done.returncode)
        self.assertIn('no other pool of flavor fast', done.stderr)
        self.assertNotIn('Traceback', done.stderr)


class TestFailing(PoolsTest):

    def test_one_pool_that_is_down_fails_only_its_own_queues(self):
        server = self.own_server('postgresql')
        database = tests_base.databases.fresh(server)
        self.assertStatus(201, self.admin('PUT', '/v2/pools/frail', {
            'uri': database, 'weight': 100, 'flavor': 'frail'}))
        self.add_pool('west')
        frail, sound = self.caller(self.served, 'frail'), self.caller(self.served, 'sound')
        self.assertStatus(201, frail('PUT', frail.path, {'_flavor': 'frail'}))
        for call in (frail, sound):
            self.assertStatus(201, call.post('before'))
        server.stop()
        answer = frail.post('lost')
        self.assertStatus(503, answer)
        self.assertIn('Retry-After', answer.headers)
        self.assertStatus(201, sound.post('after'))
        self.assertEqual(['before', 'after'], [
            message['body'] for message in sound.everything()])
        listed = self.call('GET', '/v2/queues').json['queues']
        self.assertEqual(['frail', 'sound'], [queue['name'] for queue in listed])
        self.assertStatus(201, sound('PUT', '/v2/queues/new'))
        self.assertStatus(503, frail('PUT', '/v2/queues/newer', {'_flavor': 'frail'}))
        # Nothing of it is left that would be in the way when the pool is back.
        server.start()
        self.assertStatus(201, frail.persist(60, 'PUT', '/v2/queues/newer', {'_flavor': 'frail'}))
        self.assertEqual(['before'], [message['body'] for message in frail.everything()])

    def test_a_flavor_that_does_not_exist(self):
        answer = self.call('PUT', self.call.path, {'_flavor': 'imaginary'})
        self.assertStatus(400, answer)
        self.assertIn('_flavor', answer.json['description'])
        self.assertIn('imaginary', answer.json['description'])
