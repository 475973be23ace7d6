"""The tables. Migrations make them; a test holds the two together.

Times are milliseconds since the epoch, by the database's clock. Identifiers
are compared byte by byte on every database, so that no collation can take one
project or queue for another.
"""

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from marconi.storage.sqlalchemy.columns import text

metadata = sa.MetaData()

#: The end of time, and the floor of a closed queue.
FOREVER = 2 ** 63 - 1
#: ``messages.available_at`` of a message that was never claimed nor delayed.
FRESH = 0
#: The same of a message that came back from a claim or a delay and was filed.
RETURNED = 1

Key = sa.BigInteger().with_variant(sa.Integer, 'sqlite')
Bytes = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), 'mysql', 'mariadb')


#: The catalogue, in the control database only.
queues = sa.Table(
    'queues', metadata,
    # Never used twice: rows of a deleted queue may still be around.
    sa.Column('id', Key, primary_key=True, autoincrement=True),
    sa.Column('project', text(256), nullable=False),
    sa.Column('name', text(64), nullable=False),
    sa.Column('pool', text(64)),
    # JSON, as bytes: no database needs to look into it.
    sa.Column('metadata', Bytes, nullable=False),
    sa.Column('revision', sa.BigInteger, nullable=False),
    sa.UniqueConstraint('project', 'name', name='uq_queues_project_name'),
    sa.Index('ix_queues_pool', 'pool'),
    sqlite_autoincrement=True)

#: Databases that hold messages, beside the one with the catalogue.
pools = sa.Table(
    'pools', metadata,
    sa.Column('name', text(64), primary_key=True),
    sa.Column('uri', text(255), nullable=False),
    sa.Column('weight', sa.BigInteger, nullable=False),
    sa.Column('flavor', text(255)),
    # JSON, as bytes.
    sa.Column('options', Bytes, nullable=False),
    # 1: takes no new queues, and those it has are moved elsewhere.
    sa.Column('draining', sa.SmallInteger, nullable=False),
    sa.UniqueConstraint('uri', name='uq_pools_uri'))

flavors = sa.Table(
    'flavors', metadata,
    sa.Column('project', text(256), primary_key=True),
    sa.Column('name', text(64), primary_key=True),
    # JSON, as bytes.
    sa.Column('capabilities', Bytes, nullable=False),
    # A pool has one flavor, so two projects cannot mean two things by a name.
    sa.UniqueConstraint('name', name='uq_flavors_name'))

#: Queues that are to move to another pool.
moves = sa.Table(
    'moves', metadata,
    sa.Column('queue_id', sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column('project', text(256), nullable=False),
    sa.Column('name', text(64), nullable=False),
    # From pool to pool; NULL is the database with the catalogue.
    sa.Column('source', text(64)),
    sa.Column('target', text(64)),
    sa.Column('requested_at', sa.BigInteger, nullable=False),
    # Why the last attempt failed.
    sa.Column('error', text(255)),
    sa.Index('ix_moves_requested', 'requested_at'))

#: What each project uses. Behind by a bounded time: see ``usage.py``.
usage = sa.Table(
    'usage', metadata,
    sa.Column('project', text(256), primary_key=True),
    sa.Column('messages', sa.BigInteger, nullable=False),
    sa.Column('bytes', sa.BigInteger, nullable=False),
    # When the messages are to be counted again.
    sa.Column('count_at', sa.BigInteger, nullable=False),
    sa.Index('ix_usage_count', 'count_at'))

#: The processes of the service, and when they were last seen.
services = sa.Table(
    'services', metadata,
    sa.Column('id', text(64), primary_key=True),
    sa.Column('kind', text(64), nullable=False),
    sa.Column('host', text(255), nullable=False),
    sa.Column('pid', sa.Integer, nullable=False),
    sa.Column('version', text(64), nullable=False),
    sa.Column('started_at', sa.BigInteger, nullable=False),
    sa.Column('seen_at', sa.BigInteger, nullable=False),
    sa.Index('ix_services_seen', 'seen_at'))

#: One row per queue in the pool that holds its messages. Posts lock it.
streams = sa.Table(
    'streams', metadata,
    sa.Column('id', sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column('generation', sa.BigInteger, nullable=False),
    sa.Column('floor', sa.BigInteger, nullable=False),
    # The newest position; where a sequence numbers the messages it stays 0.
    sa.Column('last_seq', sa.BigInteger, nullable=False),
    # When it was closed; then the floor is FOREVER. Negative if it was sealed:
    # it is on its way to or from another pool, or, with the floor at FOREVER,
    # lives in another one.
    sa.Column('closed_at', sa.BigInteger))

messages = sa.Table(
    'messages', metadata,
    sa.Column('queue_id', sa.BigInteger, nullable=False),
    # The position in the queue: grows in the order of commits.
    sa.Column('seq', sa.BigInteger, nullable=False),
    # FRESH, RETURNED, or when the claim or the delay ends.
    sa.Column('available_at', sa.BigInteger, nullable=False),
    sa.Column('created_at', sa.BigInteger, nullable=False),
    sa.Column('expires_at', sa.BigInteger, nullable=False),
    sa.Column('claim_count', sa.Integer, nullable=False),
    sa.Column('claim_id', text(32)),
    sa.Column('client_id', text(36), nullable=False),
    # Where a dead letter was posted first: its id is made of these.
    sa.Column('origin_queue', sa.BigInteger),
    sa.Column('origin_seq', sa.BigInteger),
    sa.Column('encoding', sa.SmallInteger, nullable=False),
    sa.Column('body', Bytes, nullable=False),
    sa.PrimaryKeyConstraint('queue_id', 'seq'),
    # The one index that answers "which are free, oldest first" (FRESH and
    # RETURNED are equalities, so seq orders them), "whose time has come" and
    # "what does this claim hold" (its messages share its deadline).
    sa.Index('ix_messages_available', 'queue_id', 'available_at', 'seq'),
    sa.Index('ix_messages_expires', 'expires_at'))

#: The index of ``messages`` on (queue_id, available_at, seq).
AVAILABLE = next(index for index in messages.indexes if index.name == 'ix_messages_available')

claims = sa.Table(
    'claims', metadata,
    sa.Column('queue_id', sa.BigInteger, nullable=False),
    sa.Column('id', text(32), nullable=False),
    sa.Column('ttl', sa.Integer, nullable=False),
    sa.Column('grace', sa.Integer, nullable=False),
    sa.Column('renewed_at', sa.BigInteger, nullable=False),
    sa.Column('expires_at', sa.BigInteger, nullable=False),
    # The same for the janitor, which asks for all queues at once. A column of
    # its own, so that no planner takes its index for the question about one.
    sa.Column('sweep_at', sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint('queue_id', 'id'),
    sa.Index('ix_claims_expires', 'queue_id', 'expires_at'),
    sa.Index('ix_claims_sweep', 'sweep_at'))

#: When delayed messages of which queue come due: where the janitor and those
#: who wait must look, without going through all messages.
delays = sa.Table(
    'delays', metadata,
    sa.Column('queue_id', sa.BigInteger, nullable=False),
    sa.Column('due_at', sa.BigInteger, nullable=False),
    # The same, as in ``claims``.
    sa.Column('sweep_at', sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint('queue_id', 'due_at'),
    sa.Index('ix_delays_sweep', 'sweep_at'))

#: Under which position a dead letter is found by the id it has kept. Outlives
#: the message, so that the id still works as marker after it.
moved = sa.Table(
    'moved', metadata,
    sa.Column('queue_id', sa.BigInteger, nullable=False),
    sa.Column('origin_queue', sa.BigInteger, nullable=False),
    sa.Column('origin_seq', sa.BigInteger, nullable=False),
    sa.Column('seq', sa.BigInteger, nullable=False),
    sa.Column('moved_at', sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint('queue_id', 'origin_queue', 'origin_seq'),
    sa.Index('ix_moved_moved', 'moved_at'))

#: Queues in which the janitor has something to remove.
garbage = sa.Table(
    'garbage', metadata,
    sa.Column('queue_id', sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column('due_at', sa.BigInteger, nullable=False),
    sa.Index('ix_garbage_due', 'due_at'))

leases = sa.Table(
    'leases', metadata,
    sa.Column('name', text(64), primary_key=True),
    sa.Column('holder', text(255), nullable=False),
    sa.Column('expires_at', sa.BigInteger, nullable=False))

#: What is made once, at the first migration, and kept.
settings = sa.Table(
    'settings', metadata,
    sa.Column('name', text(64), primary_key=True),
    sa.Column('value', text(255), nullable=False))

#: Numbers messages where the database has sequences that do not belong to a
#: transaction (PostgreSQL). No cache: a session that keeps numbers for later
#: would hand them out after higher ones.
message_seq = sa.Sequence('message_seq', metadata=metadata)
