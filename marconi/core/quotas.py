"""Quotas: no project gets more queues, messages or bytes than its limits allow."""

import contextlib
import threading

from marconi import exception
from marconi import objects
from marconi import quota
from marconi.core import counting
from marconi.core import tally

#: How many projects with a limit of queues can make queues at a time.
TURNS = 64

_NOTHING = contextlib.nullcontext()


class Quotas:

    def __init__(self, broker, conf):
        """
        :raises cfg.Error: the options do not tell how to reach Keystone.
        """
        options = conf.quota
        self.broker = broker
        self.stores = broker.stores
        self.limits = quota.from_conf(conf)
        self.tally = tally.Tally(self.stores.control.usage, options.sync_interval)
        #: What a janitor does: see ``counting``.
        self.recount = counting.Recount(self.stores, self.limits, options.recount_interval,
                                        conf.janitor.interval).work
        self._shown = counting.Shown(self.stores)
        self._turns = [threading.Lock() for _ in range(TURNS)]

    def show(self, context, project_id=None):
        """Return [(resource, limit, usage)]; a negative limit is none.

        :param project_id: whose, if not the caller's own: for administrators.
        """
        project = context.project if project_id is None else project_id
        self.broker.policy.authorize(
            context, 'limits:get' if project == context.project else 'limits:get_any')
        limits, usage = self.limits.of(project), self._usage(project)
        return [(quota.QUEUES, limits.queues, self.stores.control.queues.count(project)),
                (quota.MESSAGES, limits.messages, usage.messages),
                (quota.MESSAGE_BYTES, limits.message_bytes, usage.bytes)]

    def queue(self, context, project, name):
        """Return a context manager in which queue ``name`` can be made, if there is room.

        :raises QuotaExceeded: on entering: it is new, and the project has all that it may.
        """
        limit = self._of(context, project).queues
        return _NOTHING if limit < 0 else self._new_queue(context, project, name, limit)

    def post(self, context, messages):
        """Return a context manager in which ``NewMessage``s can be posted.

        They count from now on, unless an error leaves it.

        :raises QuotaExceeded:
        """
        limits = self._of(context, context.project)
        if limits.messages < 0 and limits.message_bytes < 0:
            return _NOTHING
        size = sum([len(message.body) for message in messages])
        self._check(context, limits, len(messages), size, take=True)
        return _Taken(self.tally, context.project, len(messages), size)

    def check_post(self, context, posts):
        """Return if there is room for ``Post``s in a queue that is yet to be made.

        :raises QuotaExceeded:
        """
        limits = self._of(context, context.project)
        if limits.counted:
            self._check(context, limits, len(posts), sum([len(post.body) for post in posts]))

    def deleted(self, context, number):
        """Take note that so many messages were deleted."""
        if number and self._of(context, context.project).counted:
            self.tally.free(context.project, number)

    def popped(self, context, messages):
        """Take note that these messages were popped."""
        if messages and self._of(context, context.project).counted:
            self.tally.free(context.project, len(messages),
                            sum([len(message.body) for message in messages]))

    def emptied(self, context):
        """Have the project's messages counted: a queue was purged or deleted."""
        if not self._of(context, context.project).counted:
            return
        try:
            self.stores.control.usage.mark(context.project)
        except exception.StorageUnavailable:
            pass  # what was asked for is done, and the next count will show it

    def close(self):
        self.tally.close()
        self.limits.close()

    def _of(self, context, project):
        return self.limits.of(project) if context.quotas_apply else quota.NONE

    def _check(self, context, limits, messages, size, take=False):
        exceeded = self.tally.exceeded(context.project, limits, messages, size, take)
        if exceeded is not None:
            self._refuse(context, *exceeded)

    @contextlib.contextmanager
    def _new_queue(self, context, project, name, limit):
        # One after the other, so that two do not both take the last place.
        with self._turns[hash(project) % TURNS]:
            catalogue = self.stores.control.queues
            if not catalogue.existing([(project, name)]):
                usage = catalogue.count(project)
                if usage >= limit:
                    self._refuse(context, quota.QUEUES, limit, usage, 1)
            yield

    def _refuse(self, context, resource, limit, usage, wanted):
        self.broker.notifier.quota_exceeded(context, resource, limit, usage, wanted)
        raise exception.QuotaExceeded(resource=resource, limit=limit, usage=usage, wanted=wanted)

    def _usage(self, project):
        """Return the ``Usage`` of a project: counted now, if it is not written down."""
        usage = self.stores.control.usage.get(project)
        if usage is None or not usage.counted:
            return self._shown.of(project)
        messages, size = self.tally.new(project)
        return objects.Usage(messages=max(0, usage.messages + messages),
                             bytes=max(0, usage.bytes + size))


class _Taken:
    """Room that was taken for a post, and is given back if the post fails."""

    __slots__ = ('_bytes', '_messages', '_project', '_tally')

    def __init__(self, tally, project, messages, bytes):
        self._tally = tally
        self._project = project
        self._messages = messages
        self._bytes = bytes

    def __enter__(self):
        pass

    def __exit__(self, kind, error, trace):
        if kind is not None:
            self._tally.free(self._project, self._messages, self._bytes)
