"""Who may do what with claims."""

from marconi.policies import base

CLAIMS = '/v2/queues/{queue_name}/claims'

RULES = [
    base.rule('claims:create', base.MEMBER_OR_URL, 'Claim messages.', f'POST {CLAIMS}'),
    base.rule('claims:get', base.READER_OR_URL, 'Show a claim.', f'GET {CLAIMS}/{{claim_id}}'),
    base.rule('claims:update', base.MEMBER_OR_URL, 'Renew a claim.',
              f'PATCH {CLAIMS}/{{claim_id}}'),
    base.rule('claims:delete', base.MEMBER_OR_URL, 'Release a claim.',
              f'DELETE {CLAIMS}/{{claim_id}}'),
]


def list_rules():
    return RULES
