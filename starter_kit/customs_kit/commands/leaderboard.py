"""`customs-kit leaderboard`."""

from __future__ import annotations

import click

from customs_kit.lazy import LazyGroup

_COMMANDS = "customs_kit.commands"
_RUNNING = f"{_COMMANDS}.leaderboard_running"
_KEEPING = f"{_COMMANDS}.leaderboard_keeping"
_SERVICE = f"{_COMMANDS}.leaderboard_service"


@click.group(
    cls=LazyGroup,
    lazy={
        "init": (f"{_COMMANDS}.leaderboard_making:init", "Make a competition on an edition."),
        "team": (f"{_COMMANDS}.leaderboard_teams:team", "Add teams, rename, disable, new tokens."),
        "serve": (f"{_SERVICE}:serve", "Serve a competition: page and API."),
        "submit": (f"{_SERVICE}:submit", "Send a submission, as a team."),
        "standings": (f"{_RUNNING}:standings", "Show the standings."),
        "log": (f"{_RUNNING}:log", "Check and show the audit log."),
        "extend": (f"{_RUNNING}:extend", "Put the deadline off."),
        "close": (f"{_RUNNING}:close", "Close, and compute the final standings."),
        "reveal": (f"{_RUNNING}:reveal", "Publish secret and labels after the close."),
        "export": (f"{_KEEPING}:export", "Write standings, or a team's files for a re-run."),
        "backup": (f"{_KEEPING}:backup", "Write everything to one file."),
        "restore": (f"{_KEEPING}:restore", "Restore a backup into a new folder."),
    },
)
def leaderboard() -> None:
    """Run a competition, or take part in one.

    Example: customs-kit leaderboard submit submission.csv --url https://board.example
    """
