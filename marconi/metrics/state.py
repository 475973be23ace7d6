"""What is true of each process just now: written to a file, and read by the page.

Gauges of prometheus_client that are shared between processes keep every label that they
ever had; queues come and go.
"""

import glob
import json
import os

_PAGE = os.sysconf('SC_PAGE_SIZE')


def write(directory, **document):
    """Say what is true of this process now, in place of what it said before.

    :param document: kind (see ``objects.Service``), waiting (clients), pools ({name:
        {'up': bool, 'connections': int}}), queues (a list, see ``janitor.backlog``).
    """
    path = os.path.join(directory, f'state_{os.getpid()}.json')
    with open(f'{path}.new', 'w') as file:
        json.dump(document | {'memory': _memory()}, file)
    os.rename(f'{path}.new', path)


def read(directory):
    """Return what the processes said last, the newest first; the dead ones are forgotten."""
    documents = []
    for path in glob.glob(os.path.join(directory, 'state_*.json')):
        try:
            if alive(pid_of(path)):
                with open(path) as file:
                    documents.append((os.fstat(file.fileno()).st_mtime, json.load(file)))
            else:
                os.unlink(path)
        except FileNotFoundError:  # another scrape removed it
            continue
    return [document for _, document in sorted(documents, key=lambda it: it[0], reverse=True)]


def pid_of(path):
    """Return the process that a file belongs to: names end with _PID.SUFFIX."""
    return int(os.path.basename(path).partition('.')[0].rpartition('_')[2])


def alive(pid):
    """Return whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # not one of ours, but the number is taken
        pass
    return True


def _memory():
    """Return how many bytes of memory this process has, or 0 where that cannot be told."""
    try:
        with open('/proc/self/statm') as file:
            return int(file.read().split()[1]) * _PAGE
    except FileNotFoundError:
        return 0
