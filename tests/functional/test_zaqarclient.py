"""python-zaqarclient as it is published, against the served application."""

import json

import testtools
from zaqarclient.queues import client
from zaqarclient.transport import errors

from tests.functional import base

STAND_INS = {
    '_max_messages_post_size': 262144, '_default_message_ttl': 3600,
    '_default_message_delay': 0, '_dead_letter_queue': None,
    '_dead_letter_queue_messages_ttl': None, '_max_claim_count': None,
    '_enable_encrypt_messages': False,
}


class ZaqarClientTest(base.FunctionalTest):

    def client(self, backend='noauth', client_uuid=None, **options):
        conf = {'auth_opts': {'backend': backend,
                              'options': {'os_project_id': self.project, **options}}}
        if client_uuid:
            conf['client_uuid'] = client_uuid
        return client.Client(self.service.url, version=2, conf=conf)

    def queue(self, name='queue', **kwargs):
        return self.client().queue(name, force_create=True, **kwargs)

    def posted(self, queue, number, **fields):
        """Post messages with the bodies 0, 1, 2, …, and return their ids."""
        answer = queue.post([{'body': body, 'ttl': 300, **fields} for body in range(number)])
        return [href.rpartition('/')[2] for href in answer['resources']]


class TestService(ZaqarClientTest):

    def test_ping(self):
        self.assertTrue(self.client().ping())

    def test_home_document(self):
        self.assertIn('rel/queues', self.client().homedoc()['resources'])

    def test_without_a_project_of_ones_own(self):
        it = client.Client(self.service.url, 2, {'auth_opts': {'backend': 'noauth'}})
        it.queue(self.project, force_create=True).delete()

    def test_health_is_for_administrators(self):
        self.assertRaises(errors.ResourceNotFound, self.client().health)

    def test_subscriptions_are_not_served(self):
        self.assertRaises(errors.ResourceNotFound, self.client().subscriptions, 'queue')

    def test_pools_and_flavors_are_not_served(self):
        self.assertRaises(errors.ResourceNotFound, self.client().pools)
        self.assertRaises(errors.ResourceNotFound, self.client().flavors)


class TestQueues(ZaqarClientTest):

    def test_life(self):
        queue = self.client().queue('queue', auto_create=False)
        self.assertFalse(queue.exists())
        queue.ensure_exists(force_create=True)
        self.assertTrue(queue.exists())
        queue.ensure_exists(force_create=True)
        queue.delete()
        self.assertFalse(queue.exists())
        queue.delete()

    def test_list(self):
        it = self.client()
        names = [f'queue-{number:02}' for number in range(7)]
        for name in reversed(names):
            it.queue(name, force_create=True)
        found, count = it.queues(limit=3)
        self.assertIsNone(count)
        self.assertEqual(names[:3], [queue.name for queue in found])
        found, count = it.queues(limit=3, with_count=True, detailed=True)
        self.assertEqual(7, count)
        queues = list(found.stream())
        self.assertEqual(names, [queue.name for queue in queues])
        self.assertEqual([f'/v2/queues/{name}' for name in names],
                         [queue.href for queue in queues])
        self.assertEqual(STAND_INS, queues[0].metadata())
        found, _ = it.queues(name='-03')
        self.assertEqual(['queue-03'], [queue.name for queue in found])
        self.assertEqual([], list(self.client(os_project_id='nobody').queues()[0].stream()))

    def test_metadata(self):
        queue = self.queue()
        self.assertEqual(STAND_INS, queue.metadata())
        new = {'team': 'ops', 'size': {'deep': [1, None]}, '_default_message_ttl': 600}
        self.assertEqual({**STAND_INS, **new}, queue.metadata(new_meta=new))
        self.assertEqual({**STAND_INS, **new}, queue.metadata(force_reload=True))
        self.assertEqual({**STAND_INS, **new},
                         self.client().queue('queue', auto_create=False).metadata())
        # What is not named goes, the reserved ones back to their stand-ins.
        self.assertEqual({**STAND_INS, 'team': 'dev', '_default_message_delay': 5},
                         queue.metadata(new_meta={'team': 'dev', '_default_message_delay': 5}))
        self.assertEqual(STAND_INS, queue.metadata(new_meta={}))

    def test_metadata_that_the_client_cannot_set(self):
        # A fault of the client's: for a key that shows as null, such as _max_claim_count of a new
        # queue, it sends "add" and, in the end, "remove". It gets what it asks for.
        queue = self.queue()
        self.assertEqual(STAND_INS, queue.metadata(new_meta={'_max_claim_count': 3}))

    def test_metadata_of_no_queue(self):
        queue = self.client().queue('nothing', auto_create=False)
        self.assertEqual(STAND_INS, queue.metadata())
        self.assertRaises(errors.ResourceNotFound, queue.metadata, {'team': 'ops'})

    def test_bad_metadata(self):
        queue = self.queue()
        with testtools.ExpectedException(
                errors.MalformedRequest, '.*Title: Invalid request body. Description: .+'):
            queue.metadata(new_meta={'_default_message_ttl': 1})
        self.assertEqual(STAND_INS, queue.metadata(force_reload=True))

    def test_stats(self):
        queue = self.queue()
        self.assertEqual({'messages': {'claimed': 0, 'free': 0, 'total': 0}}, queue.stats)
        ids = self.posted(queue, 5)
        queue.claim(ttl=60, grace=60, limit=2)
        stats = queue.stats['messages']
        self.assertEqual((2, 3, 5), (stats['claimed'], stats['free'], stats['total']))
        self.assertEqual(f'/v2/queues/queue/messages/{ids[-1]}', stats['newest']['href'])
        self.assertIn(f'/v2/queues/queue/messages/{ids[0]}', stats['oldest']['href'])

    def test_purge(self):
        queue = self.queue()
        self.posted(queue, 5)
        queue.claim(ttl=60, grace=60, limit=2)
        queue.purge(resource_types=['subscriptions'])
        self.assertEqual(5, queue.stats['messages']['total'])
        queue.purge()
        self.assertEqual(0, queue.stats['messages']['total'])
        self.posted(queue, 1)
        queue.purge(resource_types=['messages'])
        self.assertEqual([], list(queue.messages(echo=True)))


class TestMessages(ZaqarClientTest):

    def test_post(self):
        queue = self.client().queue('lazy')
        answer = queue.post({'body': {'disk': 'full', 'grün': '☃'}, 'ttl': 300})
        [href] = answer['resources']
        self.assertTrue(href.startswith('/v2/queues/lazy/messages/'))
        message = queue.message(href.rpartition('/')[2])
        self.assertEqual({'disk': 'full', 'grün': '☃'}, message.body)
        self.assertEqual((300, href), (message.ttl, message.href))
        self.assertIn(message.age, range(60))
        self.assertIsNone(message.claim_id)
        queue.post([{'body': None}, {'body': 'later', 'delay': 900}])
        self.assertEqual([{'disk': 'full', 'grün': '☃'}, None],
                         [message.body for message in queue.messages(echo=True)])
        self.assertEqual(3, len(list(queue.messages(echo=True, include_delayed=True))))

    def test_a_post_is_refused(self):
        queue = self.client().queue('lazy')
        for messages in ([], [{'ttl': 300}], [{'body': 1, 'ttl': 1}]):
            self.assertRaises(errors.MalformedRequest, queue.post, messages)
        self.assertFalse(queue.exists())

    def test_list(self):
        queue = self.queue()
        self.posted(queue, 7)
        self.assertEqual([], list(queue.messages()))
        self.assertEqual([0, 1, 2], [it.body for it in queue.messages(echo=True, limit=3)])
        other = self.client(client_uuid='0123456789abcdef0123456789abcdef').queue('queue')
        self.assertEqual(list(range(7)), [it.body for it in other.messages()])

    def test_streaming(self):
        queue = self.queue()
        for _ in range(5):
            self.posted(queue, 10)
        bodies = [it.body for it in queue.messages(echo=True, limit=20).stream()]
        self.assertEqual(list(range(10)) * 5, bodies)
        # Across what was deleted meanwhile.
        messages = queue.messages(echo=True, limit=5).stream()
        bodies = []
        for message in messages:
            bodies.append(message.body)
            message.delete()
        self.assertEqual(list(range(10)) * 5, bodies)
        self.assertEqual([], list(queue.messages(echo=True)))

    def test_get(self):
        queue = self.queue()
        ids = self.posted(queue, 4)
        self.assertEqual(1, queue.message(ids[1]).body)
        self.assertEqual({0, 3}, {it.body for it in queue.messages(ids[3], ids[0])})
        self.assertEqual([2], [it.body for it in queue.messages(ids[2])])
        self.assertRaises(errors.ResourceNotFound, queue.message, 'nothing')
        self.assertRaises(errors.ResourceNotFound, queue.messages, 'nothing', 'no')

    def test_delete(self):
        queue = self.queue()
        ids = self.posted(queue, 5)
        queue.message(ids[0]).delete()
        queue.delete_messages(ids[1], ids[3], 'nothing')
        self.assertEqual([2, 4], [it.body for it in queue.messages(echo=True)])

    def test_pop(self):
        queue = self.queue()
        ids = self.posted(queue, 5)
        [message] = queue.pop()
        self.assertEqual((0, ids[0], 0), (message.body, message.id, message.claim_count))
        self.assertEqual([1, 2, 3], [it.body for it in queue.pop(3)])
        self.assertEqual([4], [it.body for it in queue.pop(20)])
        self.assertEqual([], list(queue.pop(20)))
        self.assertRaises(errors.MalformedRequest, queue.pop, 21)

    def test_encrypted(self):
        queue = self.queue()
        queue.metadata(new_meta={'_enable_encrypt_messages': True})
        [id, *_] = self.posted(queue, 5)
        self.assertEqual(0, queue.message(id).body)
        self.assertEqual([0], [it.body for it in queue.pop()])
        self.assertEqual([1], [it.body for it in queue.claim(ttl=60, grace=60, limit=1)])
        queue.metadata(new_meta={})
        self.posted(queue, 1)
        self.assertEqual([2, 3, 4, 0], [it.body for it in queue.messages(echo=True)])


class TestClaims(ZaqarClientTest):

    def test_without_arguments(self):
        queue = self.queue()
        self.posted(queue, 12)
        claim = queue.claim()
        self.assertEqual(list(range(10)), [it.body for it in claim])
        self.assertEqual(300, claim.ttl)

    def test_with_arguments(self):
        queue = self.queue()
        ids = self.posted(queue, 5, ttl=60)
        claim = queue.claim(ttl=120, grace=70, limit=2)
        messages = list(claim)
        self.assertEqual(ids[:2], [it.id for it in messages])
        self.assertEqual({claim.id}, {it.claim_id for it in messages})
        for message in messages:
            self.assertIn(message.ttl, range(190, 200))
        again = queue.claim(id=claim.id)
        self.assertEqual([0, 1], [it.body for it in again])
        self.assertEqual(120, again.ttl)
        self.assertIn(again.age, range(60))

    def test_nothing(self):
        claim = self.queue().claim(ttl=60, grace=60)
        self.assertEqual([], list(claim))
        self.assertIsNone(claim.id)
        self.assertEqual([], list(self.client().queue('nothing').claim()))

    def test_update(self):
        queue = self.queue()
        self.posted(queue, 1)
        claim = queue.claim(ttl=60, grace=60)
        claim.update(ttl=500, grace=100)
        self.assertEqual(500, self.ttl(queue, claim))
        claim.update()
        self.assertEqual(300, self.ttl(queue, claim))
        self.assertRaises(errors.MalformedRequest, claim.update, ttl=1)

    def ttl(self, queue, claim):
        """A claim's ttl as the server knows it."""
        again = queue.claim(id=claim.id)
        list(again)
        return again.ttl

    def test_release(self):
        queue = self.queue()
        self.posted(queue, 2)
        claim = queue.claim(ttl=60, grace=60)
        self.assertEqual([], list(queue.claim(ttl=60, grace=60)))
        claim.delete()
        self.assertRaises(errors.ResourceNotFound, list, queue.claim(id=claim.id))
        self.assertEqual([0, 1], [it.body for it in queue.claim(ttl=60, grace=60)])

    def test_delete_claimed(self):
        queue = self.queue()
        ids = self.posted(queue, 3)
        messages = list(queue.claim(ttl=60, grace=60, limit=2))
        # A message as it is listed knows its claim, and so whoever lists it can delete it.
        listed = list(queue.messages(echo=True, include_claimed=True))
        self.assertEqual([messages[0].claim_id] * 2 + [None], [it.claim_id for it in listed])
        messages[0].delete()
        blind = queue.message(ids[1])
        blind.href = blind.href.partition('?')[0]
        self.assertRaises(errors.ForbiddenError, blind.delete)
        blind.href += '?claim_id=' + '0' * 32
        self.assertRaises(errors.ForbiddenError, blind.delete)
        messages[1].delete()
        self.assertEqual([2], [it.body for it in queue.messages(echo=True, include_claimed=True)])

    def test_dead_letters(self):
        # The client itself cannot set these, see test_metadata_that_the_client_cannot_set.
        self.assertStatus(201, self.caller()('PUT', '/v2/queues/queue', {
            '_max_claim_count': 1, '_dead_letter_queue': 'dead'}))
        queue = self.queue()
        [id] = self.posted(queue, 1)
        queue.claim(ttl=60, grace=60).delete()
        self.assertEqual([], list(queue.claim(ttl=60, grace=60)))
        [letter] = queue.client.queue('dead').claim(ttl=60, grace=60)
        self.assertEqual((id, 0), (letter.id, letter.body))


class TestSignedUrls(ZaqarClientTest):

    def setUp(self):
        super().setUp()
        self.posted(self.queue(), 1)

    def signed(self, **kwargs):
        """The queue as somebody sees it who was given a signed URL."""
        share = self.queue().signed_url(**kwargs)
        self.assertEqual(self.project, share.pop('project'))
        return self.client('signed-url', **json.loads(json.dumps(share))).queue('queue')

    def test_read(self):
        queue = self.signed(paths=['messages'], ttl_seconds=600, methods=['GET'])
        self.assertEqual([0], [it.body for it in queue.messages(echo=True)])
        self.assertRaises(errors.ResourceNotFound, self.posted, queue, 1)
        self.assertRaises(errors.ResourceNotFound, getattr, queue, 'stats')

    def test_write(self):
        queue = self.signed(paths=['messages', 'claims'], methods=['POST', 'DELETE'])
        self.posted(queue, 1)
        claim = queue.claim(ttl=60, grace=60)
        for message in claim:
            message.delete()
        self.assertRaises(errors.ResourceNotFound, queue.messages)

    def test_defaults(self):
        queue = self.signed()
        self.assertEqual([0], [it.body for it in queue.messages(echo=True)])
