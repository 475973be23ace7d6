"""The checksum of a message's body, as the clients compute it."""

import hashlib
import json

import orjson


def of(body):
    """Return the checksum of a body given as JSON text.

    It is taken of the text that Python's json would print for the body, so
    that neither spaces nor escapes in what was posted matter.

    :returns: None for a body of null, and for one that is nested too deep for
        Python's json, which then no client can compute either.
    """
    value = orjson.loads(body)
    if value is None:
        return None
    try:
        text = json.dumps(value)
    except RecursionError:
        return None
    digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    return f'MD5:{digest}'
