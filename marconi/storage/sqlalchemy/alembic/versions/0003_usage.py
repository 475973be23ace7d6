"""What projects use, for their quotas.

Revision ID: 0003
Revises: 0002
"""

from alembic import op
import sqlalchemy as sa

revision = '0003'
down_revision = '0002'
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
        'usage',
        sa.Column('project', text(256), primary_key=True),
        sa.Column('messages', sa.BigInteger, nullable=False),
        sa.Column('bytes', sa.BigInteger, nullable=False),
        sa.Column('count_at', sa.BigInteger, nullable=False),
        sa.Index('ix_usage_count', 'count_at'), **options(op.get_bind().dialect))
