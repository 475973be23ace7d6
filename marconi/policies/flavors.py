"""Who may do what with flavors."""

from marconi.policies import base

FLAVOR = '/v2/flavors/{flavor_name}'

RULES = [
    base.rule('flavors:get_all', base.READER, 'List the flavors of a project.',
              'GET /v2/flavors'),
    base.rule('flavors:create', base.ADMIN, 'Name a flavor.', f'PUT {FLAVOR}'),
    base.rule('flavors:get', base.READER, 'Show a flavor.', f'GET {FLAVOR}'),
    base.rule('flavors:update', base.ADMIN, 'Change the pools of a flavor.',
              f'PATCH {FLAVOR}'),
    base.rule('flavors:delete', base.ADMIN, 'Forget a flavor.', f'DELETE {FLAVOR}'),
]


def list_rules():
    return RULES
