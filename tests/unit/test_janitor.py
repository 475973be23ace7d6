"""The lease and the sweeps of the janitor, with time and database in our hand."""

from marconi import exception
from marconi.janitor import lease
from marconi.janitor import sweeps
from tests import base


class FakeLeases:
    """One row that others may take."""

    def __init__(self):
        self.holder = None
        self.calls = 0
        self.gone = False

    def acquire(self, name, holder, seconds):
        self.calls += 1
        if self.gone:
            raise exception.StorageUnavailable()
        self.holder = self.holder or holder
        return self.holder == holder

    def release(self, name, holder):
        if self.holder == holder:
            self.holder = None


class JanitorTest(base.TestCase):

    def setUp(self):
        super().setUp()
        self.now = 1000.0
        self.leases = FakeLeases()
        self.lease = lease.Lease(self.leases, 'work', 'me', 10 + lease.LOOK, clock=lambda: self.now)

    def pass_(self, seconds):
        self.now += seconds


class TestLease(JanitorTest):

    def test_is_asked_for_once_while_it_is_trusted(self):
        self.assertTrue(self.lease.hold())
        self.pass_(4.9)
        self.assertTrue(self.lease.hold())
        self.assertEqual(1, self.leases.calls)

    def test_is_renewed_long_before_it_ends(self):
        self.lease.hold()
        self.pass_(5)
        self.assertTrue(self.lease.hold())
        self.assertEqual(2, self.leases.calls)

    def test_trust_counts_from_the_question_not_from_the_answer(self):
        def slow(name, holder, seconds):
            self.pass_(6)
            return True
        self.leases.acquire = slow
        self.lease.hold()
        self.leases.acquire = lambda *args: False
        self.assertFalse(self.lease.hold())

    def test_is_not_held_when_somebody_else_has_it(self):
        self.leases.holder = 'other'
        self.assertFalse(self.lease.hold())
        self.assertFalse(self.lease.mine)

    def test_is_not_held_when_it_cannot_be_renewed(self):
        self.lease.hold()
        self.pass_(5)
        self.leases.gone = True
        self.assertRaises(exception.StorageUnavailable, self.lease.hold)

    def test_is_old_after_one_life_however_often_renewed(self):
        for _ in range(3):
            self.lease.hold()
            self.assertFalse(self.lease.old)
            self.pass_(5)
        self.lease.hold()
        self.assertTrue(self.lease.old)

    def test_release_gives_it_back(self):
        self.lease.hold()
        self.lease.release()
        self.assertIsNone(self.leases.holder)
        self.assertFalse(self.lease.mine)

    def test_release_leaves_that_of_others_alone(self):
        self.leases.holder = 'other'
        self.lease.hold()
        self.lease.release()
        self.assertEqual('other', self.leases.holder)


class TestSweep(JanitorTest):

    def setUp(self):
        super().setUp()
        self.left = 25
        self.sweep = sweeps.Sweep('work', self.work, self.lease, batch=10, interval=1)

    def work(self, batch):
        done = min(batch, self.left)
        self.left -= done
        return done

    def fail_with(self, error):
        def work(batch):
            raise error
        self.sweep = sweeps.Sweep('work', work, self.lease, batch=10, interval=1)

    def test_goes_on_while_full_batches_come_back(self):
        self.assertEqual([0, 0], [self.sweep.turn(), self.sweep.turn()])
        self.assertTrue(0.8 <= self.sweep.turn() <= 1.2)
        self.assertEqual(0, self.left)

    def test_does_nothing_without_the_lease(self):
        self.leases.holder = 'other'
        self.assertIsNone(self.sweep.run_once())
        self.assertGreater(self.sweep.turn(), 0)
        self.assertEqual(25, self.left)

    def test_gives_an_old_lease_to_others_and_sits_out(self):
        self.left = 0
        self.sweep.turn()
        self.pass_(11)
        self.assertGreater(self.sweep.turn(), 2)
        self.assertIsNone(self.leases.holder)

    def test_keeps_an_old_lease_while_there_is_work(self):
        self.sweep.turn()
        self.pass_(11)
        self.sweep.turn()
        self.assertEqual('me', self.leases.holder)

    def test_rests_longer_and_longer_without_a_database(self):
        self.fail_with(exception.StorageUnavailable())
        self.assertFalse(self.sweep.failing)
        rests = [self.sweep.turn() for _ in range(20)]
        self.assertTrue(self.sweep.failing)
        self.assertTrue(1.6 <= rests[0] <= 2.4)
        self.assertTrue(24 <= rests[-1] <= 36)
        self.assertNotIn('Traceback', self.log.output)

    def test_a_bug_is_told_with_its_traceback(self):
        self.fail_with(ZeroDivisionError('a bug'))
        self.assertGreater(self.sweep.turn(), 1)
        self.assertIn('ZeroDivisionError: a bug', self.log.output)

    def test_an_error_while_giving_a_lease_back_is_no_end(self):
        def release(name, holder):
            raise exception.StorageUnavailable()
        self.left = 0
        self.sweep.turn()
        self.pass_(11)
        self.leases.release = release
        self.assertGreater(self.sweep.turn(), 1)

    def test_report_counts_since_the_last_one(self):
        self.sweep.turn()
        self.assertEqual('work 10', self.sweep.report())
        self.assertEqual('work 0', self.sweep.report())
        self.fail_with(ZeroDivisionError())
        self.sweep.turn()
        self.assertEqual('work 0 (1 failures)', self.sweep.report())

    def test_there_is_a_sweep_for_each_method_of_the_contract(self):
        self.assertEqual(set(sweeps.base.Sweeps.__abstractmethods__) | {'usage_counts', 'moves'},
                         set(sweeps.KINDS))
