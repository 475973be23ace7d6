"""Pools, flavors, and queues that move between pools.

Revision ID: 0002
Revises: 0001
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from marconi.storage.sqlalchemy import columns
from marconi.storage.sqlalchemy import online

revision = '0002'
down_revision = '0001'
phase = 'expand'

Bytes = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), 'mysql', 'mariadb')


def upgrade():
    innodb = columns.innodb(op.get_bind().dialect)
    op.create_table(
        'pools',
        sa.Column('name', columns.text(64), primary_key=True),
        sa.Column('uri', columns.text(255), nullable=False),
        sa.Column('weight', sa.BigInteger, nullable=False),
        sa.Column('flavor', columns.text(255)),
        sa.Column('options', Bytes, nullable=False),
        sa.Column('draining', sa.SmallInteger, nullable=False),
        sa.UniqueConstraint('uri', name='uq_pools_uri'), **innodb)
    op.create_table(
        'flavors',
        sa.Column('project', columns.text(256), primary_key=True),
        sa.Column('name', columns.text(64), primary_key=True),
        sa.Column('capabilities', Bytes, nullable=False),
        sa.UniqueConstraint('name', name='uq_flavors_name'), **innodb)
    op.create_table(
        'moves',
        sa.Column('queue_id', sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column('project', columns.text(256), nullable=False),
        sa.Column('name', columns.text(64), nullable=False),
        sa.Column('source', columns.text(64)),
        sa.Column('target', columns.text(64)),
        sa.Column('requested_at', sa.BigInteger, nullable=False),
        sa.Column('error', columns.text(255)),
        sa.Index('ix_moves_requested', 'requested_at'), **innodb)
    online.create_index('ix_queues_pool', 'queues', ['pool'])
