"""Keeping child processes alive, and ending all of them together."""

import multiprocessing
from multiprocessing import connection
import os
import signal
import sys
import time

from oslo_log import log

from marconi.cmd import processes

LOG = log.getLogger(__name__)

#: Seconds from the start of a child to its next start, at least.
PAUSE = 1.0


class Supervisor:
    """Runs functions, each in a child process, until SIGTERM or SIGINT.

    A child that ends is started again. If the supervisor is killed, the kernel
    tells the children to stop. It has no threads, so forking is safe. SIGHUP is passed
    on; from a terminal that is closed, it means the end.
    """

    def __init__(self, functions, patience, reload=lambda: True):
        """
        :param functions: {name: function without arguments, which returns when
            its process gets SIGTERM}.
        :param patience: seconds to let the children finish, then they are killed.
        :param reload: called on SIGHUP, before the children get it; they do not if it
            returns False.
        """
        self._functions = functions
        self._patience = patience
        self._reload = reload
        self._terminal = os.isatty(0)
        self._hung_up = False
        self._fork = multiprocessing.get_context('fork')
        self._children = {}
        self._started = {}
        self._stopping = False

    def start(self):
        """Start all children, and listen for the signals that end them."""
        self._wake_up, self._waker = os.pipe()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGHUP, self._hang_up)
        for name in self._functions:
            self._spawn(name)

    def watch(self, seconds=None):
        """Restart what ends; return False once it is time to stop.

        :param seconds: return True after this time; None for never.
        """
        end = time.monotonic() + (seconds or float('inf'))
        while not self._stopping and time.monotonic() < end:
            sentinels = [child.sentinel for child in self._children.values()]
            connection.wait([*sentinels, self._wake_up], min(PAUSE, seconds or PAUSE))
            if self._hung_up:
                self._pass_on()
            for name, child in list(self._children.items()):
                if not child.is_alive() and not self._stopping:
                    self._restart(name, child)
        return not self._stopping

    def stop(self):
        """End all children: kindly, and after a while with force."""
        for child in self._children.values():
            child.terminate()
        end = time.monotonic() + self._patience
        for name, child in self._children.items():
            child.join(max(0, end - time.monotonic()))
            if child.is_alive():
                LOG.error('The %s does not stop: killing it.', name)
                child.kill()
                child.join()

    def _stop(self, number, frame):
        self._stopping = True
        os.write(self._waker, b'.')

    def _hang_up(self, number, frame):
        self._hung_up = True
        os.write(self._waker, b'.')

    def _pass_on(self):
        """Deal with SIGHUP."""
        self._hung_up = False
        os.read(self._wake_up, 1)
        if self._terminal and not os.isatty(0):
            self._stopping = True
        elif self._reload():
            for child in self._children.values():
                if child.is_alive():
                    os.kill(child.pid, signal.SIGHUP)

    def _restart(self, name, child):
        LOG.warning('The %s (process %d) ended with code %d: starting it again.',
                    name, child.pid, child.exitcode)
        time.sleep(max(0, self._started[name] + PAUSE - time.monotonic()))
        self._spawn(name)

    def _spawn(self, name):
        self._started[name] = time.monotonic()
        child = self._fork.Process(
            target=_run, args=(self._functions[name], os.getpid()), name=name)
        child.start()
        self._children[name] = child


def _run(function, parent):
    os.setsid()  # Ctrl-C is for the supervisor alone.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until the function knows what to do
    processes.end_with(parent)
    sys.exit(function())
