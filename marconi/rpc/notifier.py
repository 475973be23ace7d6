"""Notifications: what happened to queues, pools, flavors and quotas."""

import functools
import threading
import time

import cachetools

from marconi.rpc import payloads

#: Seconds for which a project is not told of again whose quota is exceeded.
SELDOM = 60
MOST_REMEMBERED = 10_000


class Notifier:
    """Tells the operator's other systems what happened. Nobody waits for it."""

    def __init__(self, outbox, send, clock=time.monotonic):
        """
        :param send: function of (context, priority, event, payload); None if nobody is to be
            told.
        """
        self._outbox = outbox
        self._send = send
        self._exceeded = cachetools.TTLCache(MOST_REMEMBERED, SELDOM, timer=clock)
        self._lock = threading.Lock()

    def tell(self, context, event, value):
        """Say that something happened.

        :param event: one of ``payloads.EVENTS``, such as ``queue.create``.
        :param value: a ``Queue`` whose metadata hold nothing but reserved attributes, a
            ``Pool`` or a ``Flavor``; of a deleted pool or flavor the name.
        """
        self._put(context, 'INFO', event, value)

    def quota_exceeded(self, context, resource, limit, usage, requested):
        """Say that a quota refused a request: once a minute per project and resource at most.

        :param usage: what was in use before.
        :param requested: how much more was asked for.
        """
        if self._send is None:
            return
        key = (context.project, resource)
        with self._lock:
            if key in self._exceeded:
                return
            self._exceeded[key] = True
        self._put(context, 'WARN', 'quota.exceeded', {
            'resource': resource, 'limit': limit, 'usage': usage, 'requested': requested})

    def _put(self, context, priority, event, value):
        if self._send is not None:
            payload = payloads.build(context, event, value)
            self._outbox.put(functools.partial(self._send, context, priority, event, payload))
