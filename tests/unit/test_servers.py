"""The tests' own servers: if these lie, so does everything that runs on them."""

import os
import signal
import subprocess
import sys
import time

import psutil
import sqlalchemy
from sqlalchemy import pool
import testscenarios

from tests import base
from tests import servers
from tests.servers import process


def connect(url):
    return sqlalchemy.create_engine(
        url, poolclass=pool.NullPool, connect_args={'connect_timeout': 5}).begin()


def execute(url, *statements):
    with connect(url) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def count(url, table='thing'):
    with connect(url) as connection:
        return connection.exec_driver_sql(f'SELECT count(*) FROM {table}').scalar_one()


def wait_until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


class OnEveryDatabaseServer(testscenarios.WithScenarios):

    scenarios = [(name, {'backend': name}) for name in servers.DATABASES]


class TestServer(OnEveryDatabaseServer, base.TestCase):

    def test_life(self):
        server = self.own_server()
        url = server.create_database('life')
        execute(url, 'CREATE TABLE thing (id integer)', 'INSERT INTO thing VALUES (1)')
        port, directory, first = server.port, server.directory, server.process.pid

        server.kill()
        self.assertFalse(server.running())
        self.assertRaises(sqlalchemy.exc.OperationalError, count, url)

        server.restart()
        self.assertEqual((port, directory), (server.port, server.directory))
        self.assertNotEqual(first, server.process.pid)
        self.assertEqual(1, count(url))

        server.stop()
        self.assertEqual(0, server.process.returncode)
        self.assertRaises(sqlalchemy.exc.OperationalError, count, url)
        server.start()
        self.assertEqual(1, count(url))

        server.close()
        self.assertFalse(os.path.exists(directory))

    def test_kill_spares_what_was_committed_and_nothing_else(self):
        server = self.own_server()
        url = server.create_database('crash')
        execute(url, 'CREATE TABLE thing (id integer)')
        for number in range(30):
            execute(url, f'INSERT INTO thing VALUES ({number})')
        with sqlalchemy.create_engine(url, poolclass=pool.NullPool).connect() as connection:
            connection.exec_driver_sql('INSERT INTO thing VALUES (30)')
            server.kill()
            connection.invalidate()
        server.start()
        self.assertEqual(30, count(url))

    def test_two_do_not_meet(self):
        one, two = self.own_server(), self.own_server()
        execute(one.create_database('place'), 'CREATE TABLE thing (id integer)')
        two.create_database('place')
        self.assertEqual(0, count(one.url('place')))
        self.assertRaises(sqlalchemy.exc.DBAPIError, count, two.url('place'))

    def test_survives_the_thread_that_started_it(self):
        # The kernel's death signal is bound to a thread; see process.spawn().
        kind = servers.KINDS[self.backend]
        self._require(kind.missing())
        server = kind()
        self.addCleanup(server.close)
        process.futures.ThreadPoolExecutor(1).submit(server.start).result()
        time.sleep(0.5)
        self.assertTrue(server.running())

    def test_one_that_ends_tells_why(self):
        kind = servers.KINDS[self.backend]
        self._require(kind.missing())

        class Broken(kind):
            def command(self):
                return super().command() + ['--no-such-option=here']

        server = Broken()
        self.addCleanup(server.close)
        error = self.assertRaises(process.ServerError, server.start)
        self.assertIn('no-such-option', str(error).replace('_', '-'))

    def test_dies_with_its_owner(self):
        kind = servers.KINDS[self.backend]
        self._require(kind.missing())
        code = ('import time\n'
                'from tests import servers\n'
                f'server = servers.KINDS[{self.backend!r}]().start()\n'
                'print(server.process.pid, server.directory, flush=True)\n'
                'time.sleep(600)\n')
        owner = process.spawn([sys.executable, '-c', code], stdout=subprocess.PIPE, text=True)
        self.addCleanup(owner.stdout.close)
        pid, directory = owner.stdout.readline().split()
        family = [psutil.Process(int(pid)), *psutil.Process(int(pid)).children(recursive=True)]
        owner.send_signal(signal.SIGKILL)
        owner.wait()
        self.assertTrue(wait_until(lambda: not any(map(process.alive, family))), family)

        # Nobody could remove the directory: the next server does.
        self.assertTrue(os.path.exists(directory))
        self.own_server()
        self.assertFalse(os.path.exists(directory))


class TestRabbitMQ(base.TestCase):

    def family(self):
        """Programs of Erlang that belong to this process."""
        return {child.name() for child in psutil.Process().children(recursive=True)
                if child.name() in ('epmd', 'beam.smp') and process.alive(child)}

    def test_life(self):
        before = self.family()
        server = self.own_server('rabbitmq')
        port, directory = server.port, server.directory
        self.assertEqual({'epmd', 'beam.smp'}, self.family())
        server.stop()
        self.assertEqual((0, before), (server.process.returncode, self.family()))
        server.start()
        server.kill()
        self.assertEqual(before, self.family())
        server.restart()
        self.assertEqual((port, directory), (server.port, server.directory))
        server.close()
        self.assertEqual(before, self.family())
        self.assertFalse(os.path.exists(directory))

    def test_listens_on_this_machine_only(self):
        self.own_server('rabbitmq')
        ours = {child.pid for child in psutil.Process().children(recursive=True)}
        addresses = {it.laddr.ip for it in psutil.net_connections('inet')
                     if it.pid in ours and it.status == psutil.CONN_LISTEN}
        self.assertEqual({'127.0.0.1', '::1'}, addresses | {'::1'})


class TestDatabases(OnEveryDatabaseServer, base.TestCase):

    def setUp(self):
        super().setUp()
        self.require_server(self.backend)
        self.server = servers.shared(self.backend)
        self.name = f'test_{os.getpid()}_databases'
        self.addCleanup(self.server.drop_database, self.name)

    def test_create_and_drop(self):
        url = self.server.create_database(self.name)
        self.assertEqual(self.server.url(self.name), url)
        execute(url, 'CREATE TABLE thing (id integer)')
        self.server.drop_database(self.name)
        self.assertRaises(sqlalchemy.exc.DBAPIError, execute, url)
        self.server.create_database(self.name)
        self.assertRaises(sqlalchemy.exc.DBAPIError, count, url)

    def test_drop_one_that_is_in_use(self):
        url = self.server.create_database(self.name)
        execute(url, 'CREATE TABLE thing (id integer)')
        with sqlalchemy.create_engine(url, poolclass=pool.NullPool).connect() as connection:
            connection.exec_driver_sql('INSERT INTO thing VALUES (1)')
            self.server.drop_database(self.name)
            connection.invalidate()
        self.assertRaises(sqlalchemy.exc.DBAPIError, execute, url)

    def test_drop_one_that_is_not_there(self):
        self.server.drop_database(self.name)

    def test_any_text_fits(self):
        url = self.server.create_database(self.name)
        text = 'žluť 🐴'
        execute(url, 'CREATE TABLE thing (text varchar(20))')
        with connect(url) as connection:
            connection.execute(sqlalchemy.text('INSERT INTO thing VALUES (:text)'), {'text': text})
            self.assertEqual(text, connection.exec_driver_sql('SELECT * FROM thing').scalar_one())


class TestCommand(base.TestCase):
    """``python -m tests.servers -- COMMAND``."""

    def run_command(self, *command, **kwargs):
        environment = {name: value for name, value in os.environ.items()
                       if name not in map(servers.variable, servers.KINDS)}
        # Where this runs in the background, an interruption may be ignored, and
        # that is inherited.
        listening = ['env', '--default-signal=INT', sys.executable]
        return process.spawn(
            [*listening, '-m', 'tests.servers', '--', *command], signal.SIGTERM,
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **kwargs)

    def test_the_command_finds_the_servers_and_gives_the_code(self):
        for name in servers.KINDS:
            self._require(servers.KINDS[name].missing())
        code = ('import sys, tests.servers\n'
                'for name in tests.servers.DATABASES:\n'
                '    server = tests.servers.shared(name)\n'
                '    assert isinstance(server, tests.servers.databases.Announced), server\n'
                '    with server.administer() as connection:\n'
                '        print(connection.exec_driver_sql("SELECT 40 + 2").scalar_one())\n'
                'sys.exit(7)\n')
        command = self.run_command(sys.executable, '-c', code)
        output, errors = command.communicate()
        self.assertEqual(7, command.returncode, errors)
        self.assertEqual(['42'] * len(servers.DATABASES), output.split())

    def test_an_interruption_leaves_nothing(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            command = self.run_command('sh', '-c', 'echo ready; exec sleep 600')
            self.assertEqual('ready\n', command.stdout.readline())
            family = psutil.Process(command.pid).children(recursive=True)
            self.assertGreater(len(family), 1)
            # As a terminal does it: Ctrl-C reaches the command too.
            if number == signal.SIGINT:
                for member in family:
                    if member.name() == 'sleep':
                        member.send_signal(number)
            command.send_signal(number)
            command.communicate()
            self.assertNotEqual(0, command.returncode)
            self.assertFalse([member for member in family if process.alive(member)])
