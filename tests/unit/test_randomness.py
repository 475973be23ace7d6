"""Ids that nobody else has."""

import os
import re

from marconi import randomness
from tests import base


class TestNewId(base.TestCase):

    def test_all_are_different(self):
        ids = [randomness.new_id() for _ in range(3 * randomness.NUMBER + 1)]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertEqual([], [id for id in ids if not re.fullmatch('[0-9a-f]{32}', id)])

    def test_a_child_has_others_than_its_parent(self):
        randomness.new_id()  # others are at hand now
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            os.write(writer, ' '.join(randomness.new_id() for _ in range(5)).encode())
            os._exit(0)
        os.waitpid(child, 0)
        os.close(writer)
        with open(reader) as pipe:
            theirs = set(pipe.read().split())
        self.assertEqual(5, len(theirs))
        self.assertEqual(set(), theirs & {randomness.new_id() for _ in range(randomness.NUMBER)})
