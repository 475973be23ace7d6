"""marconi-status: is this deployment ready for the new code?"""

import sys

from oslo_config import cfg
from oslo_policy import policy
from oslo_upgradecheck import common_checks
from oslo_upgradecheck import upgradecheck

from marconi import exception
from marconi import policies
from marconi.cmd import common
from marconi.core import heart

SUCCESS = upgradecheck.Result(upgradecheck.Code.SUCCESS)


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
        return SUCCESS

    def _policy(self):
        return common_checks.check_policy_json(self, self._conf)

    def _rules(self):
        enforcer = policy.Enforcer(self._conf)
        enforcer.load_rules()
        # Names without a colon are parts of rules, which an operator may make up.
        unknown = {name for name in enforcer.file_rules if ':' in name} - {
            rule.name for rule in policies.list_rules()}
        if unknown:
            return _warning('The policy file has rules that nobody asks for: '
                            f'{", ".join(sorted(unknown))}.')
        return SUCCESS

    def _authentication(self):
        if self._conf.DEFAULT.auth_strategy == 'noauth':
            return SUCCESS
        from marconi.api import identity  # late: it loads much that only Keystone needs
        try:
            identity.check(self._conf)
        except cfg.Error as error:
            return upgradecheck.Result(upgradecheck.Code.FAILURE, str(error))
        return SUCCESS

    def _processes(self):
        """Return whether all processes that live run this code."""
        if self._database().code != upgradecheck.Code.SUCCESS:
            return upgradecheck.Result(upgradecheck.Code.SUCCESS, 'Not known while the schema '
                                       'does not fit.')
        living = [service for service in heart.recorded(self._conf)
                  if heart.lives(service, self._conf)]
        others = [service for service in living if service.version != heart.version()]
        if others:
            return _warning(f'{len(others)} processes run another version than this code '
                            f'({heart.version()}): restart them. See "marconi-manage service '
                            'list".')
        if living and 'janitor' not in {service.kind for service in living}:
            return _warning('The API is served, and no janitor runs: start one.')
        return SUCCESS

    _upgrade_checks = (
        ('Database schema', _database), ('Policy file', _policy), ('Policy rules', _rules),
        ('Authentication', _authentication), ('Processes', _processes))


def _warning(text):
    return upgradecheck.Result(upgradecheck.Code.WARNING, text)


def main(args=None):
    """Return 0 if all is well, 1 for warnings, 2 for what must be mended first."""
    conf = common.without_arguments()
    return upgradecheck.main(conf, 'marconi', Checks(conf),
                             sys.argv[1:] if args is None else args)


if __name__ == '__main__':
    sys.exit(main())
