"""The supervisor of the standalone service, with children that do nothing useful."""

import os
import pty
import signal
import sys
import textwrap
import time

import psutil

from tests import base
from tests.servers import process

SCRIPT = """
import os, signal, sys, time
from marconi.cmd import supervisor

def patient():
    time.sleep(60)

def stubborn():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(60)

boss = supervisor.Supervisor({'one': patient, 'two': %s}, patience=1)
boss.start()
print('started', flush=True)
while boss.watch():
    pass
boss.stop()
print('stopped', flush=True)
"""


class TestSupervisor(base.TestCase):

    def supervisor(self, second='patient'):
        boss = process.spawn([sys.executable, '-c', textwrap.dedent(SCRIPT % second)],
                             stdout=process.subprocess.PIPE, text=True)
        self.addCleanup(boss.stdout.close)
        self.addCleanup(boss.wait)
        self.addCleanup(boss.kill)
        self.assertEqual('started\n', boss.stdout.readline())
        return boss

    def children(self, boss):
        return psutil.Process(boss.pid).children()

    def until(self, condition):
        deadline = time.monotonic() + 20
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)

    def test_starts_again_what_ends(self):
        boss = self.supervisor()
        old = self.children(boss)
        self.assertEqual(2, len(old))
        old[0].kill()
        self.until(lambda: len(set(self.children(boss)) - set(old)) == 1)
        self.assertIn(old[1], self.children(boss))

    def test_ends_all_on_either_signal(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            boss = self.supervisor()
            children = self.children(boss)
            boss.send_signal(number)
            self.assertEqual(0, boss.wait(20))
            self.assertEqual('stopped\n', boss.stdout.read())
            self.assertEqual([], psutil.wait_procs(children, 5)[1])

    def test_kills_what_does_not_end(self):
        boss = self.supervisor('stubborn')
        children = self.children(boss)
        time.sleep(0.3)  # for the child to become stubborn
        started = time.monotonic()
        boss.terminate()
        boss.wait(20)
        self.assertGreater(time.monotonic() - started, 0.9)
        self.assertEqual([], psutil.wait_procs(children, 5)[1])

    def test_children_end_when_it_is_killed(self):
        boss = self.supervisor()
        children = self.children(boss)
        boss.kill()
        self.assertEqual([], psutil.wait_procs(children, 5)[1])

    def test_ends_when_its_terminal_is_closed(self):
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(sys.executable, [sys.executable, '-c', textwrap.dedent(SCRIPT % 'patient')])
        boss = psutil.Process(pid)
        self.addCleanup(lambda: boss.is_running() and boss.kill())
        self.until(lambda: len(boss.children()) == 2)
        self.assertIn(b'started', os.read(terminal, 100))
        children = boss.children()
        os.close(terminal)
        self.assertEqual([], psutil.wait_procs([boss, *children], 20)[1])

    def test_sighup_is_no_reason_to_end(self):
        boss = self.supervisor()
        children = self.children(boss)
        boss.send_signal(signal.SIGHUP)  # they ignore it
        boss.terminate()
        self.assertEqual(0, boss.wait(20))
        self.assertEqual([], psutil.wait_procs(children, 5)[1])

    def test_children_do_not_hear_ctrl_c(self):
        boss = self.supervisor()
        groups = {os.getpgid(child.pid) for child in self.children(boss)}
        self.assertNotIn(os.getpgid(boss.pid), groups)
