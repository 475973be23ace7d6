"""The commands of operators, and what all commands share."""

import contextlib
import functools
import io
import json
import os
import resource
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

import fixtures
from oslo_config import cfg

from marconi.cmd import common
from marconi.cmd import exposure
from marconi.cmd import manage
from marconi.cmd import processes
from marconi.cmd import status
import marconi.conf
from marconi.core import heart
from marconi import objects
from marconi import storage
from tests import base
from tests import migrations

#: A release that expands, and then contracts.
WITH_BOTH = functools.partial(
    migrations.use, ('9001', 'expand', 'pass'), ('9002', 'contract', 'pass'))


class CommandTest(base.TestCase):

    def setUp(self):
        super().setUp()
        # The log belongs to the test, not to the command.
        self.useFixture(fixtures.MonkeyPatch('oslo_log.log.setup', lambda *args: None))
        self.directory = tempfile.mkdtemp()
        self.database = os.path.join(self.directory, 'it.sqlite')
        self.config = os.path.join(self.directory, 'marconi.conf')
        self.configure(f'sqlite:///{self.database}')

    def configure(self, url):
        with open(self.config, 'w') as file:
            file.write(f'[DEFAULT]\nauth_strategy = noauth\n[database]\nconnection = {url}\n')

    def call(self, main, *words):
        """Return (exit code, stdout, stderr) of a command."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = main(['--config-file', self.config, *words]) or 0
            except SystemExit as end:
                code = end.code
        return code, out.getvalue(), err.getvalue()

    def make_newer(self):
        with contextlib.closing(sqlite3.connect(self.database)) as connection, connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")


class TestManage(CommandTest):

    def db(self, *words):
        return self.call(manage.main, 'db', *words)

    def test_sync_makes_the_tables_and_can_be_repeated(self):
        for _ in range(2):
            code, out, err = self.db('sync')
            self.assertEqual((0, ''), (code, err))
            self.assertIn('it.sqlite is at revision ', out)

    def test_current_tells_the_revision(self):
        self.assertEqual((0, 'none: the database was never set up\n', ''), self.db('current'))
        _, out, _ = self.db('sync')
        self.assertIn(self.db('current')[1].strip(), out)

    def test_check_tells_what_to_do(self):
        code, out, err = self.db('check')
        self.assertEqual((1, '', 1), (code, out, err.count('\n')))
        self.assertIn('marconi-manage db sync', err)
        self.db('sync')
        self.assertEqual(0, self.db('check')[0])
        self.make_newer()
        code, out, err = self.db('check')
        self.assertEqual((1, '', 1), (code, out, err.count('\n')))
        self.assertIn('newer than this code', err)

    def test_sync_in_phases(self):
        self.db('sync')
        self.useFixture(WITH_BOTH())
        code, _, err = self.db('sync', '--contract')
        self.assertEqual((1, 1), (code, err.count('\n')))
        self.assertIn('run "marconi-manage db sync --expand" first', err)
        code, out, err = self.db('sync', '--expand')
        self.assertEqual((0, ''), (code, err))
        self.assertIn('is at revision 9001.', out)
        code, out, err = self.db('check')
        self.assertEqual((0, ''), (code, err))
        self.assertIn('(revision 9001)', out)
        self.assertIn('run "marconi-manage db sync --contract".', out)
        self.assertIn('is at revision 9002.', self.db('sync', '--contract')[1])
        self.assertNotIn('--contract', self.db('check')[1])

    def test_sync_takes_one_phase_at_a_time(self):
        self.assertEqual(2, self.db('sync', '--expand', '--contract')[0])

    def test_sync_leaves_a_newer_database_alone(self):
        self.db('sync')
        self.make_newer()
        code, _, err = self.db('sync')
        self.assertEqual((1, 1), (code, err.count('\n')))

    def test_database_that_is_down(self):
        self.configure('postgresql://me:geheim@127.0.0.1:1/marconi')
        for word in ('sync', 'current', 'check'):
            code, out, err = self.db(word)
            self.assertEqual((1, '', 1), (code, out, err.count('\n')))
            self.assertNotIn('geheim', err)


class TestServiceList(CommandTest):

    def setUp(self):
        super().setUp()
        self.call(manage.main, 'db', 'sync')
        self.store = storage.connect('sqlalchemy', f'sqlite:///{self.database}')
        self.addCleanup(self.store.dispose)

    def beat(self, name, seconds_ago=0, **fields):
        self.store.clock = lambda: int(1000 * (time.time() - seconds_ago))
        self.store.services.beat(objects.Service(
            id=name, kind='server', host=name, pid=7, version='1.2.3', **fields), 5)

    def test_nobody(self):
        code, out, err = self.call(manage.main, 'service', 'list')
        self.assertEqual((0, 1, ''), (code, out.count('\n'), err))

    def test_tells_who_is_up_and_who_is_down(self):
        self.beat('east', seconds_ago=25)
        self.beat('west', seconds_ago=31)
        code, out, _ = self.call(manage.main, 'service', 'list')
        head, east, west = out.splitlines()
        self.assertEqual(0, code)
        self.assertRegex(head, '^kind +host +pid +version +started +last seen +state$')
        self.assertRegex(east, r'^server +east +7 +1\.2\.3 +\d.*Z +\d.*Z +up$')
        self.assertRegex(west, r'^server +west .* down$')

    def test_json(self):
        self.beat('east')
        row, = json.loads(self.call(manage.main, 'service', 'list', '--json')[1])
        self.assertEqual(('server', 'east', 7, '1.2.3', 'up'), tuple(
            row[name] for name in ('kind', 'host', 'pid', 'version', 'state')))
        self.assertRegex(row['last_seen'], r'^\d{4}-\d\d-\d\dT[\d:]{8}Z$')

    def test_database_that_is_down(self):
        self.configure('postgresql://me:geheim@127.0.0.1:1/marconi')
        code, out, err = self.call(manage.main, 'service', 'list')
        self.assertEqual((1, ''), (code, out))
        self.assertNotIn('geheim', err)


class TestStatus(CommandTest):

    def check(self):
        return self.call(status.main, 'upgrade', 'check')

    def ready(self, *lines):
        """Set everything up, and then configure some more lines."""
        self.call(manage.main, 'db', 'sync')
        with open(self.config, 'a') as file:
            file.writelines(f'{line}\n' for line in lines)

    def beat(self, kind, version=None):
        store = storage.connect('sqlalchemy', f'sqlite:///{self.database}')
        self.addCleanup(store.dispose)
        store.services.beat(objects.Service(
            id=kind, kind=kind, host='h', pid=1, version=version or heart.version()), 0)

    def test_processes_of_another_version(self):
        self.ready()
        self.beat('janitor')
        self.assertEqual(0, self.check()[0])
        self.beat('server', version='0.0.0')
        code, out, _ = self.check()
        self.assertEqual(1, code)
        self.assertIn('1 processes run another version', ' '.join(out.split()))

    def test_no_janitor(self):
        self.ready()
        self.beat('server')
        code, out, _ = self.check()
        self.assertEqual(1, code)
        self.assertIn('no janitor runs', out)

    def test_rules_that_nobody_asks_for(self):
        rules = os.path.join(self.directory, 'policy.yaml')
        with open(rules, 'w') as file:
            file.write('"messages:creat": "role:admin"\n"messages:get": "role:admin"\n')
        self.ready('[oslo_policy]', f'policy_file = {rules}')
        code, out, _ = self.check()
        self.assertEqual(1, code, out)
        self.assertIn('messages:creat.', out)

    def test_keystone_that_nobody_set_up(self):
        self.ready('[DEFAULT]', 'auth_strategy = keystone')
        code, out, _ = self.check()
        self.assertEqual(2, code, out)
        self.assertIn('[keystone_authtoken] has no', out)

    def test_fails_until_the_schema_fits(self):
        code, out, _ = self.check()
        self.assertEqual(2, code)
        self.assertIn('was never set up', out)
        self.call(manage.main, 'db', 'sync')
        code, out, _ = self.check()
        self.assertEqual(0, code, out)

    def test_warns_of_what_is_left_to_contract(self):
        self.useFixture(WITH_BOTH())
        self.call(manage.main, 'db', 'sync', '--expand')
        code, out, _ = self.check()
        self.assertEqual(1, code, out)
        self.assertIn('--contract', out)


class TestServices(CommandTest):

    def test_database_that_was_never_set_up(self):
        for name in ('server', 'janitor'):
            it = subprocess.run(
                [sys.executable, '-m', f'marconi.cmd.{name}', '--config-file', self.config],
                capture_output=True, text=True, timeout=60)
            self.assertEqual((1, 1), (it.returncode, it.stderr.count('\n')), it.stderr)
            self.assertIn(f'marconi-{name}: The database sqlite:///', it.stderr)
            self.assertIn('run "marconi-manage db sync"', it.stderr)


class TestExposure(base.TestCase):

    def check(self, bind, **options):
        conf = marconi.conf.new((), ())
        conf.set_override('auth_strategy', 'noauth', 'DEFAULT')
        conf.set_override('bind', bind, 'drivers:transport:wsgi')
        for name, value in options.items():
            conf.set_override(name, value, 'DEFAULT')
        with contextlib.redirect_stderr(io.StringIO()) as err:
            try:
                exposure.check(conf)
            except SystemExit:
                return err.getvalue()

    def test_keystone_is_what_one_gets(self):
        self.assertEqual('keystone', marconi.conf.new((), ()).DEFAULT.auth_strategy)

    def test_without_authentication_it_is_said_in_the_log(self):
        for bind in ('127.0.0.1', '127.1.2.3', '::1', 'localhost'):
            self.assertIsNone(self.check(bind))
            self.assertIn(f'There is no authentication (auth_strategy = noauth). Programs on this '
                          f'machine ({bind})', self.log.output)

    def test_beyond_loopback_it_must_be_confirmed(self):
        for bind in ('0.0.0.0', '::', '192.0.2.1', 'no-such-host.invalid'):
            self.assertIn('noauth_beyond_loopback = true', self.check(bind))
            self.assertIsNone(self.check(bind, noauth_beyond_loopback=True))
            self.assertIn(f'All who reach {bind} can use', self.log.output)

    def test_with_keystone_it_must_be_possible_to_reach_it(self):
        error = self.assertRaises(cfg.Error, self.check, '0.0.0.0', auth_strategy='keystone')
        self.assertIn('has no auth_type', str(error))


class TestCommon(base.TestCase):

    def test_describe_hides_who_and_how(self):
        for url, said in (
                ('postgresql+psycopg://me:p%40ss@host:5432/name?password=x',
                 'postgresql://host:5432/name'),
                ('mysql://host/name', 'mysql://host/name'),
                ('postgresql://me:geheim@/name?host=/run', 'postgresql:///name'),
                ('sqlite:////var/lib/marconi.sqlite', 'sqlite:////var/lib/marconi.sqlite')):
            self.assertEqual(said, common.describe(url))


#: A child that gets a signal before it is ready for it, and says what became of it.
FORK = """
import os, signal, time
from marconi.cmd import processes

parent = os.getpid()
signal.signal(signal.SIGHUP, lambda *args: os.getpid() == parent and print('parent', flush=True))
processes.hold_in_children(signal.SIGHUP)
reader, writer = os.pipe()
child = os.fork()
if child:
    os.kill(child, signal.SIGHUP)
    os.write(writer, b'x')
    os.waitpid(child, 0)
    os.kill(os.getpid(), signal.SIGHUP)
else:
    os.read(reader, 1)

    def act():
        print('child', flush=True)
        os._exit(0)

    processes.on_signals({signal.SIGHUP: act}, 1)
    time.sleep(30)
"""


class TestProcesses(base.TestCase):

    def test_a_signal_that_comes_too_early(self):
        said = subprocess.run([sys.executable, '-c', FORK], capture_output=True, text=True).stdout
        self.assertEqual(['child', 'parent'], said.split())

    def test_port_is_free(self):
        with socket.create_server(('127.0.0.1', 0)) as taken:
            port = taken.getsockname()[1]
            self.assertFalse(processes.port_is_free('127.0.0.1', port))
        self.assertTrue(processes.port_is_free('127.0.0.1', port))

    def test_port_is_not_free_when_it_could_be_shared(self):
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            taken.bind(('127.0.0.1', 0))
            taken.listen()
            self.assertFalse(processes.port_is_free('127.0.0.1', taken.getsockname()[1]))

    def test_address_of_somebody_else(self):
        self.assertRaises(OSError, processes.port_is_free, '192.0.2.1', 8888)

    def test_let_threads_finish(self):
        # In a process of its own: it cannot be undone without being root.
        policy = subprocess.run([sys.executable, '-c', (
            'import os, threading\n'
            'from marconi.cmd import processes\n'
            'processes.let_threads_finish()\n'
            'threading.Thread(target=lambda: print(os.sched_getscheduler(0))).start()')],
            capture_output=True, text=True, check=True).stdout
        self.assertEqual(str(os.SCHED_BATCH), policy.strip())

    def test_allow_files_raises_the_limit_and_never_lowers_it(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 500), hard))
        processes.allow_files(600)
        self.assertEqual(600, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        processes.allow_files(100)
        self.assertEqual(600, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
