"""What this process has to say over the bus, and the one thread that says it."""

import queue
import threading

from oslo_log import log

LOG = log.getLogger(__name__)

#: How much may wait while the bus does not answer.
MOST = 1000


class Outbox:
    """A bounded queue of jobs: putting one in takes microseconds, whatever the bus does.

    oslo.messaging repeats what it cannot send until it can. So while the broker is away the
    thread is stuck in a job and the outbox fills; when it is full, what comes is dropped.
    """

    def __init__(self, most=MOST):
        self._jobs = queue.Queue(most)
        self._lock = threading.Lock()
        self._thread = None
        #: How many were dropped, ever, and when it was told last.
        self.dropped = 0
        self._told = 0

    def put(self, job):
        """Let ``job()`` be called soon by the thread; return False if it was dropped."""
        if not self._enter(job):
            self._drop()
            return False
        if self._thread is None:
            self._start()
        return True

    def close(self, job, seconds):
        """Do what is in the outbox and then ``job``, in so many seconds or not at all."""
        if self._thread is not None and self._enter(job) and self._enter(None):
            self._thread.join(seconds)

    def _enter(self, job):
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            return False
        return True

    def _start(self):
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, daemon=True,
                                                name='marconi-outbox')
                self._thread.start()

    def _work(self):
        while (job := self._jobs.get()) is not None:
            try:
                job()
            except Exception:
                # A bug. What comes after it has a right to be sent.
                LOG.exception('Cannot send over the message bus')
            if self.dropped > self._told and self._jobs.empty():
                self._tell_end()

    def _drop(self):
        with self._lock:
            self.dropped += 1
            first = self.dropped == self._told + 1
        if first:
            LOG.warning('The message bus takes nothing, and %d hints and notifications wait for '
                        'it: further ones are dropped.', self._jobs.maxsize)

    def _tell_end(self):
        with self._lock:
            lost, self._told = self.dropped - self._told, self.dropped
        LOG.warning('The message bus takes hints and notifications again; %d were dropped.', lost)
