"""Who may ask how the service is."""

from marconi.policies import base

RULES = [
    base.rule('ping:get', base.ANYONE, 'Ask whether the service answers.',
              'GET /v2/ping', 'GET /v1/health'),
    base.rule('home:get', base.ANYONE, 'Read the home document of a version.',
              'GET /v2/'),
    base.rule('health:get', base.ADMIN, 'Exercise every operation and report.',
              'GET /v2/health'),
]


def list_rules():
    return RULES
