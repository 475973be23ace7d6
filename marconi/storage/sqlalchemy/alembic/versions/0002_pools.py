"""Pools, flavors, and queues that move between pools.

Revision ID: 0002
Revises: 0001
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from marconi.storage.sqlalchemy import online

revision = '0002'
down_revision = '0001'
phase = 'expand'

Bytes = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), 'mysql', 'mariadb')


def text(length):
    return sa.String(length).with_variant(sa.String(length, collation='C'), 'postgresql')


def options(dialect):
    """How MariaDB and MySQL are to keep a table: see 0001."""
    mariadb = getattr(dialect, 'is_mariadb', False)
    return {'mysql_engine': 'InnoDB', 'mysql_charset': 'utf8mb4',
            'mysql_collate': 'utf8mb4_nopad_bin' if mariadb else 'utf8mb4_0900_bin'}


def upgrade():
    innodb = options(op.get_bind().dialect)
    op.create_table(
        'pools',
        sa.Column('name', text(64), primary_key=True),
        sa.Column('uri', text(255), nullable=False),
        sa.Column('weight', sa.BigInteger, nullable=False),
        sa.Column('flavor', text(255)),
        sa.Column('options', Bytes, nullable=False),
        sa.Column('draining', sa.SmallInteger, nullable=False),
        sa.UniqueConstraint('uri', name='uq_pools_uri'), **innodb)
    op.create_table(
        'flavors',
        sa.Column('project', text(256), primary_key=True),
        sa.Column('name', text(64), primary_key=True),
        sa.Column('capabilities', Bytes, nullable=False),
        sa.UniqueConstraint('name', name='uq_flavors_name'), **innodb)
    op.create_table(
        'moves',
        sa.Column('queue_id', sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column('project', text(256), nullable=False),
        sa.Column('name', text(64), nullable=False),
        sa.Column('source', text(64)),
        sa.Column('target', text(64)),
        sa.Column('requested_at', sa.BigInteger, nullable=False),
        sa.Column('error', text(255)),
        sa.Index('ix_moves_requested', 'requested_at'), **innodb)
    online.create_index('ix_queues_pool', 'queues', ['pool'])
