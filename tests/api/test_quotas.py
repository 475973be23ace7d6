"""Quotas at the door: what is refused, in which words, and what is shown."""

import threading

from marconi import exception
from tests.api import base
from tests.api import wire

TITLE = 'Quota exceeded'
#: More than there are pages to count: one for each queue.
TURNS = 10


class QuotaTest(base.ApiTest):

    scenarios = base.scenarios(*wire.ALL)

    def limit(self, **limits):
        """Serve with these limits for every project."""
        self.app = self.serve({f'quota.{name}': value for name, value in limits.items()})
        self.api = self.caller()

    def post(self, *bodies, queue='alarms', caller=None):
        return (caller or self.api).request(
            'POST', f'/queues/{queue}/messages', self.version.wrap(
                [{'body': body, 'ttl': 300} for body in bodies]))

    def janitor(self):
        """What a janitor does about counting."""
        self.broker.quotas.tally.sync()
        # A turn ends by the clock, maybe after one page, and then no project is finished.
        for _ in range(TURNS):
            self.broker.quotas.recount(1000)
        self.broker.quotas.tally.sync()

    def assertRefused(self, response, resource, limit, usage, wanted):
        self.assertError(403, TITLE, response)
        self.assertEqual(f'The project may have {limit} {resource}; it has {usage}, and this '
                         f'would add {wanted}.', response.json['description'])


class TestQueues(QuotaTest):

    def test_as_many_as_the_limit(self):
        self.limit(queues=2)
        self.api.create('one')
        self.api.create('two')
        self.assertRefused(self.api.put('/queues/three', {}), 'queues', 2, 2, 1)
        self.assertStatus(204, self.api.put('/queues/two', {}))  # is there already
        self.assertEqual(404, self.api.get('/queues/three/stats').status_int
                         if self.version is wire.V1 else 404)
        self.assertStatus(204, self.api.delete('/queues/one'))
        self.api.create('three')

    def test_each_project_has_its_own(self):
        self.limit(queues=1)
        self.api.create('one')
        self.caller(project='another').create('one')
        self.assertRefused(self.api.put('/queues/two', {}), 'queues', 1, 1, 1)

    def test_none_at_all(self):
        self.limit(queues=0)
        self.assertRefused(self.api.put('/queues/one', {}), 'queues', 0, 0, 1)


class TestMessages(QuotaTest):

    def test_a_post_that_would_cross_the_limit_is_refused_whole(self):
        self.limit(messages=3)
        self.api.create('alarms')
        self.assertStatus(201, self.post('a', 'b'))
        self.assertRefused(self.post('c', 'd'), 'messages', 3, 2, 2)
        self.assertStatus(201, self.post('c'))
        self.assertRefused(self.post('d'), 'messages', 3, 3, 1)
        self.assertEqual(['a', 'b', 'c'], self.api.bodies('alarms'))

    def test_all_queues_together(self):
        self.limit(messages=1)
        self.api.create('alarms')
        self.api.create('builds')
        self.assertStatus(201, self.post('a'))
        self.assertRefused(self.post('b', queue='builds'), 'messages', 1, 1, 1)
        stranger = self.caller(project='another')
        stranger.create('alarms')
        self.assertStatus(201, self.post('a', caller=stranger))

    def test_bytes_of_bodies(self):
        self.limit(message_bytes=10)
        self.api.create('alarms')
        self.assertRefused(self.post('123456789'), 'message_bytes', 10, 0, 11)  # quoted
        self.assertStatus(201, self.post('1234'))
        self.assertRefused(self.post('1234'), 'message_bytes', 10, 6, 6)
        self.assertStatus(201, self.post('12'))
        self.assertEqual(['1234', '12'], self.api.bodies('alarms'))

    def test_deleting_makes_room(self):
        self.limit(messages=3)
        self.api.create('alarms')
        ids = self.api.post('alarms', 'a', 'b', 'c')
        for _ in range(2):
            self.assertStatus(204, self.api.delete(f'/queues/alarms/messages/{ids[0]}'))
        self.assertRefused(self.post('d', 'e'), 'messages', 3, 2, 2)
        self.assertStatus(204, self.api.delete(
            f'/queues/alarms/messages?ids={ids[0]},{ids[1]},{ids[2]}'))
        self.assertStatus(201, self.post('d', 'e', 'f'))
        self.assertRefused(self.post('g'), 'messages', 3, 3, 1)

    def test_a_post_that_fails_takes_no_room(self):
        self.limit(messages=3)
        self.assertStatus(404 if self.version is wire.V1 else 201, self.post('a', 'b'))
        self.broker.stores.control.messages.post = self.fail_to_post
        self.api.request('PUT', '/queues/alarms')
        self.assertStatus(503, self.post('c'))
        del self.broker.stores.control.messages.post
        self.assertStatus(201, self.post('c', *('d', 'e') if self.version is wire.V1 else ()))
        self.assertRefused(self.post('f'), 'messages', 3, 3, 1)

    @staticmethod
    def fail_to_post(*args):
        raise exception.StorageUnavailable()

    def test_what_expired_leaves_the_usage_with_the_next_count(self):
        self.limit(messages=2)
        self.api.create('alarms')
        self.assertStatus(201, self.post('a', 'b'))
        self.janitor()
        self.clock.advance(300)
        self.assertRefused(self.post('c'), 'messages', 2, 2, 1)
        self.janitor()
        self.assertStatus(201, self.post('c', 'd'))
        self.assertRefused(self.post('e'), 'messages', 2, 2, 1)

    def test_a_deleted_queue_is_counted_at_once(self):
        self.limit(messages=2)
        self.api.create('alarms')
        self.assertStatus(201, self.post('a', 'b'))
        self.janitor()
        self.assertStatus(204, self.api.delete('/queues/alarms'))
        self.janitor()
        self.api.create('alarms')
        self.assertStatus(201, self.post('c', 'd'))

    def test_what_was_there_before_there_was_a_limit(self):
        self.api.create('alarms')
        self.assertStatus(201, self.post('a', 'b', 'c'))
        self.limit(messages=4)
        self.assertStatus(201, self.post('d'))
        self.janitor()
        self.assertRefused(self.post('e'), 'messages', 4, 4, 1)


class TestLater(QuotaTest):
    """What version 1 has not."""

    scenarios = base.scenarios(wire.V1_1, wire.V2)

    def test_a_queue_that_a_post_would_make(self):
        self.limit(queues=1, messages=3)
        self.assertStatus(201, self.post('a', queue='one'))
        self.assertRefused(self.post('b', queue='two'), 'queues', 1, 1, 1)
        self.assertStatus(204, self.api.delete('/queues/one'))
        self.assertRefused(self.post('a', 'b', 'c', queue='two'), 'messages', 3, 1, 3)
        self.assertEqual([], self.api.get('/queues').json['queues'])

    def test_popping_makes_room(self):
        self.limit(message_bytes=20)
        self.assertStatus(201, self.post('12345678', '123'))  # 10 and 5 bytes
        self.assertEqual(1, len(self.api.pop('alarms', 1)))
        self.assertRefused(self.post('1234567890', '12'), 'message_bytes', 20, 5, 16)
        self.assertStatus(201, self.post('1234567890123'))


class TestCrowd(QuotaTest):
    """In one process no limit is crossed, however many ask at the same time."""

    scenarios = base.scenarios(wire.V2)
    CROWD = 8

    def crowd(self, action):
        """Call action(number of the thread, caller) in each thread until it is refused.

        :returns: how often it was not.
        """
        done, start = [], threading.Barrier(self.CROWD)

        def run(number):
            caller = self.caller()
            start.wait(30)
            while (response := action(number, caller)).status_int == 201:
                done.append(response)
            done.append(response)

        threads = [threading.Thread(target=run, args=(number,)) for number in range(self.CROWD)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        refused = [response for response in done if response.status_int != 201]
        self.assertEqual([403] * self.CROWD, [response.status_int for response in refused])
        return len(done) - len(refused)

    def test_messages(self):
        self.options = {'quota.sync_interval': 0.05}
        self.limit(messages=101)
        self.assertEqual(50, self.crowd(
            lambda number, caller: self.post('a', 'b', queue=f'q-{number % 2}', caller=caller)))
        self.assertEqual(100, sum(self.api.counts(f'q-{number}')[2] for number in range(2)))
        self.assertStatus(201, self.post('c', queue='q-0'))
        self.assertRefused(self.post('d', queue='q-0'), 'messages', 101, 101, 1)

    def test_queues(self):
        self.limit(queues=20)
        names = iter(range(10 ** 6))
        self.assertEqual(20, self.crowd(
            lambda number, caller: caller.put(f'/queues/q-{next(names)}', {})))
        self.assertEqual(20, self.broker.stores.control.queues.count(wire.PROJECT))
