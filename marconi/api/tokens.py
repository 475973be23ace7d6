"""What is known of tokens: a bounded memory within one process."""

import threading

import cachetools

#: What one token takes is about 2 KB. The least recently used go first.
MOST = 10_000


class Memory:
    """Remembers values for some seconds. For many threads.

    It is also what auth_token takes instead of a memcached: the memory of its
    own has no bound, and every look-up walks all of it.

    :param lifetime: in seconds; nothing is remembered if it is not positive.
    """

    # NOTE: no __len__: auth_token takes what is empty for no memory at all.

    def __init__(self, lifetime, clock):
        self._known = cachetools.TTLCache(MOST, lifetime, timer=clock)
        self._lock = threading.Lock()

    def get(self, key):
        with self._lock:
            return self._known.get(key)

    def set(self, key, value, time=None):
        """Remember ``value``; the lifetime is the same for all, whatever ``time`` says."""
        with self._lock:
            self._known[key] = value
