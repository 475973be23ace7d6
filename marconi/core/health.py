"""Is the service well? Asked by load balancers and by people."""

import time
import uuid

import msgspec
from oslo_log import log

from marconi import exception
from marconi.core import messages

LOG = log.getLogger(__name__)

BODY = b'{"event": "health check"}'


class Health:

    def __init__(self, broker):
        self.broker = broker

    def ping(self, context):
        """Return if the catalogue's database answers.

        :raises StorageUnavailable: it does not.
        """
        self.broker.policy.authorize(context, 'ping:get')
        self.broker.stores.control.ping()

    def alive(self, context):
        """Return if the caller may ask; says nothing of the database."""
        self.broker.policy.authorize(context, 'ping:get')

    def home(self, context):
        """Return if the caller may read the home document."""
        self.broker.policy.authorize(context, 'home:get')

    def report(self, context):
        """Exercise every operation on a scratch queue and time it.

        :returns: {'storage_reachable': bool, 'operation_status': {operation:
            {'succeeded': bool, 'seconds': float, 'ref': None or an id that
            leads to the error in the log}}}.
        """
        self.broker.policy.authorize(context, 'health:get')
        # The scratch queue must not find the quota of whoever asks used up.
        context.quotas_apply = False
        operations = {}
        for name, operate in self._operations(context):
            operations[name] = self._time(name, operate)
        return {'storage_reachable': self._reachable(), 'operation_status': operations}

    def _operations(self, context):
        broker, queue = self.broker, f'health-{uuid.uuid4().hex}'
        post = [messages.Post(body=msgspec.Raw(BODY), ttl=300)]
        state = {}

        def claim():
            state['claim'] = broker.claims.create(context, queue, limit=1)

        def delete():
            broker.messages.delete(context, queue, state['claim'].messages[0].id,
                                   state['claim'].id)

        yield 'create_queue', lambda: broker.queues.create(context, queue, {})
        yield 'post_messages', lambda: broker.messages.post(
            context, queue, post * 3, len(BODY), create=False)
        yield 'list_messages', lambda: broker.messages.list(context, queue, echo=True)
        yield 'claim_messages', claim
        yield 'delete_messages', delete
        yield 'delete_claim', lambda: broker.claims.delete(
            context, queue, state['claim'].id)
        yield 'bulk_delete_messages', lambda: broker.messages.pop(context, queue, 2)
        yield 'delete_queue', lambda: broker.queues.delete(context, queue)

    def _reachable(self):
        try:
            self.broker.stores.control.ping()
        except exception.StorageUnavailable:
            return False
        return True

    @staticmethod
    def _time(name, operate):
        started, ref = time.perf_counter(), None
        try:
            operate()
        except (exception.MarconiError, KeyError, IndexError) as error:
            # KeyError and IndexError: an earlier operation left nothing to work on.
            ref = str(uuid.uuid4())
            LOG.error('Health check %s: %s failed: %r', ref, name, error)
        return {'succeeded': ref is None, 'seconds': time.perf_counter() - started,
                'ref': ref}
