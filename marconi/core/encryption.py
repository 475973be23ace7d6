"""Bodies encrypted at rest.

AES-256-GCM with a random 96-bit nonce per message (NIST SP 800-38D). A stored
body is: 4 bytes that tell which key, the nonce, the ciphertext with its tag.
The nonce being random, one key should not encrypt more than 2**32 messages.
Every message is marked with its encoding, so that switching encryption on or
off for a queue leaves what is stored already readable.
"""

import hashlib
import os

from cryptography import exceptions as crypto_exceptions
from cryptography.hazmat.primitives.ciphers import aead

from marconi import exception

PLAIN = 0
AES_256_GCM = 1

_NONCE = 12


class Cipher:
    """Encrypts with the first of the configured keys, decrypts with any."""

    def __init__(self, secrets):
        self._ciphers = {}
        self._current = None
        for secret in secrets:
            key = hashlib.sha256(secret.encode()).digest()
            key_id = hashlib.sha256(b'marconi key id' + key).digest()[:4]
            self._ciphers[key_id] = aead.AESGCM(key)
            self._current = self._current or key_id

    @property
    def ready(self):
        """Whether there is a key to encrypt with."""
        return self._current is not None

    def encoder(self, encrypt):
        """Return a function from a clear body to (stored body, encoding)."""
        if not encrypt:
            return _leave_plain
        if not self.ready:
            raise exception.StorageUnavailable(
                'This queue is encrypted, and the service has no message_encryption_key.')
        return self._encrypt

    def decrypted(self, messages):
        """Return the messages with clear bodies."""
        if all(message.encoding == PLAIN for message in messages):
            return messages
        return [self._decrypt(message) for message in messages]

    def _encrypt(self, body):
        nonce = os.urandom(_NONCE)
        sealed = self._ciphers[self._current].encrypt(nonce, body, None)
        return self._current + nonce + sealed, AES_256_GCM

    def _decrypt(self, message):
        if message.encoding == PLAIN:
            return message
        key_id, nonce = message.body[:4], message.body[4:4 + _NONCE]
        try:
            body = self._ciphers[key_id].decrypt(nonce, message.body[4 + _NONCE:], None)
        except (KeyError, crypto_exceptions.InvalidTag) as error:
            raise exception.StorageUnavailable(
                f'Message {message.id} was encrypted with a key that this service '
                'does not have.') from error
        return message.evolve(body=body, encoding=PLAIN)


def _leave_plain(body):
    return body, PLAIN
