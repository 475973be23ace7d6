"""Runs migrations on the connection that ``migration.upgrade`` brings."""

from alembic import context

from marconi.storage.sqlalchemy import tables

context.configure(
    connection=context.config.attributes['connection'],
    target_metadata=tables.metadata,
    # SQLite cannot alter tables: batch mode makes a new one and copies.
    render_as_batch=True,
    # The connection is in autocommit mode, so every statement stands alone.
    transaction_per_migration=False)
context.run_migrations()
