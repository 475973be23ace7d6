"""The directory of a standalone service: ./var, with its secrets and its database."""

import os
import secrets

from marconi.cmd import common

DIRECTORY = 'var'

SECRETS = """\
# Made at random by the first run. Whoever has these keys can make pre-signed URLs
# and read encrypted messages; without them, both are lost.
[signed_url]
secret_key = {signing}

[transport]
message_encryption_key = {encryption}
"""


def prepare():
    """Make the directory and, the first time, its secrets; return their path."""
    path = os.path.join(DIRECTORY, 'secrets.conf')
    try:
        os.makedirs(DIRECTORY, mode=0o700, exist_ok=True)
        if not os.path.exists(path):
            _write(path, SECRETS.format(signing=secrets.token_urlsafe(48),
                                        encryption=secrets.token_urlsafe(48)))
        elif not os.access(DIRECTORY, os.W_OK):
            raise PermissionError(13, os.strerror(13))
    except OSError as error:
        common.fail(f'Cannot write to {os.path.abspath(DIRECTORY)}: {error.strerror}. Run it '
                    'in a directory that you may write to.')
    return path


def database():
    """Return the URL of the SQLite database in the directory."""
    return f'sqlite:///{os.path.abspath(DIRECTORY)}/marconi.sqlite'


def _write(path, text):
    """Write a file that only we may read, whole or not at all."""
    new = f'{path}.new'
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, 'w') as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.rename(new, path)
