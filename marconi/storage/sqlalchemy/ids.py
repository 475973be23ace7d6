"""Message ids: a queue and a position, enciphered.

An id must lead to its position even after the message is gone, so it is made
of it. In clear, positions would tell one tenant how much the others post; so
the 16 bytes of (queue, position) are one block of AES under a key of the
database. As each id is a distinct block, this is the one use for which a
block cipher needs no mode (NIST SP 800-38A, 6.1, with inputs never repeated).
"""

import struct
import threading

from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers import modes

_BLOCK = struct.Struct('>qq')
_HEX = 2 * _BLOCK.size


class MessageIds:
    """Ids are 32 lower-case hexadecimal digits."""

    def __init__(self, key):
        """
        :param key: 16 bytes.
        """
        self._cipher = Cipher(algorithms.AES(key), modes.ECB())
        # Contexts keep no state between blocks, but may not be shared.
        self._contexts = threading.local()

    def encode(self, pairs):
        """Return the ids of [(queue id, position)]."""
        try:
            encrypt = self._contexts.encrypt
        except AttributeError:
            encrypt = self._contexts.encrypt = self._cipher.encryptor().update
        text = encrypt(b''.join([_BLOCK.pack(*pair) for pair in pairs])).hex()
        return [text[start:start + _HEX] for start in range(0, len(text), _HEX)]

    def decode(self, id):
        """Return (queue id, position), or None for what is no id.

        Any 32 digits decode to something; that it is this queue's own, or a
        known dead letter's, is for the caller to see.
        """
        try:
            block = bytes.fromhex(id)
        except ValueError:
            return None
        if len(id) != _HEX or len(block) != _BLOCK.size or id != block.hex():
            return None
        try:
            decrypt = self._contexts.decrypt
        except AttributeError:
            decrypt = self._contexts.decrypt = self._cipher.decryptor().update
        pair = _BLOCK.unpack(decrypt(block))
        return pair if min(pair) >= 0 else None
