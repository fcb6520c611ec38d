"""Connects Alembic to the database of the tasks."""

from alembic import context
from sqlalchemy import Connection, inspect, text
from sqlmodel import SQLModel

from database_url import direct_url
from db import connect
from models import SCHEMA

attributes = context.config.attributes


def prepare(connection: Connection) -> None:
    """Makes other processes wait that migrate at the same time. Creates the schema."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return
    connection.execute(text(f"SELECT pg_advisory_xact_lock(hashtextextended('{SCHEMA}', 0))"))
    # Not IF NOT EXISTS: it needs the right to create schemas, even if this one exists.
    if not inspect(connection).has_schema(SCHEMA):
        connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))


def is_ours(name: str | None, kind: str, _) -> bool:
    """Ignores other schemas of the same database, such as the one with the app's own tables."""
    return kind != "schema" or name == SCHEMA


with (attributes.get("engine") or connect(direct_url())).begin() as connection:
    prepare(connection)
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        version_table_schema=None if connection.dialect.name == "sqlite" else SCHEMA,
        include_schemas=True,
        include_name=is_ours,
        on_version_apply=attributes.get("on_version_apply"),
    )
    with context.begin_transaction():
        context.run_migrations()
