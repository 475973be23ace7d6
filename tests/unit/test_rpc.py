"""What a process says over the message bus, without one: the outbox, and who fills it."""

import logging
import subprocess
import sys
import tempfile
import threading
import time

from oslo_config import cfg

import marconi.conf
from marconi import context
from marconi import objects
from marconi import rpc
from marconi.rpc import janitors
from marconi.rpc import messaging
from marconi.rpc import notifier
from marconi.rpc import outbox
from marconi.rpc import payloads
from tests import base
from tests.servers import process

QUEUE = objects.Queue(id=1, project='p', name='alarms', metadata={'_flavor': 'gold'}, pool='fast')
#: For each kind of event something that it can be about.
VALUES = {
    'queue': QUEUE,
    'pool': objects.Pool(name='fast', uri='postgresql://me:secret@there/db', weight=1),
    'flavor': objects.Flavor(project='p', name='gold', pools=['fast']),
    'quota': {'resource': 'queues', 'limit': 1, 'usage': 1, 'requested': 1},
}

#: Uses queues as a process does that was told of no bus.
WITHOUT = """
import sys, threading
from marconi import context, core
import marconi.conf
from marconi.cmd import janitor, server
from marconi import rpc

conf = marconi.conf.new([], [sys.argv[1]])
rpc.check(conf)
broker = core.Broker.from_conf(conf)
who = context.RequestContext(project_id='p', roles=['member'])
broker.queues.create(who, 'alarms', {})
broker.queues.purge(who, 'alarms')
broker.queues.delete(who, 'alarms')
broker.bus.serve(object())
broker.close()
print([name for name in ('oslo_messaging', 'kombu', 'amqp', 'eventlet') if name in sys.modules],
      [thread.name for thread in threading.enumerate()])
"""


def value_of(event):
    noun, _, verb = event.partition('.')
    return 'gold' if verb == 'delete' and noun != 'queue' else VALUES[noun]


class TestOutbox(base.TestCase):

    def setUp(self):
        super().setUp()
        self.outbox = outbox.Outbox(most=3)
        self.stuck, self.go_on = threading.Event(), threading.Event()
        self.addCleanup(self.outbox.close, lambda: None, 30)
        self.addCleanup(self.go_on.set)
        self.done = []

    def put(self, *names):
        return [self.outbox.put(lambda name=name: self.done.append(name)) for name in names]

    def get_stuck(self):
        """Let the thread be in a job that does not end."""
        def job():
            self.stuck.set()
            self.go_on.wait(60)
        self.outbox.put(job)
        self.stuck.wait(60)

    def recover(self, lost):
        """Let the thread go on until everything is done, and what was lost is told."""
        self.go_on.set()
        deadline = time.monotonic() + 60
        while f'again; {lost} were dropped' not in self.log.output:
            self.assertLess(time.monotonic(), deadline, self.log.output)
            time.sleep(0.01)

    def test_does_one_thing_after_the_other(self):
        self.put('one', 'two')
        self.outbox.close(lambda: self.done.append('end'), 60)
        self.assertEqual(['one', 'two', 'end'], self.done)

    def test_what_does_not_fit_is_dropped_and_counted_and_told_once(self):
        self.get_stuck()
        self.assertEqual([True, True, True, False, False], self.put(1, 2, 3, 4, 5))
        self.assertEqual(2, self.outbox.dropped)
        self.assertEqual(1, self.log.output.count('further ones are dropped'), self.log.output)
        self.recover(2)
        self.assertEqual([1, 2, 3], self.done)
        self.assertEqual([True], self.put(6))

    def test_each_outage_is_told(self):
        for lost in (1, 2):
            self.stuck.clear()
            self.go_on.clear()
            self.get_stuck()
            self.put(*range(3 + lost))
            self.recover(lost)
        self.assertEqual(2, self.log.output.count('further ones are dropped'))
        self.assertEqual(3, self.outbox.dropped)

    def test_a_bug_does_not_end_it(self):
        self.outbox.put(lambda: 1 / 0)
        self.put('next')
        self.outbox.close(lambda: None, 60)
        self.assertEqual(['next'], self.done)
        self.assertIn('ZeroDivisionError', self.log.output)

    def test_closing_does_not_wait_for_who_is_stuck(self):
        self.get_stuck()
        self.put(1, 2, 3)
        self.outbox.close(lambda: self.done.append('end'), 60)
        self.assertEqual([], self.done)


class HeldBack:
    """An outbox that does nothing until it is told to."""

    def __init__(self, room=100):
        self.jobs = []
        self.room = room

    def put(self, job):
        if len(self.jobs) >= self.room:
            return False
        self.jobs.append(job)
        return True

    def work(self):
        jobs, self.jobs = self.jobs, []
        for job in jobs:
            job()


class TestJanitorAPI(base.TestCase):

    def setUp(self):
        super().setUp()
        self.cast = []
        self.outbox = HeldBack()
        self.janitors = janitors.JanitorAPI(self.outbox, self.cast.append)

    def test_a_hint_that_waits_is_not_repeated(self):
        for sweep in ('purged_messages', 'moves', 'purged_messages'):
            self.janitors.hint(sweep)
        self.outbox.work()
        self.assertEqual(['purged_messages', 'moves'], self.cast)

    def test_a_hint_that_comes_while_one_is_sent_is_another(self):
        self.janitors._cast = lambda sweep: (self.cast.append(sweep), self.janitors.hint('more'))
        self.janitors.hint('more')
        self.outbox.work()
        self.assertEqual(1, len(self.outbox.jobs))

    def test_one_that_was_dropped_does_not_keep_the_next_one_out(self):
        self.outbox.room = 0
        self.janitors.hint('moves')
        self.outbox.room = 1
        self.janitors.hint('moves')
        self.outbox.work()
        self.assertEqual(['moves'], self.cast)

    def test_without_a_bus(self):
        janitors.JanitorAPI(self.outbox, None).hint('moves')
        self.assertEqual([], self.outbox.jobs)


class TestNotifier(base.TestCase):

    def setUp(self):
        super().setUp()
        self.now = 1000.0
        self.told = []
        self.outbox = HeldBack()
        self.notifier = notifier.Notifier(self.outbox, lambda *what: self.told.append(what),
                                          clock=lambda: self.now)
        self.red = context.RequestContext(project_id='red', user_id='u')
        self.blue = context.RequestContext(project_id='blue', user_id='u')

    def exceed(self, who, resource='queues'):
        self.notifier.quota_exceeded(who, resource, limit=10, usage=10, requested=1)
        self.outbox.work()
        return len(self.told)

    def test_every_event_can_be_told(self):
        for event in payloads.EVENTS:
            self.notifier.tell(self.red, event, value_of(event))
        self.outbox.work()
        self.assertEqual(list(payloads.EVENTS), [event for _, _, event, _ in self.told])
        self.assertNotIn('secret', str(self.told))

    def test_an_event_that_nobody_knows_is_a_bug(self):
        self.assertRaises(KeyError, self.notifier.tell, self.red, 'queue.explode', QUEUE)

    def test_an_exceeded_quota_is_told_once_a_minute_per_project_and_resource(self):
        self.assertEqual(1, self.exceed(self.red))
        self.assertEqual(1, self.exceed(self.red))
        self.assertEqual(2, self.exceed(self.blue))
        self.assertEqual(3, self.exceed(self.red, 'messages'))
        self.now += 59
        self.assertEqual(3, self.exceed(self.red))
        self.now += 1
        self.assertEqual(4, self.exceed(self.red))
        self.assertEqual('WARN', self.told[-1][1])

    def test_the_time_is_that_of_the_event(self):
        self.notifier.tell(self.red, 'queue.create', QUEUE)
        self.notifier.tell(self.red, 'queue.delete', QUEUE)
        self.outbox.work()
        times = [payload['occurred_at'] for *_, payload in self.told]
        self.assertEqual(sorted(times), times)
        self.assertRegex(times[0], r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$')

    def test_without_a_bus(self):
        quiet = notifier.Notifier(self.outbox, None)
        quiet.tell(self.red, 'queue.create', QUEUE)
        quiet.quota_exceeded(self.red, 'queues', 1, 1, 1)
        self.assertEqual([], self.outbox.jobs)


class TestSeldom(base.TestCase):

    def test_a_complaint_is_heard_once_in_a_while_and_good_news_always(self):
        now = [0.0]
        seldom = messaging._Seldom(600, clock=lambda: now[0])

        def heard(level, text, *args):
            return seldom.filter(logging.LogRecord('it', level, '', 1, text, args, None))

        self.assertTrue(heard(logging.ERROR, '%s is unreachable', 'a'))
        self.assertFalse(heard(logging.ERROR, '%s is unreachable', 'b'))
        self.assertTrue(heard(logging.ERROR, '%s knows nobody of this name', 'a'))
        for _ in range(2):
            self.assertTrue(heard(logging.INFO, 'Reconnected'))
        now[0] += 601
        self.assertTrue(heard(logging.ERROR, '%s is unreachable', 'a'))


class TestConfiguration(base.TestCase):

    def file(self, url=None):
        handle, path = tempfile.mkstemp()
        with open(handle, 'w') as file:
            file.write('' if url is None else f'[DEFAULT]\ntransport_url = {url}\n')
            file.write(f'[database]\nconnection = {self.database_url()}\n')
        return path

    def test_without_a_bus_nothing_is_loaded(self):
        for url in (None, ''):
            output = subprocess.check_output([sys.executable, '-c', WITHOUT, self.file(url)],
                                             text=True)
            self.assertEqual("[] ['MainThread']\n", output)

    def test_a_bus_that_does_not_exist_is_told_without_its_password(self):
        for url in ('nonsense', 'me:secret@there', 'smoke://me:secret@there/',
                    'rabbit://me:secret@there:port/', 'rabbit://me:secret@[::1/'):
            error = self.assertRaises(
                cfg.Error, rpc.check, marconi.conf.new([], [self.file(url)]))
            self.assertIn('transport_url', str(error))
            self.assertNotIn('secret', str(error))

    def test_commands_tell_it_in_one_line(self):
        for name in ('server', 'janitor'):
            it = subprocess.run(
                [sys.executable, '-m', f'marconi.cmd.{name}', '--config-file',
                 self.file('nonsense'), '--config-file', self.quiet()],
                capture_output=True, text=True, timeout=60)
            self.assertEqual(1, it.returncode)
            self.assertEqual(f'marconi-{name}: transport_url is no URL such as '
                             'rabbit://user:password@host:5672/\n', it.stderr)

    @staticmethod
    def quiet():
        handle, path = tempfile.mkstemp()
        with open(handle, 'w') as file:
            file.write(f'[DEFAULT]\nauth_strategy = noauth\nlog_file = {path}.log\n'
                       f'[drivers:transport:wsgi]\nport = {process.free_port()}\n')
        return path
