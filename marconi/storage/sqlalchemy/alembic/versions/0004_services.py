"""The processes of the service, and when they were last seen.

Revision ID: 0004
Revises: 0003
"""

from alembic import op
import sqlalchemy as sa

from marconi.storage.sqlalchemy import columns

revision = '0004'
down_revision = '0003'
phase = 'expand'


def upgrade():
    op.create_table(
        'services',
        sa.Column('id', columns.text(64), primary_key=True),
        sa.Column('kind', columns.text(64), nullable=False),
        sa.Column('host', columns.text(255), nullable=False),
        sa.Column('pid', sa.Integer, nullable=False),
        sa.Column('version', columns.text(64), nullable=False),
        sa.Column('started_at', sa.BigInteger, nullable=False),
        sa.Column('seen_at', sa.BigInteger, nullable=False),
        sa.Index('ix_services_seen', 'seen_at'), **columns.innodb(op.get_bind().dialect))
