"""The real janitor: ``marconi-janitor`` as a process, to be killed and watched."""

import datetime
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

import psutil

from tests.servers import process

CONFIG = """\
[DEFAULT]
use_stderr = true
debug = {debug}
[database]
connection = {database}
[janitor]
lease = {lease}
{options}
"""
#: Options for tests: little at a time, and soon again.
QUICK = 'interval = 0.05\nbatch = 20\nreport_interval = 1\n'


class Janitor:
    """One ``marconi-janitor``: a master and the process that sweeps."""

    def __init__(self, database, lease, options=QUICK, code=None, debug=True, config=CONFIG):
        """
        :param database: the URL of a migrated database.
        :param lease: seconds.
        :param options: lines for the section [janitor].
        :param config: the whole configuration.
        :param code: the directory of another Marconi to run; None for this one.
        :param debug: whether it logs each transaction, for ``transactions``.
        """
        handle, self._config = tempfile.mkstemp(dir=process.TMPDIR)
        with open(handle, 'w') as file:
            file.write(config.format(
                database=database.replace('$', '$$'), lease=lease, options=options,
                debug=debug))
        self._log = self._config + '.log'
        with open(self._log, 'wb') as log:
            self._process = process.spawn(
                [sys.executable, '-m', 'marconi.cmd.janitor', '--config-file', self._config],
                signal.SIGTERM, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=code,
                env=os.environ | ({'PYTHONPATH': code} if code else {}))

    def log(self):
        with open(self._log) as log:
            return log.read()

    @property
    def holder(self):
        """The name under which it takes leases; None before it starts to."""
        names = re.findall(r'Janitor (\S+) starts', self.log())
        return names[-1] if names else None

    def cleared(self):
        """How many rows it reported to have cleared, by the name of the sweep."""
        counts = {}
        for line in re.findall(r'Rows cleared since the last report: (.*)', self.log()):
            for name, rows in re.findall(r'(\w+) (\d+)', line):
                counts[name] = counts.get(name, 0) + int(rows)
        return counts

    def transactions(self, sweep):
        """What it did in a sweep: [(when it began, when it ended, rows)], in seconds."""
        found = re.findall(
            rf'(?m)^(\S+ \S+) \d+ DEBUG .*Sweep {sweep}: (\d+) rows in ([\d.]+) ms', self.log())
        ends = [(datetime.datetime.fromisoformat(end).timestamp(), float(took) / 1000, int(rows))
                for end, rows, took in found]
        return [(end - took, end, rows) for end, took, rows in ends]

    def kill(self):
        """Kill it with SIGKILL, master first, so that nobody replaces it."""
        master = psutil.Process(self._process.pid)
        process.kill_all([master, *master.children(recursive=True)])
        self._process.wait()

    def stop(self, number=signal.SIGTERM):
        """Ask it to stop; return its exit code and how many seconds it took."""
        started = time.monotonic()
        self._process.send_signal(number)
        return self._process.wait(20), time.monotonic() - started

    def close(self):
        if self._process.poll() is None:
            self.kill()
        os.unlink(self._config)
        os.unlink(self._log)
