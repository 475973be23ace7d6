"""The heartbeat of a process: a row that says "I live", touched every few seconds."""

from importlib import metadata
import os
import socket
import threading
import time
import uuid

from oslo_log import log

from marconi import exception
from marconi import objects
from marconi import storage

LOG = log.getLogger(__name__)

#: A process that missed so many beats counts as down.
MISSED = 3
#: Seconds after which nobody remembers a process that ended without a word.
FORGOTTEN = 86_400
#: After so many beats it is looked for such processes.
TIDY = 100


def version():
    """Return the version of the installed code."""
    return metadata.version('marconi')


def start(services, kind, conf):
    """Return the beating ``Heart`` of this process."""
    it = Heart(services, kind, lambda: conf.DEFAULT.heartbeat_interval)
    it.start()
    return it


def recorded(conf):
    """Return the ``Service`` values of the control database, for commands.

    :raises StorageUnavailable: it does not answer.
    """
    store = storage.connect(conf.database.driver, conf.database.connection)
    try:
        return store.services.list()
    finally:
        store.dispose()


def lives(service, conf):
    """Return whether a process was seen lately."""
    return service.silent <= 1000 * MISSED * conf.DEFAULT.heartbeat_interval


class Heart:
    """Beats in a thread of its own, so it must be made after the fork.

    An exception of the database is no reason to stop: the next beat may succeed.
    """

    def __init__(self, services, kind, interval):
        """
        :param services: ``storage.monitoring.Services`` of the control database.
        :param kind: see ``objects.Service``.
        :param interval: function that returns the seconds from one beat to the next.
        """
        self._services = services
        self._interval = interval
        self._started = time.monotonic()
        self._beats = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name='marconi-heart', daemon=True)
        self.service = objects.Service(
            id=uuid.uuid4().hex, kind=kind, host=socket.gethostname()[:255], pid=os.getpid(),
            version=version()[:64])

    def start(self):
        """Begin to beat."""
        self._thread.start()

    def stop(self):
        """Beat no more, and take the process off the list if the database answers."""
        self._stopping.set()
        self._thread.join()
        if not self._beats:
            return
        try:
            self._services.remove(self.service.id)
        except exception.StorageUnavailable as error:
            LOG.warning('This process stays in the list of services for a day: %s', error)

    def beat(self):
        """Beat once."""
        try:
            self._services.beat(self.service, time.monotonic() - self._started)
            if self._beats % TIDY == 0:
                self._services.forget(FORGOTTEN)
            self._beats += 1
        except exception.StorageUnavailable as error:
            LOG.warning('No heartbeat: %s', error)

    def _run(self):
        try:
            self.beat()
            while not self._stopping.wait(self._interval()):
                self.beat()
        except Exception:
            # A bug, or the tables of the release before. The service can do without.
            LOG.exception('This process is not in the list of services any more')
