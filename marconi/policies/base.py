"""The rules that other rules are made of."""

from oslo_policy import policy

ADMIN = 'role:admin'
#: Any caller, about what its own project has.
ANYONE = ''

RULES = [
    policy.RuleDefault('admin', ADMIN, description='An administrator of the cloud.'),
]


def rule(name, check, description, *operations):
    """Return a documented rule; operations are 'METHOD /path' texts."""
    documented = []
    for operation in operations:
        method, path = operation.split(' ', 1)
        documented.append({'method': method, 'path': path})
    return policy.DocumentedRuleDefault(name, check, description, documented)


def list_rules():
    return RULES
