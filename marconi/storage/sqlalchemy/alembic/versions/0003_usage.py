"""What projects use, for their quotas.

Revision ID: 0003
Revises: 0002
"""

from alembic import op
import sqlalchemy as sa

from marconi.storage.sqlalchemy import columns

revision = '0003'
down_revision = '0002'
phase = 'expand'


def upgrade():
    op.create_table(
        'usage',
        sa.Column('project', columns.text(256), primary_key=True),
        sa.Column('messages', sa.BigInteger, nullable=False),
        sa.Column('bytes', sa.BigInteger, nullable=False),
        sa.Column('count_at', sa.BigInteger, nullable=False),
        sa.Index('ix_usage_count', 'count_at'), **columns.innodb(op.get_bind().dialect))
