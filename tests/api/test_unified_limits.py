"""Limits as an operator sets them in a real Keystone; changed, and when Keystone is away."""

from urllib import parse
import uuid

from openstack import connection
from oslo_config import cfg

from marconi.cmd import common
from marconi import conf
from marconi.core import counting
from tests.api import base
from tests.api import wire
from tests import base as tests_base
from tests import servers
from tests.servers import keystone
from tests.servers import relay

LIFETIME = 60


class TestUnifiedLimits(base.ApiTest):

    version = wire.V2
    options = {'quota.driver': 'keystone', 'quota.limits_lifetime': LIFETIME,
               'quota.queues': 2, 'quota.messages': 5}

    def setUp(self):
        self._require(servers.missing('keystone'))
        self.cloud = servers.shared('keystone')
        self.relay = relay.Relay(parse.urlsplit(self.cloud.root_url).port)
        self.addCleanup(self.relay.stop)
        # What is registered belongs to a service: each test has its own.
        kind = f'messaging-{uuid.uuid4().hex}'
        self.config = self.cloud.limits_config(kind, self.relay.url)
        self.service = self.new_service(kind)
        self.identity = connection.Connection(session=self.cloud.session(), **{
            'identity_endpoint_override': self.cloud.url, 'identity_api_version': '3'}).identity
        super().setUp()
        self.red, self.blue = [
            self.caller(project=self.cloud.project_id(name)) for name in ('red', 'blue')]

    def new_service(self, kind):
        service = self.cloud.make('service', name=kind, type=kind)
        self.addCleanup(self.cloud.call, 'DELETE', f'/services/{service}')
        self.cloud.make('endpoint', service_id=service, interface='public',
                        region_id=keystone.REGION, url='http://127.0.0.1:8888')
        return service

    def serve(self, *args, **kwargs):
        app = super().serve(*args, **kwargs)
        limits = self.broker.quotas.limits
        limits._clock = limits._ask._clock = lambda: self.clock() / 1000
        return app

    def register(self, **limits):
        """openstack registered limit create --service S --default-limit N RESOURCE"""
        made = {name: self.identity.create_registered_limit(
            service_id=self.service, region_id=keystone.REGION, resource_name=name,
            default_limit=limit) for name, limit in limits.items()}
        for limit in made.values():
            self.addCleanup(self.identity.delete_registered_limit, limit, ignore_missing=True)
        return made

    def limit(self, caller, resource, limit):
        """openstack limit create --service S --project P --resource-limit N RESOURCE"""
        made = self.identity.create_limit(
            service_id=self.service, region_id=keystone.REGION, resource_name=resource,
            resource_limit=limit, project_id=caller.headers['X-Project-Id'])
        self.addCleanup(self.identity.delete_limit, made, ignore_missing=True)
        return made

    def limits(self, caller):
        response = caller.get('/limits')
        self.assertStatus(200, response)
        return [limit['limit'] for limit in response.json['limits']]

    def test_registered_and_own_limits(self):
        self.register(queues=1, messages=2, message_bytes=-1)
        self.limit(self.red, 'messages', 3)
        self.assertEqual([[1, 3, -1], [1, 2, -1]],
                         [self.limits(self.red), self.limits(self.blue)])
        self.red.post('alarms', 'a', 'b', 'c')
        self.blue.post('alarms', 'a', 'b')
        for caller in (self.red, self.blue):
            self.assertError(403, 'Quota exceeded', caller.request(
                'POST', '/queues/alarms/messages', {'messages': [{'body': 'd', 'ttl': 300}]}))
            self.assertError(403, 'Quota exceeded', caller.put('/queues/more', {}))

    def test_what_is_not_registered_is_limited_to_0(self):
        self.register(queues=1)
        self.assertEqual([1, 0, 0], self.limits(self.red))

    def test_a_change_takes_effect(self):
        registered = self.register(queues=1, messages=2, message_bytes=-1)
        own = self.limit(self.red, 'queues', 4)
        self.assertEqual([4, 2, -1], self.limits(self.red))
        self.identity.update_limit(own, resource_limit=5)
        self.identity.update_registered_limit(registered['messages'], default_limit=7)
        self.assertEqual([4, 2, -1], self.limits(self.red))
        self.clock.advance(LIFETIME)
        self.assertEqual([5, 7, -1], self.limits(self.red))
        self.identity.delete_limit(own)
        self.clock.advance(LIFETIME)
        self.assertEqual([1, 7, -1], self.limits(self.red))

    def test_no_question_while_the_limits_are_fresh(self):
        self.register(queues=1, messages=20, message_bytes=-1)
        self.red.create('alarms')
        self.relay.stop()
        self.clock.advance(LIFETIME / 4)
        self.red.post('alarms', *range(10))
        self.assertFalse(self.broker.quotas.limits.down)

    def test_without_keystone_the_last_known_limits_go_on(self):
        self.register(queues=1, messages=3, message_bytes=-1)
        self.red.post('alarms', 'a')
        self.relay.stop()
        self.clock.advance(LIFETIME)
        for _ in range(3):
            self.clock.advance(LIFETIME)
            self.assertEqual([1, 3, -1], self.limits(self.red))
        self.red.post('alarms', 'b', 'c')
        self.assertEqual(1, self.log.output.count('The last known limits go on'))
        self.assertNotIn('Traceback', self.log.output)
        self.assertEqual([2, 5, -1], self.limits(self.blue))  # never known: as configured

    def test_keystone_comes_back(self):
        self.assertEqual([0, 0, 0], self.limits(self.red))
        self.relay.stop()
        self.clock.advance(LIFETIME)
        self.assertEqual([[0, 0, 0], [2, 5, -1]], [self.limits(self.red), self.limits(self.blue)])
        self.register(queues=1, messages=3, message_bytes=4)
        self.relay.start()
        memory = self.broker.quotas.limits
        while memory.down:
            memory.refresh_once()
        self.assertEqual([[1, 3, 4], [1, 3, 4]], [self.limits(self.red), self.limits(self.blue)])

    def test_the_project_without_a_name_has_what_is_registered(self):
        self.register(queues=1, messages=3, message_bytes=4)
        self.limit(self.red, 'queues', 9)
        self.assertEqual(1, self.broker.quotas.limits.of('').queues)
        self.assertEqual(1, self.broker.quotas.limits.of('not/an id').queues)

    def test_a_service_that_is_not_in_the_catalogue(self):
        self.config = self.cloud.limits_config('no-such-service')
        self.app = self.serve()
        self.assertEqual([2, 5, -1], self.limits(self.caller()))
        self.assertIn('there must be one', self.log.output)

    def test_an_endpoint_by_its_id(self):
        self.register(queues=1, messages=3, message_bytes=4)
        [endpoint] = self.identity.endpoints(service_id=self.service)
        self.config = self.cloud.limits_config('whatever') + f'endpoint_id = {endpoint.id}\n'
        self.app = self.serve()
        self.assertEqual([1, 3, 4], self.limits(self.caller(project='somebody')))

    def test_the_janitor_forgets_who_has_no_limit_any_more(self):
        registered = self.register(queues=-1, messages=3, message_bytes=-1)
        self.red.post('alarms', 'a')
        project = self.red.headers['X-Project-Id']
        self.broker.quotas.tally.sync()
        self.identity.update_registered_limit(registered['messages'], default_limit=-1)
        self.clock.advance(LIFETIME)
        counting.Recount(self.broker.stores, self.broker.quotas.limits, 60, turn=60).work(10)
        self.assertIsNone(self.broker.stores.control.usage.get(project))


class TestOptions(tests_base.TestCase):

    def check(self, *lines):
        """What the commands say of these options; None if nothing."""
        path = base.ApiTest._file('marconi.conf', '\n'.join(lines))
        try:
            common.check_quota(conf.new(args=[], files=[path]))
        except cfg.Error as error:
            return str(error)

    def test_where_keystone_is(self):
        self.assertIsNone(self.check('[quota]', 'messages = 5'))
        self.assertIn('[oslo_limit] has no auth_type', self.check('[quota]', 'driver = keystone'))
        self.assertIn('[oslo_limit]', self.check(
            '[quota]', 'driver = keystone', '[oslo_limit]', 'auth_type = password'))
