"""The command line."""

from __future__ import annotations

import sys
from io import TextIOWrapper

import click

from customs_data.errors import KitError
from customs_kit.lazy import LazyGroup

_COMMANDS = "customs_kit.commands"


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    lazy={
        "start": (f"{_COMMANDS}.start:start", "Make a team's workspace."),
        "data": (f"{_COMMANDS}.data:data", "Make, check and look at editions."),
        "baseline": (
            f"{_COMMANDS}.baseline:baseline",
            "List and run baselines and your own model.",
        ),
        "submission": (f"{_COMMANDS}.submission:submission", "Check a submission, and send it."),
        "score": (f"{_COMMANDS}.score:score", "Score submissions against hidden labels."),
        "leaderboard": (
            f"{_COMMANDS}.leaderboard:leaderboard",
            "Run a competition, or take part in one.",
        ),
        "publish": (f"{_COMMANDS}.publish:publish", "Publish an edition on Codabench or Kaggle."),
    },
)
@click.version_option(package_name="customs-kit")
def customs_kit() -> None:
    """Customs fraud detection: which 5 % of the declarations to open.

    Example: customs-kit baseline run
    """


def main() -> None:
    """Run the command line; what a user can mend ends with one message and exit status 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without the signs of our bars
    try:
        customs_kit(prog_name="customs-kit")
    except KitError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
