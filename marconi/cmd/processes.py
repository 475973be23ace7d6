"""What processes need to know of each other: who is my parent, when do I end?"""

import ctypes
import errno
import os
import resource
import signal
import socket
import sys
import threading
import time

_PR_SET_PDEATHSIG = 1


def end_with(parent):
    """Let the kernel send this process SIGTERM as soon as its parent is gone.

    :param parent: the process id of the parent, which must have started this
        process from its main thread: the kernel watches the thread.
    """
    if sys.platform == 'linux':
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
    if os.getppid() != parent:  # it went before we asked
        os.kill(os.getpid(), signal.SIGTERM)


def on_stop(action, seconds):
    """Call ``action`` in a thread when SIGTERM or SIGINT comes.

    The signals keep the handlers that they have or get later. If the process
    is still there some time after the signal, it is ended.

    :param action: function without arguments.
    :param seconds: how long after the signal the process may live on.
    """
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    # The interpreter writes the number of every signal here, whoever handles it.
    signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)

    def watch(writer=writer):  # keeps the socket open
        while reader.recv(1)[0] not in (signal.SIGTERM, signal.SIGINT):
            pass
        action()
        time.sleep(seconds)
        os._exit(1)

    threading.Thread(target=watch, name='marconi-stop', daemon=True).start()


def allow_files(number):
    """Let this process and its children have so many files and connections open.

    Where the system allows less, as many as it allows.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < number:
        most = number if hard == resource.RLIM_INFINITY else min(number, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


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
