"""The rules that other rules are made of."""

from oslo_policy import policy

#: Everybody.
ANYONE = ''
# All others are asked about what the caller's own project has, and nothing else.
ADMIN = 'rule:admin'
MEMBER = 'rule:member'
READER = 'rule:reader'
PRESIGNED = 'rule:presigned'
#: What a pre-signed URL can be for.
MEMBER_OR_URL = f'{MEMBER} or {PRESIGNED}'
READER_OR_URL = f'{READER} or {PRESIGNED}'

RULES = [
    policy.RuleDefault('admin', 'role:admin', 'An administrator of the cloud.'),
    policy.RuleDefault('member', 'role:member or rule:admin',
                       'Who works with the queues of their project.'),
    policy.RuleDefault('reader', 'role:reader or rule:member',
                       'Who looks at the queues of their project.'),
    policy.RuleDefault('presigned', 'presigned:True',
                       'Whoever got a pre-signed URL, for what it allows. They have no roles.'),
]


def rule(name, check, description, *operations):
    """Return a documented rule; operations are 'METHOD /path' texts."""
    documented = []
    for operation in operations:
        method, path = operation.split(' ', 1)
        documented.append({'method': method, 'path': path})
    return policy.DocumentedRuleDefault(name, check, description, documented,
                                        scope_types=['project'])


def list_rules():
    return RULES
