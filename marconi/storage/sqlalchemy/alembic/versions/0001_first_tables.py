"""The first tables.

Revision ID: 0001
Revises:

A migration is history: it repeats the tables as they were, and must not import
them as they are.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

revision = '0001'
down_revision = None
phase = 'expand'

Key = sa.BigInteger().with_variant(sa.Integer, 'sqlite')
Bytes = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), 'mysql', 'mariadb')


def text(length):
    return sa.String(length).with_variant(sa.String(length, collation='C'), 'postgresql')


def options(dialect):
    """How MariaDB and MySQL are to keep a table.

    Texts are compared byte by byte and to their end: a collation that pads
    takes 'a' and 'a ' for the same.
    """
    mariadb = getattr(dialect, 'is_mariadb', False)
    return {'mysql_engine': 'InnoDB', 'mysql_charset': 'utf8mb4',
            'mysql_collate': 'utf8mb4_nopad_bin' if mariadb else 'utf8mb4_0900_bin'}


def upgrade():
    innodb = options(op.get_bind().dialect)
    op.create_table(
        'queues',
        sa.Column('id', Key, primary_key=True, autoincrement=True),
        sa.Column('project', text(256), nullable=False),
        sa.Column('name', text(64), nullable=False),
        sa.Column('pool', text(64)),
        sa.Column('metadata', Bytes, nullable=False),
        sa.Column('revision', sa.BigInteger, nullable=False),
        sa.UniqueConstraint('project', 'name', name='uq_queues_project_name'),
        sqlite_autoincrement=True, **innodb)
    op.create_table(
        'streams',
        sa.Column('id', sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column('generation', sa.BigInteger, nullable=False),
        sa.Column('floor', sa.BigInteger, nullable=False),
        sa.Column('last_seq', sa.BigInteger, nullable=False),
        sa.Column('closed_at', sa.BigInteger),
        **innodb)
    op.create_table(
        'messages',
        sa.Column('queue_id', sa.BigInteger, nullable=False),
        sa.Column('seq', sa.BigInteger, nullable=False),
        sa.Column('available_at', sa.BigInteger, nullable=False),
        sa.Column('created_at', sa.BigInteger, nullable=False),
        sa.Column('expires_at', sa.BigInteger, nullable=False),
        sa.Column('claim_count', sa.Integer, nullable=False),
        sa.Column('claim_id', text(32)),
        sa.Column('client_id', text(36), nullable=False),
        sa.Column('origin_queue', sa.BigInteger),
        sa.Column('origin_seq', sa.BigInteger),
        sa.Column('encoding', sa.SmallInteger, nullable=False),
        sa.Column('body', Bytes, nullable=False),
        sa.PrimaryKeyConstraint('queue_id', 'seq'),
        sa.Index('ix_messages_available', 'queue_id', 'available_at', 'seq'),
        sa.Index('ix_messages_expires', 'expires_at'),
        **innodb)
    op.create_table(
        'claims',
        sa.Column('queue_id', sa.BigInteger, nullable=False),
        sa.Column('id', text(32), nullable=False),
        sa.Column('ttl', sa.Integer, nullable=False),
        sa.Column('grace', sa.Integer, nullable=False),
        sa.Column('renewed_at', sa.BigInteger, nullable=False),
        sa.Column('expires_at', sa.BigInteger, nullable=False),
        sa.Column('sweep_at', sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint('queue_id', 'id'),
        sa.Index('ix_claims_expires', 'queue_id', 'expires_at'),
        sa.Index('ix_claims_sweep', 'sweep_at'),
        **innodb)
    op.create_table(
        'delays',
        sa.Column('queue_id', sa.BigInteger, nullable=False),
        sa.Column('due_at', sa.BigInteger, nullable=False),
        sa.Column('sweep_at', sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint('queue_id', 'due_at'),
        sa.Index('ix_delays_sweep', 'sweep_at'),
        **innodb)
    op.create_table(
        'moved',
        sa.Column('queue_id', sa.BigInteger, nullable=False),
        sa.Column('origin_queue', sa.BigInteger, nullable=False),
        sa.Column('origin_seq', sa.BigInteger, nullable=False),
        sa.Column('seq', sa.BigInteger, nullable=False),
        sa.Column('moved_at', sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint('queue_id', 'origin_queue', 'origin_seq'),
        sa.Index('ix_moved_moved', 'moved_at'),
        **innodb)
    op.create_table(
        'garbage',
        sa.Column('queue_id', sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column('due_at', sa.BigInteger, nullable=False),
        sa.Index('ix_garbage_due', 'due_at'),
        **innodb)
    op.create_table(
        'leases',
        sa.Column('name', text(64), primary_key=True),
        sa.Column('holder', text(255), nullable=False),
        sa.Column('expires_at', sa.BigInteger, nullable=False),
        **innodb)
    op.create_table(
        'settings',
        sa.Column('name', text(64), primary_key=True),
        sa.Column('value', text(255), nullable=False),
        **innodb)
    if op.get_bind().dialect.name == 'postgresql':
        op.execute(sa.schema.CreateSequence(sa.Sequence('message_seq', cache=1)))
    if op.get_bind().dialect.name == 'sqlite':
        tell_planner()


def tell_planner():
    """Tell SQLite that queues are long.

    Without statistics it believes that any first column of an index narrows a
    search to ten rows, and prefers to go through all of a queue to looking up
    ten positions in it. The numbers: rows of the table, then how many of them
    share the first, the first two … columns of the index.
    """
    op.execute('ANALYZE')  # makes the table of statistics
    for index, numbers in (('sqlite_autoindex_messages_1', '1000000 10000 1'),
                           ('ix_messages_available', '1000000 10000 5000 1'),
                           ('ix_messages_expires', '1000000 10')):
        op.execute(sa.text(
            "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('messages', :i, :n)"
        ).bindparams(i=index, n=numbers))
