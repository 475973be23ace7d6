"""marconi-status: is this deployment ready for the new code?"""

import sys

from oslo_upgradecheck import common_checks
from oslo_upgradecheck import upgradecheck

from marconi import exception
from marconi.cmd import common


class Checks(upgradecheck.UpgradeCommands):
    """What ``marconi-status upgrade check`` looks at."""

    def __init__(self, conf):
        self._conf = conf

    def _database(self):
        from marconi.storage.sqlalchemy import migration
        try:
            contracted = migration.check(self._conf.database.connection)
        except exception.MarconiError as error:
            return upgradecheck.Result(upgradecheck.Code.FAILURE, str(error))
        if not contracted:
            return upgradecheck.Result(upgradecheck.Code.WARNING, (
                'The database has what only the release before used. When no process of it '
                'runs any more, run "marconi-manage db sync --contract".'))
        return upgradecheck.Result(upgradecheck.Code.SUCCESS)

    def _policy(self):
        return common_checks.check_policy_json(self, self._conf)

    _upgrade_checks = (('Database schema', _database), ('Policy file', _policy))


def main(args=None):
    """Return 0 if all is well, 1 for warnings, 2 for what must be mended first."""
    conf = common.without_arguments()
    return upgradecheck.main(conf, 'marconi', Checks(conf),
                             sys.argv[1:] if args is None else args)


if __name__ == '__main__':
    sys.exit(main())
