"""The history of the tables (Alembic): one revision per file in versions/."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from customs_data.errors import KitError


def upgrade_tables(connection: Connection, revision: str = "head") -> None:
    """Upgrade the tables to a revision, by default the newest, in the connection's transaction.

    Raises
    ------
    KitError
        If the tables or the revision are newer than this release.
    """
    config = Config()
    config.set_main_option("script_location", "customs_leaderboard:store/migrations")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        raise KitError(
            f"A newer release of customs-kit made the database or backup ({error}). Install that "
            "release."
        ) from None
