"""What the page shows of the documents that the processes write: see ``state``."""


def _summed(documents, number):
    """Yield the sum of a number of each document, by kind of process."""
    sums = {}
    for document in documents:
        kind = document['kind']
        sums[kind] = sums.get(kind, 0) + number(document)
    for kind, value in sums.items():
        yield (kind,), value


def _by_pool(documents, number, together):
    pools = {}
    for document in documents:
        for name, pool in document['pools'].items():
            pools.setdefault(name, []).append(number(pool))
    for name, numbers in pools.items():
        yield (name,), together(numbers)


def _by_queue(documents, *fields):
    """Yield a number of each queue, as that janitor knows them who looked last."""
    for document in [document for document in documents if document.get('queues')][:1]:
        for queue in document['queues']:
            for labels, field in fields:
                if queue[field] is not None:
                    yield (queue['project'], queue['queue'], *labels), queue[field]


#: name: (help, labels, function of the documents that yields (labels, value))
SHOWN = {
    'marconi_processes': (
        'Processes that live.', ('kind',),
        lambda documents: _summed(documents, lambda document: 1)),
    'marconi_process_memory_bytes': (
        'Memory of the processes, what they share included.', ('kind',),
        lambda documents: _summed(documents, lambda document: document['memory'])),
    'marconi_waiting_requests': (
        'Requests that wait for a message just now.', ('kind',),
        lambda documents: _summed(documents, lambda document: document['waiting'])),
    'marconi_pool_up': (
        'Whether the database answers, asked by each process: 0 if one got no answer.', ('pool',),
        lambda documents: _by_pool(documents, lambda pool: int(pool['up']), min)),
    'marconi_pool_connections': (
        'Connections in use by all processes.', ('pool',),
        lambda documents: _by_pool(documents, lambda pool: pool['connections'], sum)),
    'marconi_queue_messages': (
        'Messages of the busiest queues: free, or held by a claim or a delay.',
        ('project', 'queue', 'state'),
        lambda documents: _by_queue(documents, (('free',), 'free'), (('held',), 'held'))),
    'marconi_queue_oldest_seconds': (
        'Age of the oldest message of the busiest queues.', ('project', 'queue'),
        lambda documents: _by_queue(documents, ((), 'oldest'))),
}
