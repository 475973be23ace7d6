"""How much a sweep does at a time, and how long it rests."""

from marconi.janitor import pace
from tests import base

BITE = 0.1


class TestPace(base.TestCase):

    def setUp(self):
        super().setUp()
        self.now = 1000.0

    def pace(self, most=1000, effort=0.25):
        return pace.Pace(most, effort, clock=lambda: self.now, bite=BITE)

    def batch(self, it, took, rows=None):
        """A transaction that takes so long; return the rest."""
        started = it.start()
        self.now += took
        return it.rest(started, it.size if rows is None else rows)

    def test_rests_in_proportion_to_what_it_took(self):
        it = self.pace(effort=0.25)
        self.assertAlmostEqual(0.3, self.batch(it, 0.1))
        self.assertAlmostEqual(0.9, self.batch(it, 0.3))

    def test_rests_no_longer_than_is_good(self):
        self.assertEqual(pace.LONGEST_REST, self.batch(self.pace(), 60))

    def test_with_all_effort_it_does_not_rest(self):
        self.assertEqual(0, self.batch(self.pace(effort=1.0), 0.1))

    def test_nothing_left(self):
        it = self.pace()
        self.assertIsNone(self.batch(it, 0.1, rows=it.size - 1))

    def test_goes_for_transactions_that_take_a_bite(self):
        it = self.pace(most=100000)
        for _ in range(100):
            self.batch(it, it.size * BITE / 400)
        self.assertTrue(300 <= it.size <= 500, it.size)
        for _ in range(100):
            self.batch(it, it.size * BITE / 800)
        self.assertTrue(600 <= it.size <= 1000, it.size)

    def test_has_bounds(self):
        it = self.pace(most=500)
        for _ in range(50):
            self.batch(it, 0.0)
        self.assertEqual(500, it.size)
        for _ in range(50):
            self.batch(it, 60)
        self.assertEqual(pace.FEWEST, it.size)
        self.assertEqual(7, self.pace(most=7).size)

    def test_small_batches_stay_small(self):
        it = self.pace(most=7)
        for took in (0.0, 60, 0.001):
            self.batch(it, took)
            self.assertEqual(7, it.size)

    def test_one_slow_transaction_costs_no_more_than_half(self):
        it = self.pace()
        for _ in range(50):
            self.batch(it, 0.0)
        self.batch(it, 60)
        self.assertTrue(500 <= it.size <= 501, it.size)

    def test_works_harder_when_it_is_not_done_for_long(self):
        it = self.pace(effort=0.25)
        rests = []
        for _ in range(4):
            rests.append(self.batch(it, 1.0))
            self.now += pace.PATIENCE
        self.assertEqual([3.0, 1.0, 0.0, 0.0], rests)
        self.batch(it, 1.0, rows=0)
        self.assertEqual(3.0, self.batch(it, 1.0))
