"""Remembering answers for a while."""

import time


class Memory:
    """{key: value} of which each entry is forgotten after some seconds.

    For what nearly every request asks: looking into it takes no lock, and a fraction of
    a microsecond, where caches that know which entry was used last take several.
    """

    def __init__(self, most, lifetime, clock=time.monotonic, prolong=False):
        """
        :param most: number of entries; one more, and all are forgotten.
        :param lifetime: seconds.
        :param prolong: whether an entry lives on while it is asked for. Only for what shows
            when it is out of date: what is put or forgotten meanwhile may be undone by it.
        """
        self._most = most
        self._lifetime = lifetime
        self._clock = clock
        self._prolong = prolong
        self._entries = {}  # key: (value, end of its life)
        #: Another object after each change.
        self.state = object()

    def get(self, key):
        """Return the value, or None."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        value, end = entry
        left = end - self._clock()
        if left <= 0:
            return None
        if self._prolong and left < self._lifetime / 2:
            self._entries[key] = value, end - left + self._lifetime
        return value

    def among(self, keys):
        """Return {key: value} of those keys that are there, however old."""
        entries = self._entries
        return {key: entry[0] for key in keys if (entry := entries.get(key)) is not None}

    def put(self, key, value):
        if len(self._entries) >= self._most and key not in self._entries:
            self._entries = {}
        self._entries[key] = value, self._clock() + self._lifetime
        self.state = object()

    def forget(self, key):
        self._entries.pop(key, None)
        self.state = object()
