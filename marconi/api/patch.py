"""JSON patches of a queue's metadata (a subset of RFC 6902)."""

import re

from marconi import exception
from marconi.api import errors
from marconi.api import validation
from marconi.core import metadata

MEDIA_TYPE = 'application/openstack-messaging-v2.0-json-patch'

_PATH = re.compile(r'/metadata/((?:[^/~]|~[01])+)\Z', re.IGNORECASE | re.DOTALL)


def check_content_type(request):
    """Raise unless the request says that its body is such a patch."""
    kind = request.environ.get('CONTENT_TYPE', '')
    if kind.partition(';')[0].strip().lower() != MEDIA_TYPE:
        raise errors.Refusal(415, '415 Unsupported Media Type',
                             f'Content-Type must be {MEDIA_TYPE}.',
                             [('Accept-Patch', MEDIA_TYPE)])


def read(raw):
    """Return [``metadata.Change``, …] from the text of a patch.

    :raises InvalidBody: names the operation and its fault.
    """
    return [_change(number, operation)
            for number, operation in enumerate(validation.parse_small(raw, list))]


def _change(number, operation):
    def fault(text):
        return exception.InvalidBody(f'Operation {number} of the patch: {text}')

    if type(operation) is not dict:
        raise fault('it must be an object.')
    kind, path = operation.get('op'), operation.get('path')
    if kind not in metadata.CHANGES:
        raise fault(f'op must be one of {", ".join(metadata.CHANGES)}.')
    match = _PATH.match(path) if isinstance(path, str) else None
    if not match:
        raise fault('path must be "/metadata/KEY", with "/" and "~" in KEY written '
                    'as "~1" and "~0".')
    if kind != 'remove' and 'value' not in operation:
        raise fault(f'{kind} needs a value.')
    key = match[1].replace('~1', '/').replace('~0', '~')
    return metadata.Change(kind, key, operation.get('value'))
