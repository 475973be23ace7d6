"""``marconi-bench`` against the real service. How fast that is, no test asks."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

from marconi.cmd import bench
from tests.functional import base
from tests.functional import caller

TIMEOUT = 120


class TestBench(base.FunctionalTest):

    def command(self, *args, **kwargs):
        """A started ``marconi-bench`` in the project of this test."""
        it = subprocess.Popen(
            [sys.executable, '-m', 'marconi.cmd.bench', *args, '--project', self.project],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
            env={**os.environ, 'COLUMNS': '100'}, **kwargs)
        self.addCleanup(self.end, it)
        return it

    def end(self, it):
        if it.poll() is None:
            os.killpg(it.pid, signal.SIGKILL)
        it.communicate()

    def measure(self, *args):
        """Run it to the end; return (what it measured, what it printed)."""
        path = os.path.join(tempfile.mkdtemp(), 'results.json')
        it = self.command(self.service.url, '--json', path, '--duration', '0.4',
                          '--warm-up', '0.1', *args)
        out, err = it.communicate(timeout=TIMEOUT)
        self.assertEqual((0, ''), (it.returncode, err), out + err)
        with open(path) as file:
            return json.load(file), out

    def queues(self):
        return self.caller()('GET', '/v2/queues').json['queues']

    def assertSound(self, run):
        """Nothing failed, and the server has what was posted and not deleted."""
        self.assertEqual((0, []), (run['errors'], run['examples']))
        self.assertEqual(run['posted'] - run['deleted'], run['left'], run)
        # Of the whole run, not of the part that is measured, which a busy machine may miss.
        if run['scenario'] != 'list':
            self.assertGreater(run['posted'], 0, run)
        if run['p50'] is not None:
            self.assertLessEqual(run['p50'], run['p99'])

    def test_every_scenario(self):
        measured, out = self.measure('--connections', '6')
        self.assertEqual(list(bench.NAMES), [run['scenario'] for run in measured['runs']])
        for run in measured['runs']:
            self.assertSound(run)
            if run['scenario'].startswith('post'):
                self.assertEqual(0, run['deleted'])
            if run['scenario'] == 'list':
                self.assertEqual(0, run['posted'])
        self.assertIn('cycle of ten', out)
        self.assertEqual([], self.queues())

    def test_several_processes_version_1_1_and_messages_in_flight(self):
        measured, _ = self.measure('--processes', '2', '--api', 'v1.1', '--backlog', '30',
                                   '--in-flight', '15', '--scenarios', 'cycle10,post1')
        for run in measured['runs']:
            self.assertSound(run)

    def test_against_another(self):
        here, there = self.services(2)
        measured, out = self.measure('--against', there.url, '--rounds', '2',
                                     '--scenarios', 'post10')
        self.assertEqual([here.url, there.url] * 2, [run['url'] for run in measured['runs']])
        for run in measured['runs']:
            self.assertSound(run)
        self.assertGreater(measured['ratios']['post10']['messages'], 0)
        self.assertIn('A ÷ B', out)

    def test_ctrl_c_leaves_nothing_behind(self):
        it = self.command(self.service.url, '--duration', '300', '--scenarios', 'cycle1')
        self.until(lambda: self.queues() and self.busy(), why='it does not begin')
        os.killpg(it.pid, signal.SIGINT)
        out, err = it.communicate(timeout=TIMEOUT)
        self.assertEqual((130, ''), (it.returncode, err), out)
        self.assertEqual([], self.queues())

    def busy(self):
        """Whether messages were posted to the first queue there is."""
        path = self.queues()[0]['href']
        return self.caller()('GET', f'{path}/stats').json['messages']['total'] > 0

    def test_errors_are_counted_and_shown(self):
        it = self.command(self.service.url, '--duration', '0.2', '--warm-up', '0',
                          '--scenarios', 'post1', '--body-size', '300000')
        out, err = it.communicate(timeout=TIMEOUT)
        self.assertEqual((1, ''), (it.returncode, err), out)
        self.assertIn('Error: 400', out)


class TestNoServer(base.base.TestCase):

    def fails(self, url):
        began = time.monotonic()
        it = subprocess.run([sys.executable, '-m', 'marconi.cmd.bench', url],
                            capture_output=True, text=True, timeout=TIMEOUT)
        self.assertEqual((1, '', 1), (it.returncode, it.stdout, it.stderr.count('\n')), it.stderr)
        self.assertLess(time.monotonic() - began, caller.TIMEOUT)
        return it.stderr

    def test_nobody_listens(self):
        self.assertIn('http://127.0.0.1:1 does not answer: Connection refused',
                      self.fails('http://127.0.0.1:1'))

    def test_something_else_listens(self):
        with socket.create_server(('127.0.0.1', 0)) as server:
            url = f'http://127.0.0.1:{server.getsockname()[1]}'
            server.settimeout(TIMEOUT)
            it = subprocess.Popen([sys.executable, '-m', 'marconi.cmd.bench', url],
                                  stderr=subprocess.PIPE, text=True)
            for _ in range(2):  # it tries again
                connection, _ = server.accept()
                connection.recv(10000)
                connection.sendall(b'SSH-2.0-OpenSSH\r\n')
                connection.close()
            said = it.communicate(timeout=TIMEOUT)[1]
        self.assertEqual((1, 1), (it.returncode, said.count('\n')), said)
