"""The command line: a group that imports a command's module only when it is called."""

from __future__ import annotations

import sys
from importlib import import_module
from io import TextIOWrapper
from typing import Any

import click

from customs_data.errors import KitError


class LazyGroup(click.Group):
    """A group whose commands are named with their module and one line of help.

    Parameters
    ----------
    lazy : dict of str to (str, str)
        Command: (``module:attribute``, one line for the list of commands).
    """

    def __init__(self, *args: Any, lazy: dict[str, tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order of the work."""
        return list(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        if cmd_name not in self.lazy:
            return None
        module, _, attribute = self.lazy[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in self.lazy.items()])


_COMMANDS = "customs_kit.commands"


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    lazy={
        "data": (f"{_COMMANDS}.data:data", "Make, check and look at editions."),
        "baseline": (
            f"{_COMMANDS}.baseline:baseline",
            "List and run baselines and your own model.",
        ),
        "submission": (f"{_COMMANDS}.submission:submission", "Check a submission."),
        "score": (f"{_COMMANDS}.score:score", "Score submissions against hidden labels."),
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
