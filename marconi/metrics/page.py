"""The page that Prometheus reads, served by a thread of the parent process.

Everything on it comes from the directory of the service: the counts of the living
processes, those of the dead ones in one file per kind, and what the living ones say.
"""

import glob
import os
import threading

import prometheus_client
from prometheus_client import core
from prometheus_client import mmap_dict
from prometheus_client import multiprocess

from marconi.metrics import gauges
from marconi.metrics import state


def serve(directory, address, port, version):
    """Answer scrapes in a thread, for as long as this process lives.

    :raises OSError: nobody can listen there.
    """
    registry = core.CollectorRegistry()
    prometheus_client.ProcessCollector(registry=registry)  # of the parent
    for collector in (_Counts(directory), _States(directory, version)):
        registry.register(collector)
    server, _ = prometheus_client.start_http_server(port, address, registry)
    # Or else children would keep the port when the parent is killed.
    os.register_at_fork(after_in_child=server.socket.close)


class _Counts:
    """Counters and histograms, added up over all processes that ever were."""

    def __init__(self, directory):
        self._directory = directory
        self._lock = threading.Lock()

    def collect(self):
        with self._lock:
            for path in glob.glob(os.path.join(self._directory, '*.db')):
                pid = state.pid_of(path)
                if pid and not state.alive(pid):
                    self._bury(path)
            return list(multiprocess.MultiProcessCollector(None, self._directory).collect())

    def _bury(self, path):
        """Add the counts of a dead process to those of all dead ones, and remove its file.

        Nothing may be counted twice, but if we are killed between the two it is.
        """
        kind = os.path.basename(path).partition('_')[0]
        grave = os.path.join(self._directory, f'{kind}_0.db')
        new = os.path.join(self._directory, f'{kind}.new')
        counts = {}
        if os.path.exists(new):  # an attempt that was cut short
            os.unlink(new)
        for file in (grave, path):
            if os.path.exists(file):
                read = mmap_dict.MmapedDict.read_all_values_from_file(file)
                for key, value, *_ in read:
                    counts[key] = counts.get(key, 0) + value
        together = mmap_dict.MmapedDict(new)
        for key, value in counts.items():
            together.write_value(key, value, 0)
        together.close()
        os.rename(new, grave)
        os.unlink(path)


class _States:
    """What the living processes say of themselves."""

    def __init__(self, directory, version):
        self._directory = directory
        self._version = version

    def collect(self):
        documents = state.read(self._directory)
        families = {name: core.GaugeMetricFamily(name, text, labels=labels)
                    for name, (text, labels, _) in gauges.SHOWN.items()}
        for name, (_, _, samples) in gauges.SHOWN.items():
            for labels, value in samples(documents):
                families[name].add_metric(labels, value)
        yield core.InfoMetricFamily('marconi', 'The code.', {'version': self._version})
        yield from families.values()
