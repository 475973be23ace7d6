"""Who may see how much a project may have, and has."""

from marconi.policies import base

RULES = [
    base.rule('limits:get', base.READER, 'Show the limits and the usage of the own project.',
              'GET /v2/limits'),
    base.rule('limits:get_any', base.ADMIN, 'Show those of another project.',
              'GET /v2/limits'),
]


def list_rules():
    return RULES
