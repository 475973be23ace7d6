"""The part of the storage contract that is for people who watch the service.

The rules of ``storage.base`` hold here too.
"""

import abc


class Services(abc.ABC):
    """The processes of the service, in the control database, and when they were last seen."""

    @abc.abstractmethod
    def beat(self, service, uptime):
        """Record that a process lives.

        :param service: ``Service``; its times are ignored.
        :param uptime: seconds since the process started, for its first beat.
        """

    @abc.abstractmethod
    def list(self):
        """Return a ``Service`` for each process recorded, by kind, host and pid."""

    @abc.abstractmethod
    def remove(self, id):
        """Forget a process that ended; no error if there is none."""

    @abc.abstractmethod
    def forget(self, seconds):
        """Forget the processes not seen for so long."""
