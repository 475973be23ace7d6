"""What projects with limits use, as one process knows it.

Posting must ask no database how much there is. So each process remembers what the control
database said last, adds what it posted and deleted itself since, and every
``sync_interval`` seconds writes the one down and reads the other anew.
"""

import threading

from marconi import exception
from marconi import quota

#: After so many rounds in which nothing was posted, a project is forgotten.
ROUNDS = 60
#: Seconds to leave a database alone that did not answer.
PAUSE = 1.0
#: Projects in one transaction.
MOST_PROJECTS = 500


class _Entry:

    __slots__ = ('bytes', 'idle', 'messages', 'new_bytes', 'new_messages')

    def __init__(self, usage):
        #: As the database said last.
        self.messages = usage.messages if usage else 0
        self.bytes = usage.bytes if usage else 0
        #: What this process has added since.
        self.new_messages = self.new_bytes = 0
        self.idle = 0


class Tally:

    def __init__(self, usage, interval):
        """
        :param usage: ``storage.base.Usage``.
        :param interval: seconds from round to round.
        """
        self._usage = usage
        self._interval = interval
        self._entries = {}
        self._lock = threading.Lock()
        self._syncing = threading.Lock()
        self._thread = None
        self._closed = threading.Event()

    def exceeded(self, project, limits, messages, bytes, take=False):
        """Return (resource, limit, usage, wanted) if so much more is too much, else None.

        :param take: count it in if it is not too much, in one step: others that
            ask at the same time in this process do not get the same room.
        """
        while True:
            entry = self._entries.get(project) or self._enter(project)
            with self._lock:
                if self._entries.get(project) is not entry:
                    continue  # forgotten this very moment
                entry.idle = 0
                used = entry.messages + entry.new_messages
                if messages and 0 <= limits.messages < used + messages:
                    return quota.MESSAGES, limits.messages, max(0, used), messages
                used = entry.bytes + entry.new_bytes
                if bytes and 0 <= limits.message_bytes < used + bytes:
                    return quota.MESSAGE_BYTES, limits.message_bytes, max(0, used), bytes
                if take:
                    entry.new_messages += messages
                    entry.new_bytes += bytes
                return None

    def free(self, project, messages, bytes=None):
        """Count messages out again.

        :param bytes: None if unknown: they count as average ones.
        """
        while True:
            entry = self._entries.get(project) or self._enter(project)
            with self._lock:
                if self._entries.get(project) is not entry:
                    continue
                entry.idle = 0
                if bytes is None:
                    known = entry.messages + entry.new_messages
                    bytes = max(0, entry.bytes + entry.new_bytes) * messages // max(
                        known, messages)
                entry.new_messages -= messages
                entry.new_bytes -= bytes
                return

    def new(self, project):
        """Return (messages, bytes) that are not written down yet."""
        with self._lock:
            entry = self._entries.get(project)
            return (entry.new_messages, entry.new_bytes) if entry else (0, 0)

    def sync(self):
        """Write down what is new here, and read what is new elsewhere.

        :raises StorageUnavailable: what could not be written is kept.
        """
        with self._syncing:
            with self._lock:
                projects = sorted(self._entries)
            for start in range(0, len(projects), MOST_PROJECTS):
                self._sync(projects[start:start + MOST_PROJECTS])

    def close(self):
        """Let the thread end, and write down what is left, if that can be done."""
        self._closed.set()
        try:
            self.sync()
        except exception.StorageUnavailable:
            pass  # a recount will find it

    def _sync(self, projects):
        with self._lock:
            entries = {project: self._entries[project] for project in projects}
            changes = {project: (entry.new_messages, entry.new_bytes)
                       for project, entry in entries.items()}
        usages = self._usage.add(changes)
        with self._lock:
            for project, entry in entries.items():
                # What was posted while the database was written to stays new.
                entry.new_messages -= changes[project][0]
                entry.new_bytes -= changes[project][1]
                entry.messages = usages[project].messages
                entry.bytes = usages[project].bytes
                entry.idle += 1
                if entry.idle > ROUNDS and not (entry.new_messages or entry.new_bytes):
                    del self._entries[project]

    def _enter(self, project):
        try:
            usage = self._usage.get(project)
        except exception.StorageUnavailable:
            usage = None  # it is not the post's fault; the next round reads it
        with self._lock:
            entry = self._entries.setdefault(project, _Entry(usage))
            if not self._closed.is_set() and (
                    self._thread is None or not self._thread.is_alive()):
                self._thread = threading.Thread(target=self._run, name='marconi-usage',
                                                daemon=True)
                self._thread.start()
        return entry

    def _run(self):
        while not self._closed.wait(self._interval):
            with self._lock:
                if not self._entries:
                    self._thread = None
                    return
            try:
                self.sync()
            except exception.StorageUnavailable:  # storage has logged it
                self._closed.wait(PAUSE)
