"""Run a command with private servers at its side: ``python -m tests.servers -- COMMAND ...``.

The command finds each server's URL in ``MARCONI_TEST_<NAME>``. Its temporary files are in memory
where there is enough of it, unless ``TMPDIR`` is set. Without a command, the servers run until
Ctrl-C.
"""

import argparse
from concurrent import futures
import contextlib
import os
import shutil
import signal
import sys
import time

import psutil

from tests import servers
from tests.servers import process

#: A file system in memory, and the bytes that must be free there and at all for us to use it.
MEMORY = '/dev/shm'
ROOM = 4 << 30


class Interrupted(BaseException):
    """SIGTERM or SIGHUP came."""


def parse(argv):
    parser = argparse.ArgumentParser('python -m tests.servers', description=__doc__)
    parser.add_argument('--missing', action='store_true',
                        help='print the names of the servers that are not installed, and end')
    parser.add_argument('command', nargs='*')
    return parser.parse_args(argv)


def say(line):
    print(line, file=sys.stderr, flush=True)


def warn_of_missing():
    for name in servers.KINDS:
        reason = servers.missing(name)
        if reason:
            say(f'WARNING: {name} is not tested: {reason}')


def start(server):
    began = time.monotonic()
    server.start()
    say(f'{server.name} runs on 127.0.0.1:{server.port} ({time.monotonic() - began:.1f} s)')


def start_all(running):
    """Start, side by side, all servers that tests share, unless announced or not installed."""
    for name, kind in servers.KINDS.items():
        announced = os.environ.get(servers.variable(name))
        if kind.shared and not announced and not servers.missing(name):
            running.append(kind())
    with futures.ThreadPoolExecutor() as executor:
        list(executor.map(start, running))
    return {servers.variable(server.name): server.root_url for server in running}


@contextlib.contextmanager
def memory():
    """What tells the command to keep its temporary files in memory; nothing where it should not.

    SQLite, which each test has of its own, waits for the disk at every commit. Only a failing
    *machine* could tell the difference: what the crash tests kill with -9 is not lost.
    """
    if os.environ.get('TMPDIR') or not has_room(MEMORY):
        yield {}
        return
    directory, lock = process.make_directory('memory', MEMORY)
    os.chmod(directory, 0o1777)  # servers run as users of their own
    try:
        yield {'TMPDIR': directory}
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        os.close(lock)


def has_room(path):
    """Whether programs can be run and much can be written there."""
    try:
        there = os.statvfs(path)
    except OSError:
        return False
    return (not there.f_flag & os.ST_NOEXEC and there.f_bavail * there.f_frsize > ROOM
            and psutil.virtual_memory().available > 2 * ROOM)


def run(command, variables):
    """Run the command to its end; an interruption is passed on, and its end awaited."""
    # The tests start hundreds of programs, which would otherwise all compile Marconi first.
    environment = {name: value for name, value in os.environ.items()
                   if name != 'PYTHONDONTWRITEBYTECODE'}
    child = process.spawn(command, signal.SIGTERM, env=environment | variables)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            pass  # The terminal sent it to the command as well.
        except Interrupted:
            # stestr leaves its workers behind.
            family = psutil.Process(child.pid).children(recursive=True)
            child.terminate()
            child.wait()
            process.kill_all(family)


def wait(variables):
    for variable, url in variables.items():
        print(f'export {variable}={url}', flush=True)
    while True:
        signal.pause()


def interrupt(number, frame):
    raise Interrupted()


def main(argv=None):
    args = parse(argv)
    if args.missing:
        print(*filter(servers.missing, servers.KINDS))
        return 0
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGHUP, interrupt)
    process.die_with_parent(signal.SIGTERM)
    running = []
    try:
        variables = start_all(running)
        if not args.command:
            wait(variables)
        with memory() as place:
            code = run(args.command, variables | place)
        warn_of_missing()  # last, where it is seen
        return 128 - code if code < 0 else code
    except process.ServerError as error:
        say(f'ERROR: {error}')
        return 1
    except FileNotFoundError as error:
        say(f'ERROR: {error}')
        return 127
    except (KeyboardInterrupt, Interrupted):
        return 130
    finally:
        # Another signal must not keep us from this.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for server in running:
            server.close()


if __name__ == '__main__':
    sys.exit(main())
