"""The metadata of a queue and the attributes in it that mean something.

Keys that begin with ``_`` may be reserved; all others are the tenant's own.
None means "not set" for every reserved attribute.
"""

import re
import typing

import msgspec

from marconi import exception
from marconi.core import limits as limits_module

MESSAGE_TTL = '_default_message_ttl'
MESSAGE_DELAY = '_default_message_delay'
POST_SIZE = '_max_messages_post_size'
MAX_CLAIM_COUNT = '_max_claim_count'
DEAD_LETTER_QUEUE = '_dead_letter_queue'
DEAD_LETTER_TTL = '_dead_letter_queue_messages_ttl'
ENCRYPT = '_enable_encrypt_messages'
FLAVOR = '_flavor'
RETRY_POLICY = '_retry_policy'

QUEUE_NAME = re.compile(r'[A-Za-z0-9_.-]{1,64}\Z')

#: What a ``Change`` may be.
CHANGES = ('add', 'replace', 'remove')

MOST_CLAIMS = 2 ** 31 - 1
_RETRY_DEFAULTS = {'retries_with_no_delay': 3, 'minimum_delay_retries': 3,
                   'minimum_delay': 5, 'maximum_delay': 30, 'maximum_delay_retries': 3}
_BACKOFFS = ('linear', 'arithmetic', 'geometric', 'exponential')


def stand_ins(limits):
    """Return what is shown for the reserved attributes that are not set."""
    return {POST_SIZE: limits.max_messages_post_size,
            MESSAGE_TTL: limits.default_message_ttl,
            MESSAGE_DELAY: limits.default_message_delay,
            DEAD_LETTER_QUEUE: None,
            DEAD_LETTER_TTL: None,
            MAX_CLAIM_COUNT: None,
            ENCRYPT: False}


def with_stand_ins(metadata, limits):
    """Return the metadata as v2 shows them."""
    shown = dict(metadata)
    for key, value in stand_ins(limits).items():
        if not shown.get(key):
            shown[key] = value
    return shown


def reserved(metadata):
    """Return the reserved attributes among the metadata."""
    return {key: value for key, value in metadata.items() if key in _RULES}


def message_ttl(metadata, limits):
    """Return the ttl of a message that was posted without one."""
    return metadata.get(MESSAGE_TTL) or limits.default_message_ttl


def message_delay(metadata, limits):
    """Return the delay of a message that was posted without one."""
    return metadata.get(MESSAGE_DELAY) or limits.default_message_delay


def post_size(metadata, limits):
    """Return how many bytes a post to this queue may have."""
    return min(metadata.get(POST_SIZE) or limits.max_messages_post_size,
               limits.max_messages_post_size)


def validate(metadata, limits, cipher):
    """Check the reserved attributes.

    :raises InvalidValue: names the attribute, the rule and the limit.
    """
    for key, rule in _RULES.items():
        value = metadata.get(key)
        if value is not None:
            rule(key, value, limits)
    if metadata.get(ENCRYPT) and not cipher.ready:
        raise exception.InvalidValue(
            f'{ENCRYPT} must be false: this service has no message_encryption_key.')


class Change(typing.NamedTuple):
    """A change of one key."""

    #: One of ``CHANGES``.
    kind: str
    key: str
    #: Meaningless for ``remove``.
    value: object = None


def changed(metadata, changes, limits):
    """Return the metadata after some changes, made in order.

    Those reserved attributes that have a stand-in count as present even when
    they are not stored, since they are shown.

    :raises MissingKey: ``replace`` or ``remove`` of what is not there.
    :raises InvalidValue: the result is too large.
    """
    result = dict(metadata)
    shown = stand_ins(limits)
    for change in changes:
        if change.kind != 'add' and change.key not in result and change.key not in shown:
            raise exception.MissingKey(key=change.key)
        if change.kind == 'remove':
            result.pop(change.key, None)
        else:
            result[change.key] = change.value
    size = len(msgspec.json.encode(result))
    if size > limits.max_queue_metadata:
        raise exception.InvalidValue(
            f'The metadata would have {size} bytes; {limits.max_queue_metadata} are '
            'allowed.')
    return result


def _integer(key, value):
    if type(value) is not int:  # a bool is not an integer here
        raise exception.InvalidValue(f'{key} must be an integer.')
    return value


def _between(least, most):
    def rule(key, value, limits):
        limits_module.check(key, _integer(key, value), least,
                            getattr(limits, most) if isinstance(most, str) else most)
    return rule


def _queue_name(key, value, limits):
    if not isinstance(value, str) or not QUEUE_NAME.match(value):
        raise exception.InvalidValue(
            f'{key} must be the name of a queue: 1 to 64 letters, digits, "_", "." or "-".')


def _boolean(key, value, limits):
    if not isinstance(value, bool):
        raise exception.InvalidValue(f'{key} must be true or false.')


def _text(key, value, limits):
    if not isinstance(value, str):
        raise exception.InvalidValue(f'{key} must be a text.')


def _retry_policy(key, value, limits):
    if not isinstance(value, dict):
        raise exception.InvalidValue(f'{key} must be an object.')
    numbers = {name: _integer(f'{key}.{name}', value.get(name, default))
               for name, default in _RETRY_DEFAULTS.items()}
    if value.get('retry_backoff_function', 'linear') not in _BACKOFFS:
        raise exception.InvalidValue(
            f'{key}.retry_backoff_function must be one of {", ".join(_BACKOFFS)}.')
    _boolean(f'{key}.ignore_subscription_override',
             value.get('ignore_subscription_override', False), limits)
    if numbers['maximum_delay'] - numbers['minimum_delay'] < 10:
        raise exception.InvalidValue(
            f'{key}: maximum_delay must be at least 10 more than minimum_delay.')


_RULES = {
    MESSAGE_TTL: _between(limits_module.MIN_MESSAGE_TTL, 'max_message_ttl'),
    MESSAGE_DELAY: _between(0, 'max_message_delay'),
    POST_SIZE: _between(1, 'max_messages_post_size'),
    MAX_CLAIM_COUNT: _between(1, MOST_CLAIMS),
    DEAD_LETTER_QUEUE: _queue_name,
    DEAD_LETTER_TTL: _between(limits_module.MIN_MESSAGE_TTL, 'max_message_ttl'),
    ENCRYPT: _boolean,
    FLAVOR: _text,
    RETRY_POLICY: _retry_policy,
}
