"""The control plane over a real RabbitMQ: what is told, what is hurried, what an outage does."""

import socket

import sqlalchemy as sa

from marconi import context as context_module
from marconi.janitor import sweeps
from marconi import objects
from marconi import rpc
from marconi.storage.sqlalchemy import tables
from tests.functional import base
from tests.functional import bus as bus_module
from tests.functional import janitor as janitor_module
from tests import servers

#: A janitor that does nothing again for an hour, unless it is told to.
PATIENT = """\
[DEFAULT]
use_stderr = true
{bus}
[database]
connection = {{database}}
[janitor]
interval = 3600
batch = 20
lease = {{lease}}
{options}
"""
HURRIED = PATIENT.replace('interval = 3600', 'interval = 0.1')
LEASE = 3
#: An attribute, and something that is nobody's business.
METADATA = {'_max_messages_post_size': 1000, 'password': 'mine'}


class BusTest(base.FunctionalTest):

    scenarios = base.FunctionalTest.scenarios[:1]

    def setUp(self):
        super().setUp()
        self.require_server('rabbitmq')
        self.database = base.new_database(self.backend)

    def connect(self, server=None):
        """Listen at the bus, and serve with it."""
        self.bus = bus_module.Bus(server or servers.shared('rabbitmq'))
        self.listener = bus_module.Listener(self.bus)
        self.addCleanup(self.listener.close)
        self.served = self.own_service(self.database, workers=1, default=self.bus.default,
                                       options=self.bus.options)
        self.call = self.caller(self.served)

    def janitor(self, config=PATIENT):
        it = janitor_module.Janitor(self.database, LEASE, config=config.format(
            bus=self.bus.default, options=self.bus.options))
        self.addCleanup(it.close)
        self.until(lambda: 'Hints are heard' in it.log())
        return it

    def messages(self):
        """How many rows of messages there are, in purged and deleted queues too."""
        return self.ask(sa.select(sa.func.count()).select_from(tables.messages))

    def swept(self):
        """Whether each sweep ran at least once."""
        return self.ask(sa.select(sa.func.count()).select_from(tables.leases)) == len(sweeps.KINDS)

    def ask(self, statement):
        engine = sa.create_engine(self.database)
        with engine.connect() as connection:
            found = connection.scalar(statement)
        engine.dispose()
        return found

    def fill(self, number=30):
        for _ in range(number // 10):
            self.assertStatus(201, self.call.post(*range(10)))


class TestNotifications(BusTest):

    def setUp(self):
        super().setUp()
        self.connect()

    def assertTold(self, event, name, attributes=None):
        heard, payload, more = self.listener.next()
        self.assertEqual(
            (event, {'name': name, 'pool': None, 'attributes': attributes or {}}),
            (heard, payload['queue']))
        self.assertEqual(('1.0', self.project), (payload['version'], payload['project_id']))
        return payload, more

    def test_the_life_of_a_queue(self):
        path = self.call.path
        answer = self.call('PUT', path, METADATA)
        payload, more = self.assertTold('queue.create', 'queue', {'_max_messages_post_size': 1000})
        self.assertEqual(answer.headers['X-OpenStack-Request-Id'], payload['request_id'])
        self.assertEqual((f'marconi.{socket.gethostname()}', 'INFO'),
                         (more['publisher'], more['priority']))
        self.assertNotIn('mine', str((payload, more)))
        self.call('PUT', path, METADATA)  # it is there: nothing happens
        self.call.headers['Content-Type'] = 'application/openstack-messaging-v2.0-json-patch'
        self.call('PATCH', path, [
            {'op': 'replace', 'path': '/metadata/_max_messages_post_size', 'value': 2000}])
        self.call.headers.pop('Content-Type')
        self.assertTold('queue.update', 'queue', {'_max_messages_post_size': 2000})
        self.call('POST', f'{path}/purge')
        self.assertTold('queue.purge', 'queue', {'_max_messages_post_size': 2000})
        self.call('DELETE', path)
        self.assertTold('queue.delete', 'queue', {'_max_messages_post_size': 2000})
        # Of what is not there nothing is told.
        self.call('DELETE', path)
        self.call('POST', f'{path}/purge')
        self.call('PUT', f'{path}2')
        self.assertTold('queue.create', 'queue2')

    def test_queues_that_are_made_by_the_way(self):
        attributes = {'_dead_letter_queue': 'dead', '_max_claim_count': 3}
        self.call('PUT', '/v2/queues/alive', attributes)
        self.assertTold('queue.create', 'alive', attributes)
        self.call.queue = 'alive'
        self.call.claim()
        self.assertTold('queue.create', 'dead')
        self.call.queue = 'posted'
        self.call.post('here')
        self.assertTold('queue.create', 'posted')

    def test_of_messages_nothing_is_told(self):
        self.fill()
        self.assertTold('queue.create', 'queue')
        self.call.everything()
        claim = self.call.claim().json['messages']
        self.call('DELETE', claim[0]['href'])
        self.call('DELETE', f'{self.call.path}/messages?pop=5')
        self.call('GET', f'{self.call.path}/stats')
        self.call('DELETE', self.call.path)
        self.assertTold('queue.delete', 'queue')

    def test_pools_flavors_and_quotas(self):
        bus = rpc.connect(self.bus.conf())
        self.addCleanup(bus.close)
        context = context_module.RequestContext(project_id='p', user_id='u', roles=['admin'])
        pool = objects.Pool(name='fast', uri='postgresql://me:secret@there/db', weight=3,
                            flavor='gold', options={'password': 'secret'})
        flavor = objects.Flavor(project='p', name='gold', pools=['fast'],
                                capabilities={'durable': True})
        for event, value, field in (
                ('pool.create', pool, 'weight'), ('pool.update', pool, 'draining'),
                ('pool.delete', 'fast', 'name'), ('flavor.create', flavor, 'pools'),
                ('flavor.update', flavor, 'capabilities'), ('flavor.delete', 'gold', 'name')):
            bus.notifier.tell(context, event, value)
            heard, payload, more = self.listener.next()
            self.assertEqual((event, 'p', 'u', context.request_id),
                             (heard, payload['project_id'], payload['user_id'],
                              payload['request_id']))
            self.assertIn(field, payload[event.partition('.')[0]])
            self.assertNotIn('secret', str((payload, more)))
        for usage in (10, 10):
            bus.notifier.quota_exceeded(context, 'queues', 10, usage, 1)
        heard, payload, more = self.listener.next()
        self.assertEqual(('quota.exceeded', 'WARN'), (heard, more['priority']))
        self.assertEqual({'resource': 'queues', 'limit': 10, 'usage': 10, 'requested': 1},
                         payload['quota'])
        # The second was too soon after the first.
        bus.notifier.tell(context, 'pool.delete', 'fast')
        self.assertEqual('pool.delete', self.listener.next()[0])


class TestHints(BusTest):

    def setUp(self):
        super().setUp()
        self.connect()

    def test_what_was_purged_and_deleted_is_swept_at_once(self):
        janitors = [self.janitor() for _ in range(2)]
        self.until(self.swept)
        for method, path in (('POST', f'{self.call.path}/purge'), ('DELETE', self.call.path)):
            self.fill()
            self.assertEqual(30, self.messages())
            self.assertStatus(204, self.call(method, path))
            self.until(lambda: not self.messages(),
                       why=''.join(janitor.log() for janitor in janitors))
        for janitor in janitors:
            self.assertEqual(0, janitor.stop()[0], janitor.log())
            self.assertNotIn('Traceback', janitor.log())

    def test_without_a_janitor(self):
        bus = rpc.connect(self.bus.conf())
        self.addCleanup(bus.close)
        for names in (('one', 'two'), ('three', 'four')):
            bus.janitors.hint('nobody hears it')
            hearer = bus_module.Janitor(self.bus)
            bus.janitors.hint(names[0])
            hearer.until(names[0])
            hearer.close()
            for _ in range(3):
                bus.janitors.hint('nobody hears it')
        self.assertNotIn('Traceback', self.log.output)

    def test_janitors_ignore_what_they_do_not_know(self):
        janitor = self.janitor()
        self.until(self.swept)
        bus = rpc.connect(self.bus.conf())
        self.addCleanup(bus.close)
        self.fill()
        bus.janitors.hint('usage_of_the_moon')
        self.assertStatus(204, self.call('DELETE', self.call.path))
        self.until(lambda: not self.messages(), why=janitor.log())
        self.assertNotIn('Traceback', janitor.log())
        self.assertNotIn('moon', janitor.log())


class TestOutage(BusTest):

    def setUp(self):
        super().setUp()
        self.server = self.own_server('rabbitmq')
        self.connect(self.server)

    def use_all(self, name):
        """Do everything once; what is deleted is left to the janitor."""
        self.call.queue = name
        self.assertStatus(201, self.call('PUT', self.call.path))
        self.fill()
        self.assertStatus(201, self.call.claim())
        self.assertStatus(204, self.call('POST', f'{self.call.path}/purge'))
        self.fill()
        self.assertStatus(204, self.call('DELETE', self.call.path))

    def test_everything_goes_on_and_the_bus_too_when_it_is_back(self):
        janitor = self.janitor(HURRIED)
        hearer = bus_module.Janitor(self.bus)
        self.addCleanup(hearer.close)
        bus = rpc.connect(self.bus.conf())
        self.addCleanup(bus.close)
        self.use_all('before')
        self.assertEqual('before', self.listener.until('queue.delete')['queue']['name'])
        bus.janitors.hint('usage_counts')
        hearer.until('purged_messages', 'usage_counts')

        self.server.stop()
        for number in range(20):
            self.use_all(f'during-{number}')
        self.until(lambda: not self.messages(), why=janitor.log())

        self.server.start()
        self.use_all('after')
        while self.listener.until('queue.delete')['queue']['name'] != 'after':
            pass  # what waited meanwhile
        hearer.until('moves', again=lambda: bus.janitors.hint('moves'))
        hearer.until('purged_messages', again=lambda: self.use_all('once-more'))
        self.until(lambda: not self.messages(), why=janitor.log())
        for log in (self.served.log(1000), janitor.log()):
            self.assertNotIn('Traceback', log)
            self.assertEqual(1, log.count(' is unreachable: '), log)

    def test_processes_start_and_stop_without_it(self):
        self.server.stop()
        janitor = janitor_module.Janitor(self.database, LEASE, config=HURRIED.format(
            bus=self.bus.default, options=self.bus.options))
        self.addCleanup(janitor.close)
        self.until(self.swept, why=janitor.log())
        service = self.own_service(self.database, default=self.bus.default,
                                   options=self.bus.options)
        self.assertStatus(201, self.caller(service).post('here'))
        self.assertEqual(0, janitor.stop()[0], janitor.log())
        service.stop()
        for log in (janitor.log(), service.log()):
            self.assertNotIn('Traceback', log)
            self.assertNotIn('guest', log)
