"""Services and databases of this release and of the one before."""

from marconi.storage.sqlalchemy import migration
from tests.functional import base
from tests.functional import janitor as janitor_module
from tests.functional import service as service_module
from tests.upgrade import previous

#: Seconds that a sweep belongs to a janitor.
LEASE = 3
OLD, NEW = 'the release before', 'this release'


class UpgradeTest(base.FunctionalTest):

    timeout = 600

    def setUp(self):
        super().setUp()
        self._require(previous.missing())

    @staticmethod
    def code(release):
        return previous.tree() if release is OLD else previous.ROOT

    def database(self, release):
        """A database with the schema of a release, made by its own ``db sync``."""
        url = self.bare_database()
        previous.sync(self.code(release), url)
        return url

    @staticmethod
    def upgrade(database):
        previous.sync(previous.ROOT, database)

    def serve(self, release, database):
        service = service_module.Service(database, code=self.code(release))
        self.addCleanup(service.close)
        return service.start()

    def janitor(self, release, database):
        it = janitor_module.Janitor(database, LEASE, code=self.code(release))
        self.addCleanup(it.close)
        return it

    def schema(self, database):
        return migration.current(database)
