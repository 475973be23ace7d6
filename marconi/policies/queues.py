"""Who may do what with queues."""

from marconi.policies import base

QUEUE = '/v2/queues/{queue_name}'

RULES = [
    base.rule('queues:get_all', base.ANYONE, 'List the queues of a project.',
              'GET /v2/queues'),
    base.rule('queues:create', base.ANYONE, 'Create a queue.', f'PUT {QUEUE}'),
    base.rule('queues:get', base.ANYONE, 'Show a queue.', f'GET {QUEUE}'),
    base.rule('queues:delete', base.ANYONE, 'Delete a queue with all it holds.',
              f'DELETE {QUEUE}'),
    base.rule('queues:update', base.ANYONE, 'Change the metadata of a queue.',
              f'PATCH {QUEUE}', 'PUT /v1/queues/{queue_name}/metadata'),
    base.rule('queues:stats', base.ANYONE, 'Count the messages of a queue.',
              f'GET {QUEUE}/stats'),
    base.rule('queues:share', base.ANYONE, 'Make a pre-signed URL for a queue.',
              f'POST {QUEUE}/share'),
    base.rule('queues:purge', base.ANYONE, 'Remove all messages of a queue.',
              f'POST {QUEUE}/purge'),
]


def list_rules():
    return RULES
