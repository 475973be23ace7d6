"""openstacksdk as it is published, against the served application."""

import uuid

from keystoneauth1 import noauth
from keystoneauth1 import session
from openstack import connection
from openstack import exceptions
from openstack.message.v2 import claim
from openstack.message.v2 import message

from tests.functional import base


class Project(noauth.NoAuth):
    """No authentication, but a project.

    The message proxy takes the project of most requests from the session, and has no other way to
    be told; the plugin ``auth_type=none`` knows no project. A plugin is how keystoneauth wants to
    be extended, and with Keystone nobody needs this one.
    """

    def __init__(self, endpoint, project):
        super().__init__(endpoint)
        self._project = project

    def get_project_id(self, session, **kwargs):
        return self._project


class OpenStackSdkTest(base.FunctionalTest):

    def setUp(self):
        super().setUp()
        self.message = self.connect().message

    def connect(self, project=None):
        """A connection in a project, by default in that of the test."""
        # NOTE: the endpoint is the root, as in a catalogue; /v2 is found in the document there.
        # It cannot be /v2 itself: discovery would read that too, and sends no Client-ID.
        it = connection.Connection(
            session=session.Session(auth=Project(self.service.url, project or self.project)),
            message_endpoint_override=self.service.url)
        self.addCleanup(it.close)
        return it

    def posted(self, number, queue='queue'):
        """Post messages with the bodies 0, 1, 2, …, and return their ids."""
        hrefs = self.message.post_message(
            queue, [{'body': body, 'ttl': 300} for body in range(number)])
        return [href.rpartition('/')[2] for href in hrefs]

    def claim(self, **attributes):
        """Make a claim on the queue.

        What ``message.create_claim`` does, less the connection: with one, openstacksdk (4.22 and
        before) replaces the Location that it was sent by a description of the cloud, and fails
        when it then looks for the claim's id in that. No server could help it.
        """
        return claim.Claim.new(queue_name='queue', **attributes).create(self.message)

    def bodies(self, **query):
        return [it.body for it in self.message.messages('queue', echo=True, **query)]


class TestConnection(OpenStackSdkTest):

    def test_discovery(self):
        self.assertEqual(f'{self.service.url}/v2/', self.message.get_endpoint())

    def test_auth_type_none(self):
        """Without a plugin of ours: what can be told its project works."""
        it = connection.Connection(auth_type='none', endpoint=self.service.url)
        self.addCleanup(it.close)
        it.message.create_queue(name='queue', project_id=self.project)
        names = [queue.name for queue in it.message.queues(project_id=self.project)]
        self.assertEqual(['queue'], names)
        # Most requests send an empty header then, and are told so.
        error = self.assertRaises(
            exceptions.BadRequestException, it.message.get_queue, 'queue')
        self.assertIn('project', error.response.json()['title'])


class TestQueues(OpenStackSdkTest):

    def test_life(self):
        queue = self.message.create_queue(name='queue', description='a queue')
        self.assertEqual('queue', queue.name)
        queue = self.message.get_queue('queue')
        self.assertEqual(('a queue', 3600, 262144),
                         (queue.description, queue.default_message_ttl,
                          queue.max_messages_post_size))
        self.message.create_queue(name='queue', description='another')
        self.assertEqual('a queue', self.message.get_queue('queue').description)
        self.message.delete_queue('queue')
        self.message.delete_queue('queue', ignore_missing=False)
        self.assertEqual([], list(self.message.queues()))

    def test_reserved_attributes(self):
        self.message.create_queue(name='queue', default_message_ttl=600,
                                  max_messages_post_size=1000)
        queue = self.message.get_queue('queue')
        self.assertEqual((600, 1000), (queue.default_message_ttl, queue.max_messages_post_size))
        error = self.assertRaises(exceptions.BadRequestException, self.message.create_queue,
                                  name='other', default_message_ttl=1)
        self.assertIn('_default_message_ttl', error.response.json()['description'])

    def test_list(self):
        names = [f'queue-{number:02}' for number in range(25)]
        for name in names:
            self.message.create_queue(name=name)
        self.assertEqual(names, [queue.name for queue in self.message.queues()])
        self.assertEqual(names, [queue.name for queue in self.message.queues(limit=1)])
        self.assertEqual(names[11:], [queue.name for queue in self.message.queues(
            limit=4, marker='queue-10')])
        self.assertEqual([], list(self.connect('another project').message.queues()))


class TestMessages(OpenStackSdkTest):

    def test_post_and_get(self):
        hrefs = self.message.post_message(
            'lazy', [{'body': {'grün': [1, None]}, 'ttl': 300}, {'body': 'x'}])
        self.assertEqual(2, len(hrefs))
        id = hrefs[0].rpartition('/')[2]
        got = self.message.get_message('lazy', id)
        self.assertEqual((id, 300, {'grün': [1, None]}, hrefs[0]),
                         (got.id, got.ttl, got.body, got.href))
        self.assertRaises(exceptions.NotFoundException,
                          self.message.get_message, 'lazy', 'nothing')

    def test_list(self):
        self.assertEqual([], self.bodies())
        self.posted(20)
        self.posted(5)
        self.assertEqual([*range(20), *range(5)], self.bodies())
        self.assertEqual([*range(20), *range(5)], self.bodies(limit=3))
        self.assertEqual([*range(20), *range(5)], self.bodies(limit=1))

    def test_echo(self):
        me = str(uuid.uuid4())
        self.message.create_queue(name='queue')
        self.posted(2)
        message.Message.new(queue_name='queue', client_id=me).post(
            self.message, [{'body': 'mine', 'ttl': 60}])
        self.assertEqual([0, 1], [it.body for it in self.message.messages(
            'queue', client_id=me)])
        self.assertEqual([0, 1, 'mine'], [it.body for it in self.message.messages(
            'queue', client_id=me, echo=True)])
        self.assertEqual([0, 1, 'mine'], [it.body for it in self.message.messages('queue')])

    def test_paging_by_the_id_of_a_deleted_message(self):
        """It asks for what follows the last message, and that one is gone."""
        for limit in (1, 2, 3):
            self.posted(12)
            seen = []
            for it in self.message.messages('queue', echo=True, limit=limit):
                seen.append(it.body)
                # The last one of a page, whose id is the next marker, or all.
                if limit == 1 or len(seen) % limit == 0:
                    self.message.delete_message('queue', it.id)
            self.assertEqual(list(range(12)), seen)
            self.message.delete_queue('queue')

    def test_paging_by_the_id_of_a_purged_or_claimed_message(self):
        ids = self.posted(4)
        self.claim(ttl=60, grace=60)
        self.assertEqual([], self.bodies())
        self.assertEqual([2, 3], self.bodies(include_claimed=True, marker=ids[1]))
        self.assertStatus(204, self.caller()('POST', '/v2/queues/queue/purge'))
        self.assertEqual([], self.bodies(include_claimed=True, marker=ids[1]))
        self.posted(2)
        self.assertEqual([0, 1], self.bodies(marker=ids[1]))

    def test_delete(self):
        ids = self.posted(3)
        self.message.delete_message('queue', ids[1])
        self.message.delete_message('queue', ids[1], ignore_missing=False)
        self.message.delete_message('queue', self.message.get_message('queue', ids[0]))
        self.assertEqual([2], self.bodies())


class TestClaims(OpenStackSdkTest):

    def test_life(self):
        ids = self.posted(12)
        mine = self.claim(ttl=120, grace=60)
        self.assertEqual(32, len(mine.id))
        self.assertEqual(ids[:10], [it['id'] for it in mine.messages])
        again = self.message.get_claim('queue', mine.id)
        self.assertEqual((120, ids[:10]), (again.ttl, [it['id'] for it in again.messages]))
        self.message.update_claim('queue', mine, ttl=500, grace=100)
        self.assertEqual(500, self.message.get_claim('queue', mine.id).ttl)
        self.message.delete_claim('queue', mine)
        self.message.delete_claim('queue', mine, ignore_missing=False)
        self.assertRaises(exceptions.NotFoundException,
                          self.message.get_claim, 'queue', mine.id)

    def test_without_arguments(self):
        self.posted(1)
        mine = self.claim()
        self.assertEqual([0], [it['body'] for it in mine.messages])
        self.assertEqual(300, self.message.get_claim('queue', mine.id).ttl)

    def test_limit_in_the_body_is_ignored(self):
        self.posted(3)
        mine = self.claim(ttl=60, grace=60, limit=1)
        self.assertEqual(3, len(mine.messages))

    def test_nothing(self):
        mine = self.claim(ttl=60, grace=60)
        self.assertIsNone(mine.id)
        self.assertIsNone(mine.messages)

    def test_delete_claimed(self):
        ids = self.posted(2)
        mine = self.claim(ttl=60, grace=60)
        # Without its claim the message stays, and openstacksdk says nothing or that it may not.
        try:
            self.message.delete_message('queue', ids[0])
        except exceptions.ForbiddenException:
            pass
        self.assertEqual([0, 1], self.bodies(include_claimed=True))
        self.message.delete_message('queue', ids[0], claim=mine)
        self.message.delete_message('queue', ids[1], claim=mine.id)
        self.assertEqual([], self.bodies(include_claimed=True))
