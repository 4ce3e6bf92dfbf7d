"""Run by Alembic; `segue.storage.database` hands it a connection inside a transaction."""

from __future__ import annotations

from alembic import context

from segue.storage.schema import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
