"""Who may do what with messages."""

from marconi.policies import base

MESSAGES = '/v2/queues/{queue_name}/messages'

RULES = [
    base.rule('messages:get_all', base.READER_OR_URL, 'List messages.', f'GET {MESSAGES}'),
    base.rule('messages:create', base.MEMBER_OR_URL, 'Post messages.', f'POST {MESSAGES}'),
    base.rule('messages:get', base.READER_OR_URL, 'Show a message.',
              f'GET {MESSAGES}/{{message_id}}'),
    base.rule('messages:delete', base.MEMBER_OR_URL, 'Delete a message.',
              f'DELETE {MESSAGES}/{{message_id}}'),
    base.rule('messages:delete_all', base.MEMBER_OR_URL, 'Delete several messages, or pop.',
              f'DELETE {MESSAGES}'),
]


def list_rules():
    return RULES
