"""Who may do what with queues."""

from marconi.policies import base

QUEUE = '/v2/queues/{queue_name}'

RULES = [
    base.rule('queues:get_all', base.READER, 'List the queues of a project.',
              'GET /v2/queues'),
    base.rule('queues:create', base.MEMBER, 'Create a queue.', f'PUT {QUEUE}'),
    base.rule('queues:get', base.READER, 'Show a queue.', f'GET {QUEUE}'),
    base.rule('queues:delete', base.MEMBER, 'Delete a queue with all it holds.',
              f'DELETE {QUEUE}'),
    base.rule('queues:update', base.MEMBER, 'Change the metadata of a queue.',
              f'PATCH {QUEUE}', 'PUT /v1/queues/{queue_name}/metadata'),
    base.rule('queues:stats', base.READER, 'Count the messages of a queue.',
              f'GET {QUEUE}/stats'),
    base.rule('queues:share', base.MEMBER, 'Make a pre-signed URL for a queue.',
              f'POST {QUEUE}/share'),
    base.rule('queues:purge', base.MEMBER, 'Remove all messages of a queue.',
              f'POST {QUEUE}/purge'),
]


def list_rules():
    return RULES
