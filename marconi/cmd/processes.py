"""What processes need to know of each other: who is my parent, when do I end?"""

import contextlib
import ctypes
import errno
import os
import resource
import signal
import socket
import struct
import sys
import threading
import time

_PR_SET_PDEATHSIG = 1
_SO_ATTACH_FILTER = 26
#: A filter of one instruction: return 0, the number of bytes to keep of a packet.
_BPF_KEEP_NOTHING = struct.pack('HBBI', 0x06, 0, 0, 0)


def end_with(parent):
    """Let the kernel send this process SIGTERM as soon as its parent is gone.

    :param parent: the process id of the parent, which must have started this
        process from its main thread: the kernel watches the thread.
    """
    if sys.platform == 'linux':
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
    if os.getppid() != parent:  # it went before we asked
        os.kill(os.getpid(), signal.SIGTERM)


def hold_in_children(number):
    """Let processes that are forked from now on get a signal only when they call ``on_signals``.

    One that comes before, while they start, waits until then.
    """
    os.register_at_fork(
        before=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, {number}),
        after_in_parent=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, {number}))


def on_signals(actions, seconds):
    """Call an action in a thread when its signal comes, one at a time.

    To be called by the main thread. The signals keep the handlers that they have or get later.
    If the process is still there some time after SIGTERM or SIGINT, it is ended.

    :param actions: {signal: function without arguments}.
    :param seconds: how long after SIGTERM or SIGINT the process may live on.
    """
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    for number in actions:
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _ignore)
    # The interpreter writes the number of every signal here, whoever handles it.
    signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)

    def watch(writer=writer):  # keeps the socket open
        number = None
        while number not in (signal.SIGTERM, signal.SIGINT):
            number = reader.recv(1)[0]
            actions.get(number, _ignore)()
        time.sleep(seconds)
        os._exit(1)

    threading.Thread(target=watch, name='marconi-signals', daemon=True).start()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, actions)


def _ignore(*args):
    """Do nothing about a signal: what is done is done in the thread that watches."""


def refuse_connections(port):
    """Let nobody connect to this process any more, and reset no connection either.

    The kernel has connections ready that the server has not taken yet; closing the port would
    reset them, whatever was already sent on them. So first the port is made deaf, and
    closed when the server has taken what was ready. Who tries in between tries again
    a second later by itself, and finds the port closed or the next service.
    """
    if sys.platform != 'linux':
        return
    deaf = ctypes.create_string_buffer(_BPF_KEEP_NOTHING)
    program = struct.pack('HL', 1, ctypes.addressof(deaf))
    for descriptor in os.listdir('/proc/self/fd'):
        try:
            it = socket.socket(fileno=os.dup(int(descriptor)))
        except OSError:  # no socket, or not open any more
            continue
        with it:
            if (it.family in (socket.AF_INET, socket.AF_INET6)
                    and it.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
                    and it.getsockname()[1] == port):
                it.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)


def allow_files(number):
    """Let this process and its children have so many files and connections open.

    Where the system allows less, as many as it allows.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < number:
        most = number if hard == resource.RLIM_INFINITY else min(number, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def let_threads_finish():
    """Ask the kernel not to interrupt a thread of this process when another one is woken.

    For threads that are started later, too. In Python whoever is woken would only take the
    processor to wait for the interpreter's lock, which the interrupted one may hold. All keep
    their share of the processors: see SCHED_BATCH in sched(7).
    """
    if sys.platform == 'linux':
        with contextlib.suppress(OSError):  # some containers forbid it, and all goes without
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def port_is_free(address, port):
    """Return whether nobody listens there.

    Workers share a port by SO_REUSEPORT, so that the kernel would not refuse a
    second service on it.

    :raises OSError: the address is not ours, or the port is a privileged one.
    """
    family, _, _, _, where = socket.getaddrinfo(
        address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(where)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return False
    return True
