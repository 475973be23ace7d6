"""Random ids, many at a time.

To ask the system for random bytes gives up the interpreter's lock, and a thread of a busy process
then waits until it has its turn again: for longer than making an id takes.
"""

import os

#: How many are made at a time.
NUMBER = 256

_ready = []
# A child would give out those of its parent.
os.register_at_fork(after_in_child=_ready.clear)


def new_id():
    """Return 32 random hexadecimal digits that nobody can guess: 128 bits of ``os.urandom``."""
    try:
        return _ready.pop()
    except IndexError:
        digits = os.urandom(16 * NUMBER).hex()
        _ready.extend(digits[start:start + 32] for start in range(32, 32 * NUMBER, 32))
        return digits[:32]
