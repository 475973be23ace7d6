"""The processes of the service, and when they were last seen.

Revision ID: 0004
Revises: 0003
"""

from alembic import op
import sqlalchemy as sa

revision = '0004'
down_revision = '0003'
phase = 'expand'


def text(length):
    return sa.String(length).with_variant(sa.String(length, collation='C'), 'postgresql')


def options(dialect):
    """How MariaDB and MySQL are to keep a table: see 0001."""
    mariadb = getattr(dialect, 'is_mariadb', False)
    return {'mysql_engine': 'InnoDB', 'mysql_charset': 'utf8mb4',
            'mysql_collate': 'utf8mb4_nopad_bin' if mariadb else 'utf8mb4_0900_bin'}


def upgrade():
    op.create_table(
        'services',
        sa.Column('id', text(64), primary_key=True),
        sa.Column('kind', text(64), nullable=False),
        sa.Column('host', text(255), nullable=False),
        sa.Column('pid', sa.Integer, nullable=False),
        sa.Column('version', text(64), nullable=False),
        sa.Column('started_at', sa.BigInteger, nullable=False),
        sa.Column('seen_at', sa.BigInteger, nullable=False),
        sa.Index('ix_services_seen', 'seen_at'), **options(op.get_bind().dialect))
