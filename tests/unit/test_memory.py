"""Remembering answers for a while."""

from marconi import memory
from tests import base


class TestMemory(base.TestCase):

    def setUp(self):
        super().setUp()
        self.now = 1000

    def memory(self, **options):
        return memory.Memory(3, 60, lambda: self.now, **options)

    def asked(self, of, seconds):
        """Ask after each of these times; return what was found."""
        found = []
        for number in seconds:
            self.now += number
            found.append(of.get('key'))
        return found

    def test_for_its_lifetime(self):
        of = self.memory()
        of.put('key', 'value')
        self.assertEqual(['value', 'value', None], self.asked(of, [0, 59, 1]))

    def test_as_long_as_it_is_asked_for(self):
        of = self.memory(prolong=True)
        of.put('key', 'value')
        state = of.state
        self.assertEqual(['value'] * 4 + [None], self.asked(of, [20, 20, 59, 59, 60]))
        self.assertIs(state, of.state)

    def test_forgotten(self):
        of = self.memory(prolong=True)
        of.put('key', 'value')
        self.asked(of, [50])
        of.forget('key')
        self.assertEqual([None], self.asked(of, [0]))

    def test_no_more_than_the_most(self):
        of = self.memory()
        for number in range(4):
            of.put(number, 'value')
        self.assertEqual([None, None, None, 'value'], [of.get(number) for number in range(4)])
