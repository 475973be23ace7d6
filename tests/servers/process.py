"""A server process of our own: a port, a directory and a child that dies with us."""

import atexit
from concurrent import futures
import ctypes
import fcntl
import functools
import glob
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import psutil

#: Taken now, because tests point tempfile at a directory of their own while they run.
TMPDIR = tempfile.gettempdir()
PREFIX = 'marconi-test-'
LOCK = '.owner'

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == 'linux' else None


class ServerError(Exception):
    """A server does not start, or ended by itself."""


# NOTE: the kernel sends the death signal when the *thread* that made the child ends, not when its
# process does. So that a server may be started from any thread, one that lives as long as the
# process makes all of them. A forked child has no such thread and needs its own.
def _new_spawner():
    global _spawner
    _spawner = futures.ThreadPoolExecutor(1, thread_name_prefix='spawner')


_new_spawner()
os.register_at_fork(after_in_child=_new_spawner)


def spawn(argv, death_signal=signal.SIGKILL, **kwargs):
    """Start a child that the kernel signals as soon as this process is gone, however it went."""

    def bind(parent=os.getpid()):
        die_with_parent(death_signal)
        if os.getppid() != parent:
            os._exit(1)  # It was gone before we asked.

    return _spawner.submit(subprocess.Popen, argv, preexec_fn=bind, **kwargs).result()


def die_with_parent(death_signal):
    """Have the kernel send this process a signal when its parent is gone."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)


def alive(process):
    """Whether a psutil.Process still runs; a zombie, which only waits to be noticed, does not."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def kill_all(processes, timeout=60):
    """Kill these psutil.Process objects with SIGKILL and wait until they are gone."""
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            pass
    deadline = time.monotonic() + timeout
    while any(map(alive, processes)) and time.monotonic() < deadline:
        time.sleep(0.01)


def free_port():
    """A TCP port on which nothing listens.

    It lies below the range that the kernel gives to outgoing connections: while a server is down
    for a restart, no client can take its port by chance.
    """
    while True:
        port = random.randrange(15000, 32000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(('127.0.0.1', port))
            except OSError:
                continue
            return port


def find_program(names, directories=()):
    """The first of these programs that is installed, in PATH or in the directories named."""
    path = os.pathsep.join([*directories, os.environ.get('PATH', os.defpath),
                            '/usr/local/sbin', '/usr/sbin', '/usr/libexec'])
    found = (shutil.which(name, path=path) for name in names)
    return next(filter(None, found), None)


class Server:
    """One server on a free port of 127.0.0.1, its data in a private temporary directory.

    A subclass says how to find, initialise, start and probe its kind.
    """

    name = None
    #: Users to run as when we are root; the first that exists.
    accounts = ('nobody',)
    stop_signal = signal.SIGTERM
    death_signal = signal.SIGKILL
    #: Whether tests share one; else each starts its own.
    shared = True
    start_timeout = 240
    stop_timeout = 60

    def __init__(self):
        self.directory = None
        self.port = None
        self.process = None
        self._lock = None
        self._owner = os.getpid()

    # What a subclass provides.

    @classmethod
    def missing(cls):
        """Say what is not installed and how to get it; None when everything is there."""
        raise NotImplementedError

    def initialise(self):
        """Lay out the data directory, once."""

    def command(self):
        """The command line that starts the server in the foreground on ``self.port``."""
        raise NotImplementedError

    def probe(self):
        """Use the server; raise anything at all while it is not ready."""
        raise NotImplementedError

    # What a test uses.

    def start(self):
        """Start, and return when the server answers; on the same port and data if it ran before."""
        reason = self.missing()
        if reason:
            raise ServerError(reason)
        if self.directory is None:
            self._make_directory()
            self.initialise()
        if self.port is None:
            self._start_on_a_free_port()
        else:
            self._launch()
        return self

    def stop(self):
        """Shut down in an orderly way, keeping port and data for another start."""
        if self.running():
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(self.stop_timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                raise ServerError(self._explain(f'did not stop within {self.stop_timeout} s'))

    def kill(self):
        """Kill with SIGKILL whatever belongs to the server, as when its host fails."""
        if self.running():
            parent = psutil.Process(self.process.pid)
            family = parent.children(recursive=True)
            self.process.kill()
            self.process.wait()
            kill_all(family, self.stop_timeout)

    def restart(self):
        """Start again on the same port and data, after stop(), after kill() or while running."""
        self.stop()
        return self.start()

    def close(self):
        """End the server and throw its data away."""
        if os.getpid() != self._owner:
            return
        self.kill()
        if self.directory is not None:
            shutil.rmtree(self.directory, ignore_errors=True)
            os.close(self._lock)
            self.directory = None
        atexit.unregister(self.close)

    def running(self):
        return self.process is not None and self.process.poll() is None

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    # How it is done.

    @functools.cached_property
    def account(self):
        """The user to run as; None when we already are an ordinary user."""
        if os.geteuid() != 0:
            return None
        known = {entry.pw_name for entry in pwd.getpwall()}
        return next(name for name in self.accounts if name in known)

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def run(self, *argv):
        """Run a tool to its end, in the directory and as the user of the server."""
        process = self._spawn(argv)
        try:
            code = process.wait(self.start_timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            code = 'a timeout'
        if code:
            raise ServerError(self._explain(f'{os.path.basename(argv[0])} ended with {code}'))

    def _spawn(self, argv):
        who = {}
        if self.account:
            entry = pwd.getpwnam(self.account)
            who = {'user': entry.pw_uid, 'group': entry.pw_gid, 'extra_groups': []}
        # NOTE: a temporary directory of its own, because a mariadbd that starts removes the
        # temporary tables of all others from a common one.
        env = os.environ | {'TMPDIR': self.directory}
        with open(self.path('log'), 'ab') as log:
            return spawn(argv, self.death_signal, cwd=self.directory, env=env,
                         stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                         start_new_session=True, **who)

    def _make_directory(self):
        self.directory, self._lock = make_directory(self.name, TMPDIR)
        if self.account:
            shutil.chown(self.directory, self.account)
        atexit.register(self.close)

    def _start_on_a_free_port(self):
        for last in (False, False, True):
            self.port = free_port()
            try:
                return self._launch()
            except ServerError:
                # Somebody else may have taken the port since we looked.
                if last or 'in use' not in self._log_tail():
                    raise

    def _launch(self):
        self.process = self._spawn(self.command())
        deadline = time.monotonic() + self.start_timeout
        while True:
            try:
                return self.probe()
            except Exception as error:
                why = error
            if not self.running():
                raise ServerError(self._explain(f'ended with {self.process.returncode}'))
            if time.monotonic() > deadline:
                self.kill()
                raise ServerError(self._explain(
                    f'did not answer within {self.start_timeout} s ({why})'))
            time.sleep(0.05)

    def _log_tail(self, lines=60):
        with open(self.path('log'), errors='replace') as log:
            return ''.join(log.readlines()[-lines:])

    def _explain(self, what):
        return f'{self.name} {what}; the end of its log:\n{self._log_tail()}'


def make_directory(name, where):
    """Return a new directory, and the open file that keeps it from being removed as left over."""
    _remove_left_overs(where)
    directory = tempfile.mkdtemp(prefix=f'{PREFIX}{name}-', dir=where)
    return directory, _lock(directory)


def _lock(directory):
    """Mark the directory as in use for as long as this process lives."""
    path = os.path.join(directory, LOCK)
    lock = os.open(path + '.new', os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    os.rename(path + '.new', path)
    return lock


def _remove_left_overs(where):
    """Remove the directories of runs that were killed."""
    for path in glob.glob(os.path.join(where, PREFIX + '*', LOCK)):
        try:
            lock = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(os.path.dirname(path), ignore_errors=True)
        except OSError:
            pass
        finally:
            os.close(lock)
