"""`customs-kit leaderboard`."""

from __future__ import annotations

import click

from customs_kit.lazy import LazyGroup

_SERVICE = "customs_kit.commands.leaderboard_service"


@click.group(
    cls=LazyGroup,
    lazy={
        "serve": (f"{_SERVICE}:serve", "Serve a competition: page and API."),
        "submit": (f"{_SERVICE}:submit", "Send a submission, as a team."),
    },
)
def leaderboard() -> None:
    """Run a competition, or take part in one.

    Example: customs-kit leaderboard submit submission.csv --url https://board.example
    """
