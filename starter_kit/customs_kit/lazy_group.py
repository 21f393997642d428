"""Command groups that import a command's module only when it is called."""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """Group of commands, each with its module and one line of help.

    Parameters
    ----------
    lazy : dict of str to (str, str)
        Command: (``module:attribute``, one line for the list of commands).
    """

    def __init__(self, *args: Any, lazy: dict[str, tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands in the order of use."""
        return list(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        if cmd_name not in self.lazy:
            return None
        module, _, attribute = self.lazy[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is called; for an unknown one, suggest the nearest."""
        name = args[0]
        if (
            name not in self.lazy
            and not name.startswith("-")
            and (near := self._nearest(ctx, name))
        ):
            calls = " or ".join(f"`{ctx.command_path} {call}`" for call in near)
            ctx.fail(f"No such command {name!r}. Did you mean {calls}?")
        return super().resolve_command(ctx, args)

    def _nearest(self, ctx: click.Context, name: str) -> list[str]:
        if near := get_close_matches(name, self.lazy):
            return near
        groups = ((group, self.get_command(ctx, group)) for group in self.lazy)
        return [
            f"{group} {name}"
            for group, command in groups
            if isinstance(command, LazyGroup) and name in command.lazy
        ]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in self.lazy.items()])
