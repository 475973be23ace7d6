"""Rows of ``messages`` as values."""

import operator
import re

import sqlalchemy as sa

from marconi import exception
from marconi import objects
from marconi.storage.sqlalchemy import engine
from marconi.storage.sqlalchemy import streams
from marconi.storage.sqlalchemy import tables

CLAIM_ID = re.compile(r'[0-9a-f]{32}\Z')

#: What ``to_messages`` needs.
COLUMNS = [column for column in tables.messages.c if column.name != 'client_id']
NOW = engine.NOW.label('now')
#: What rows are sorted by.
POSITION = operator.attrgetter('seq')


def to_messages(ids, rows, **changes):
    """Return ``Message`` values for rows of ``COLUMNS`` and ``NOW``.

    :param changes: fields that are not what the row says, for all of them.
    """
    if not rows:
        return []
    public = ids.encode([(row.origin_queue, row.origin_seq) if row.origin_queue is not None
                         else (row.queue_id, row.seq) for row in rows])
    return [_message(id, row, changes) for id, row in zip(public, rows, strict=True)]


def _message(id, row, changes):
    fields = {
        'id': id, 'body': row.body, 'encoding': row.encoding,
        'created_at': row.created_at, 'expires_at': row.expires_at, 'read_at': row.now,
        'claim_id': row.claim_id if row.available_at > row.now else None,
        'claim_count': row.claim_count,
    }
    return objects.Message(**(fields | changes))


class Alive:
    """Whether a remembered queue is still what it was; to be asked when a result is empty."""

    def __init__(self, database):
        self._database = database
        self._statement = database.prepare(sa.select(streams.ALIVE, NOW))

    def check(self, connection, queue):
        """Return the database's clock, in milliseconds.

        :raises StaleQueue: the queue is something else now, so the result means nothing.
        """
        [(alive, now)] = self._statement(connection, {
            'queue': queue.id, 'generation': queue.generation, 'now': self._database.now()})
        if not alive:
            raise exception.StaleQueue(name=queue.name)
        return now
