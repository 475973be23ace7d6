"""The errors of the domain. They know no HTTP and no SQL.

The docstring of a class is its message; ``{fields}`` are filled from keyword
arguments, which stay readable as attributes.
"""


class MarconiError(Exception):
    """Something went wrong."""

    def __init__(self, message=None, **fields):
        self.__dict__.update(fields)
        super().__init__(message or self.__doc__.format(**fields))


class NotFound(MarconiError):
    """There is no such thing."""


class QueueNotFound(NotFound):
    """There is no queue {name}."""


class MessageNotFound(NotFound):
    """There is no message {id} in queue {queue}."""


class ClaimNotFound(NotFound):
    """There is no claim {id} on queue {queue}, or it has expired."""


class PoolNotFound(NotFound):
    """There is no pool {name}."""


class FlavorNotFound(NotFound):
    """There is no flavor {name}."""


class InvalidValue(MarconiError):
    """A value breaks a rule: the message names the field, the rule and the limit."""


class InvalidBody(MarconiError):
    """The body of the request is malformed: the message tells what and where."""


class Conflict(MarconiError):
    """The request conflicts with what is stored."""


class PoolUriTaken(Conflict):
    """Pool {other} has this uri already: a database can be one pool only."""


class UnfitPool(MarconiError):
    """A pool does not fit in a flavor: the message tells which and why."""


class FlavorTaken(Conflict):
    """Flavor {name} belongs to another project: the name of a flavor is one for all."""


class PoolInUse(MarconiError):
    """Pool {name} is in use: {reason}."""


class QueueMoving(Conflict):
    """Queue {name} is moving to pool {target}: wait until it is there."""


class MissingKey(Conflict):
    """The metadata has no key {key}."""


class MessageClaimed(MarconiError):
    """Message {id} is held by a claim; only the holder may delete it."""


class MessageNotClaimed(MarconiError):
    """Message {id} is not held by the claim {claim_id}: it was released or has expired."""


class MalformedClaimId(MarconiError):
    """{claim_id} is not a claim id."""


class NotAuthorized(MarconiError):
    """Policy does not allow {rule} for this caller."""


class QuotaExceeded(MarconiError):
    """The project may have {limit} {resource}; it has {usage}, and this would add {wanted}."""


class LimitsUnavailable(MarconiError):
    """Keystone does not tell the limits of projects: {reason}"""


class StaleQueue(MarconiError):
    """What this process remembers of queue {name} is out of date.

    Raised by storage and handled in ``storage.stores``: never seen above it.
    """


class QueueSealed(StaleQueue):
    """Queue {name} is on the last step of its move to another pool.

    It takes moments. Handled like ``StaleQueue``.
    """


class LostLease(MarconiError):
    """Somebody else has taken over: {work}."""


class StorageUnavailable(MarconiError):
    """The database does not answer; try again in {retry_after} seconds."""

    def __init__(self, message=None, retry_after=5):
        super().__init__(message, retry_after=retry_after)


class SchemaMismatch(MarconiError):
    """The database schema does not fit this code: the message tells what to do."""
