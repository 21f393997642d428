"""The history of the tables (Alembic): one revision per file in versions/."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def upgrade_tables(connection: Connection) -> None:
    """Upgrade the tables to the newest revision within the connection's transaction."""
    config = Config()
    config.set_main_option("script_location", "customs_leaderboard:store/migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
