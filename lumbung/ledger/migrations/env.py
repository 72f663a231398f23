"""Alembic's environment: always online, as the schema's owner, version table inside schema `ledger`."""

from alembic import context
from sqlalchemy import NullPool, create_engine, text

from lumbung.ledger.base import connect_args
from lumbung.ledger.schema import SCHEMA, metadata


def run() -> None:
    """Create the schema when it is missing and run the migrations in one transaction."""
    url = context.config.attributes["url"]
    engine = create_engine(
        url, poolclass=NullPool, connect_args=connect_args("lumbung migrate", "TimeZone=UTC", "lock_timeout=60s")
    )
    with engine.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=metadata,
            version_table_schema=SCHEMA,
            include_schemas=True,
            transaction_per_migration=False,
        )
        with context.begin_transaction():
            # two migrations at once: the second waits here and then finds nothing to do
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('ledger.migrate'))"))
            context.run_migrations()


run()
