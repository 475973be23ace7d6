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


class Backlog(abc.ABC):
    """How many messages are where, roughly and for little work.

    Messages that expired or were purged count until the janitor has removed them.
    """

    @abc.abstractmethod
    def count(self, after, limit):
        """Count the messages of the next queues that have any, by the ids of the queues.

        Looks at ``limit`` messages. A queue that has as many as that is not counted
        further.

        :param after: the id of a queue; only later ones are counted.
        :returns: ({queue id: (free messages, held ones)}, where to go on, which is None at
            the end). Held are those with a live claim or a delay.
        """

    @abc.abstractmethod
    def oldest(self, queue_ids):
        """Return {queue id: milliseconds since its oldest message was posted}.

        Queues without messages are left out.
        """
