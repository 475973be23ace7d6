"""What notifications say: see doc/source/admin/notifications.rst, which a test compares.

A field may be added with the next minor version. One that is removed or means something else
makes a new major one. No payload holds a body of a message, a password, or what tenants write
into their metadata.
"""

import datetime

VERSION = '1.0'


def build(context, event, value):
    """Return the payload of an event that happens now.

    :param value: what it is about, as its builder in ``EVENTS`` takes it.
    """
    return {
        'version': VERSION,
        'occurred_at': datetime.datetime.now(datetime.UTC).isoformat(timespec='milliseconds'),
        'project_id': context.project_id,
        'user_id': context.user_id,
        'request_id': context.request_id,
        event.partition('.')[0]: EVENTS[event](value),
    }


def _queue(queue):
    """Its metadata must hold reserved attributes only."""
    return {'name': queue.name, 'pool': queue.pool, 'attributes': queue.metadata}


def _pool(pool):
    # Without the uri, which has a password, and the options, which may have one.
    return {'name': pool.name, 'weight': pool.weight, 'flavor': pool.flavor,
            'draining': pool.draining}


def _flavor(flavor):
    return {'name': flavor.name, 'pools': flavor.pools, 'capabilities': flavor.capabilities}


def _name(name):
    return {'name': name}


def _quota(excess):
    return dict(excess)


#: Every event, and how to write down what it is about.
EVENTS = {
    'queue.create': _queue,
    'queue.update': _queue,
    'queue.purge': _queue,
    'queue.delete': _queue,
    'pool.create': _pool,
    'pool.update': _pool,
    'pool.delete': _name,
    'flavor.create': _flavor,
    'flavor.update': _flavor,
    'flavor.delete': _name,
    'quota.exceeded': _quota,
}
