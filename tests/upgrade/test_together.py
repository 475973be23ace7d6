"""Servers of both releases at work on one database at the same time (P1 to P3).

That is how a service looks in the middle of an upgrade: the schema is the new one already.
"""

from tests.functional import test_concurrency
from tests.upgrade import base


class Together(base.UpgradeTest):

    def services(self, number=1):
        """One of each release, on a database of this test."""
        if not hasattr(self, '_services'):
            database = self.database(base.OLD)
            old = self.serve(base.OLD, database)
            self.upgrade(database)  # under the feet of the old one
            self._services = [old, self.serve(base.NEW, database)]
            for release in (base.OLD, base.NEW):
                self.janitor(release, database)
        return self._services[:number]


class TestConsumers(Together, test_concurrency.TestConsumers):

    claimed = 600


class TestReaders(Together, test_concurrency.TestReaders):

    writers = 4
    listed = 3000
