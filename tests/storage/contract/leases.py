"""Leases for background work."""

from tests.storage.contract import support


class Leases(support.Contract):

    def setUp(self):
        super().setUp()
        self.leases = self.store.leases

    def test_one_holder(self):
        self.assertIs(True, self.leases.acquire('sweep', 'one', 60))
        self.assertIs(False, self.leases.acquire('sweep', 'two', 60))
        self.assertIs(True, self.leases.acquire('another sweep', 'two', 60))

    def test_a_holder_extends(self):
        self.leases.acquire('sweep', 'one', 60)
        self.clock.move(59)
        self.assertIs(True, self.leases.acquire('sweep', 'one', 60))
        self.clock.move(59)
        self.assertIs(False, self.leases.acquire('sweep', 'two', 60))

    def test_a_holder_may_shorten(self):
        self.leases.acquire('sweep', 'one', 600)
        self.leases.acquire('sweep', 'one', 10)
        self.clock.move(10)
        self.assertIs(True, self.leases.acquire('sweep', 'two', 60))

    def test_taken_over_when_its_time_is_up(self):
        self.leases.acquire('sweep', 'one', 60)
        self.clock.move(59.999)
        self.assertIs(False, self.leases.acquire('sweep', 'two', 60))
        self.clock.move(0.001)
        self.assertIs(True, self.leases.acquire('sweep', 'two', 60))
        self.assertIs(False, self.leases.acquire('sweep', 'one', 60))
        self.leases.release('sweep', 'one')
        self.assertIs(False, self.leases.acquire('sweep', 'one', 60))

    def test_one_that_ran_out_may_be_extended_by_its_holder(self):
        self.leases.acquire('sweep', 'one', 60)
        self.clock.move(3600)
        self.assertIs(True, self.leases.acquire('sweep', 'one', 60))
        self.assertIs(False, self.leases.acquire('sweep', 'two', 60))

    def test_release(self):
        self.leases.acquire('sweep', 'one', 60)
        self.leases.acquire('other', 'one', 60)
        self.leases.release('sweep', 'one')
        self.assertIs(True, self.leases.acquire('sweep', 'two', 60))
        self.assertIs(False, self.leases.acquire('other', 'two', 60))

    def test_release_by_others_or_of_nothing(self):
        self.leases.release('sweep', 'one')
        self.leases.acquire('sweep', 'one', 60)
        self.leases.release('sweep', 'two')
        self.assertIs(False, self.leases.acquire('sweep', 'two', 60))

    def test_names_and_holders_are_compared_byte_by_byte(self):
        self.assertTrue(self.leases.acquire('sweep', 'one', 60))
        self.assertTrue(self.leases.acquire('Sweep', 'One', 60))
        self.assertFalse(self.leases.acquire('sweep', 'One', 60))
        self.assertFalse(self.leases.acquire('sweep', 'one ', 60))

    def test_another_store_sees_them(self):
        self.leases.acquire('sweep', 'one', 60)
        self.assertIs(False, self.open_store(self.clock).leases.acquire('sweep', 'two', 60))
