"""Apply revisions on the connection of the configuration; Alembic runs this file."""

from __future__ import annotations

from alembic import context

from customs_leaderboard.store.schema import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
)
context.run_migrations()
