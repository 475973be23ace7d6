"""How far the schema of a database is, for code that runs on an older one (P9)."""

import time

from oslo_log import log
import sqlalchemy as sa

LOG = log.getLogger(__name__)

_REVISION = sa.select(sa.column('version_num')).select_from(sa.table('alembic_version'))


class Schema:
    """The schema of one database, as one process sees it.

    In an upgrade, new code runs on the old schema for a while. What it keeps in
    tables that are not there yet it must do without::

        if not self._schema.reached('0003', 'usage is not kept'):
            return

    Revisions are numbers of four digits, and grow.
    """

    #: Seconds after which an answer of no is asked for again.
    RECHECK = 30.0

    def __init__(self, database, clock=time.monotonic):
        self.database = database
        self._clock = clock
        self._revision = ''
        self._asked = None
        self._told = set()

    def reached(self, revision, without):
        """Return whether the database has what a migration made. Costs nothing once it has.

        :param revision: that of the migration.
        :param without: what follows if it has not, for the log, which is told
            once: such as "usage is not kept".
        :raises StorageUnavailable: who knows.
        """
        if self._revision >= revision:
            return True
        now = self._clock()
        if self._asked is None or now >= self._asked + self.RECHECK:
            self._revision = self.database.read(
                lambda connection: connection.scalar(_REVISION)) or ''
            self._asked = now
        if self._revision >= revision:
            return True
        if without not in self._told:
            self._told.add(without)
            LOG.warning('The schema of the database is older than revision %s, so %s, until '
                        '"marconi-manage db sync --expand" was run.', revision, without)
        return False
