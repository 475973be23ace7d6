"""What the service counts, for Prometheus.

Nothing is counted until ``start`` was called, and then what is counted costs nearly
nothing. Each process counts into files of its own in a directory that all of them share;
``page`` adds them up for those who ask. What is true just now, such as how many clients
wait, is no sum of events: see ``state``.
"""

import os

#: Seconds: a request answered from the database takes some of the first buckets.
REQUEST_SECONDS = (.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 20)
WAIT_SECONDS = (.01, .1, .5, 1, 2, 5, 10, 20)
SWEEP_SECONDS = (.001, .005, .01, .05, .1, .5, 1, 5, 20)

#: name: (help, labels, buckets of a histogram; None for a counter, whose samples are
#: called NAME_total)
COUNTED = {
    'marconi_requests': (
        'Requests answered. The operation is the policy rule, or - if there was none.',
        ('version', 'operation', 'status'), None),
    'marconi_request_seconds': (
        'Time of requests, without the time during which they waited for messages.',
        ('operation',), REQUEST_SECONDS),
    'marconi_wait_seconds': (
        'For how long requests waited for messages, and whether any came.',
        ('outcome',), WAIT_SECONDS),
    'marconi_messages': (
        'Messages posted, claimed, deleted (popped, too) and expired.', ('event',), None),
    'marconi_sweep_rows': ('Rows that the janitor dealt with.', ('sweep',), None),
    'marconi_sweep_failures': ('Batches of the janitor that failed.', ('sweep',), None),
    'marconi_sweep_seconds': (
        'Time of batches in which there was something to do.', ('sweep',), SWEEP_SECONDS),
}

_add = _observe = None
#: Where this process and its relatives count; None if they do not.
directory = None


def start(where):
    """Count from now on, in this process and in those that it will fork.

    :param where: a directory of the service's own; see ``place.new``.
    """
    global _add, _observe, directory
    # prometheus_client looks at it once, when it is imported.
    os.environ['PROMETHEUS_MULTIPROC_DIR'] = where
    from marconi.metrics import counting
    _add, _observe, directory = *counting.make(COUNTED), where


def request(context, status, seconds):
    """Count a request and its time.

    :param context: the ``RequestContext``, which knows version, operation and waiting.
    :param status: the three digits, as text.
    """
    if _add is not None:
        _add('marconi_requests', (context.version, context.operation, status), 1)
        _observe('marconi_request_seconds', (context.operation,), seconds - context.waited)


def wait(found, seconds):
    """Count a request that waited for messages."""
    if _add is not None:
        _observe('marconi_wait_seconds', ('messages' if found else 'nothing',), seconds)


def messages(event, number):
    """Count messages: 'posted', 'claimed', 'deleted' or 'expired'."""
    if _add is not None and number:
        _add('marconi_messages', (event,), number)


def sweep(name, rows, seconds):
    """Count a batch of a sweep."""
    if _add is not None and rows:
        _add('marconi_sweep_rows', (name,), rows)
        _observe('marconi_sweep_seconds', (name,), seconds)
        if name == 'expired_messages':
            messages('expired', rows)


def sweep_failure(name):
    """Count a batch of a sweep that failed."""
    if _add is not None:
        _add('marconi_sweep_failures', (name,), 1)
