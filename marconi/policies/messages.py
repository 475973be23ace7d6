"""Who may do what with messages."""

from marconi.policies import base

MESSAGES = '/v2/queues/{queue_name}/messages'

RULES = [
    base.rule('messages:get_all', base.ANYONE, 'List messages.', f'GET {MESSAGES}'),
    base.rule('messages:create', base.ANYONE, 'Post messages.', f'POST {MESSAGES}'),
    base.rule('messages:get', base.ANYONE, 'Show a message.',
              f'GET {MESSAGES}/{{message_id}}'),
    base.rule('messages:delete', base.ANYONE, 'Delete a message.',
              f'DELETE {MESSAGES}/{{message_id}}'),
    base.rule('messages:delete_all', base.ANYONE, 'Delete several messages, or pop.',
              f'DELETE {MESSAGES}'),
]


def list_rules():
    return RULES
