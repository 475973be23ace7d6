"""The oslo.policy enforcer: who may do what."""

import time

from oslo_config import cfg
from oslo_policy import opts as policy_opts
from oslo_policy import policy as oslo_policy

from marconi import exception
from marconi import memory
from marconi import policies

#: How long a decision may be remembered, in seconds. An edited policy file
#: works after this time at the latest.
REMEMBER = 5
MOST_REMEMBERED = 10_000


class Policy:
    """Answers whether a caller may do something, and remembers the answer.

    A decision depends on the rule and the caller alone, since the target is
    always the caller's own project. Asking oslo.policy costs about as much as
    the rest of a request, so the answer is kept for ``REMEMBER`` seconds.
    """

    def __init__(self, conf, clock=time.monotonic):
        self._enforcer = oslo_policy.Enforcer(conf)
        self._enforcer.register_defaults(policies.list_rules())
        self._decisions = memory.Memory(MOST_REMEMBERED, REMEMBER, clock)

    def authorize(self, context, rule):
        """Return if ``context`` may do what ``rule`` names.

        :raises NotAuthorized: it may not.
        """
        context.policy_asked = True
        key = (rule, context.project, context.user_id, context.system_scope,
               context.is_admin, context.presigned, *context.roles)
        allowed = self._decisions.get(key)
        if allowed is None:
            allowed = self._enforcer.authorize(
                rule, {'project_id': context.project_id}, context, do_raise=False)
            self._decisions.put(key, allowed)
        if not allowed:
            raise exception.NotAuthorized(rule=rule)


def get_enforcer():
    """Entry point of oslo.policy's command line tools (sample, check …)."""
    conf = cfg.ConfigOpts()
    policy_opts.set_defaults(conf)
    conf([], project='marconi')
    enforcer = oslo_policy.Enforcer(conf)
    enforcer.register_defaults(policies.list_rules())
    return enforcer
