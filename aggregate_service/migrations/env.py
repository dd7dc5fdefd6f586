"""Run by Alembic: the migrations, in the transaction that `migrating.migrate` has begun."""

from alembic import context

from aggregate_service.catalogue.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
