"""The memory of tokens."""

from concurrent import futures

from marconi.api import tokens
from tests import base


class TestMemory(base.TestCase):

    def setUp(self):
        super().setUp()
        self.now = 1000
        self.memory = self.new(60)

    def new(self, lifetime):
        return tokens.Memory(lifetime, lambda: self.now)

    def test_remembers_for_its_lifetime(self):
        self.memory.set('key', 'value')
        self.now += 59
        self.assertEqual('value', self.memory.get('key'))
        self.memory.set('other', 'value', time=10 ** 6)
        self.now += 2
        self.assertIsNone(self.memory.get('key'))
        self.now += 60
        self.assertIsNone(self.memory.get('other'))

    def test_remembers_nothing_without_a_lifetime(self):
        for lifetime in (0, -1):
            memory = self.new(lifetime)
            memory.set('key', 'value')
            self.assertIsNone(memory.get('key'))

    def test_is_bounded_and_drops_what_was_not_used_for_longest(self):
        for number in range(tokens.MOST):
            self.memory.set(number, 'value')
        self.assertEqual('value', self.memory.get(0))
        self.memory.set('one more', 'value')
        self.assertEqual('value', self.memory.get(0))
        self.assertIsNone(self.memory.get(1))

    def test_is_true_when_empty(self):
        self.assertTrue(self.memory)  # else auth_token would use one of its own

    def test_bears_many_threads(self):
        def use(number):
            for turn in range(2000):
                self.memory.set(f'{number}-{turn % 7}', turn)
                self.memory.get(f'{turn % 11}-{turn % 7}')

        with futures.ThreadPoolExecutor(8) as threads:
            list(threads.map(use, range(8)))
