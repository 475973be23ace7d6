"""The directory in which the processes of one service count."""

import atexit
import fcntl
import glob
import os
import shutil
import tempfile

PREFIX = 'marconi-metrics-'
LOCK = 'lock'

#: Locks that we hold, by directory. Our children hold them with us.
_held = {}


def new():
    """Return a new directory that only we may use; it goes when this process ends in order.

    Those whose processes were all killed are removed too.
    """
    # In memory, if there is such a place: a write must not wait for a disk.
    place = '/dev/shm' if os.access('/dev/shm', os.W_OK) else tempfile.gettempdir()
    for old in glob.glob(os.path.join(place, f'{PREFIX}*')):
        if not _in_use(old):
            shutil.rmtree(old, ignore_errors=True)
    path = tempfile.mkdtemp(prefix=PREFIX, dir=place)
    lock = os.open(os.path.join(path, LOCK), os.O_CREAT | os.O_WRONLY, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    _held[path] = lock
    atexit.register(_remove, path, os.getpid())
    return path


def _in_use(path):
    """Return whether somebody lives who uses a directory, or is just making it."""
    try:
        lock = os.open(os.path.join(path, LOCK), os.O_WRONLY)
    except (FileNotFoundError, PermissionError):  # the second: another user's
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _remove(path, owner):
    if os.getpid() == owner:
        shutil.rmtree(path, ignore_errors=True)
