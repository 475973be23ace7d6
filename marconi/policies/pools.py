"""Who may do what with pools."""

from marconi.policies import base

POOL = '/v2/pools/{pool_name}'

RULES = [
    base.rule('pools:get_all', base.ADMIN, 'List the pools.', 'GET /v2/pools'),
    base.rule('pools:create', base.ADMIN, 'Register a pool.', f'PUT {POOL}'),
    base.rule('pools:get', base.ADMIN, 'Show a pool.', f'GET {POOL}'),
    base.rule('pools:update', base.ADMIN, 'Change a pool.', f'PATCH {POOL}'),
    base.rule('pools:delete', base.ADMIN, 'Forget a pool.', f'DELETE {POOL}'),
]


def list_rules():
    return RULES
