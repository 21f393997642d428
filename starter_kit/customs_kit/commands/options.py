"""Options that several commands share, and the types they are read with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

ERASURES = ("random", "importer", "inspection", "delay")


class CommaSeparated(click.ParamType[tuple[Any, ...]]):
    """A comma-separated list: ``1,0.1,0.05``."""

    name = "list"

    def __init__(self, element: type[int] | type[float] | type[str]) -> None:
        self.element = element

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[Any, ...]:
        """Split and convert; a bad element is wrong usage (exit status 2)."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(self.element(part.strip()) for part in value.split(","))
        except ValueError:
            self.fail(f"{value!r} is not a comma-separated list of {self.element.__name__}.")


def edition_option(*, required: bool) -> Callable[[F], F]:
    """Return the option --edition."""
    return click.option(
        "--edition",
        type=click.Path(path_type=Path),
        required=required,
        help="Folder of the edition (it holds public/).",
    )


def period_options(when: str = "") -> Callable[[F], F]:
    """Return --public-from and --private-from, the days one table of declarations is cut at.

    `when` tells in the help when they are needed.
    """

    def add(command: F) -> F:
        for period in ("private", "public"):  # the last one added stands first in the help
            command = click.option(
                f"--{period}-from",
                type=click.DateTime(["%Y-%m-%d"]),
                help=f"First day of the {period} test period{when}.",
            )(command)
        return command

    return add


name_option = click.option("--name", help="Name of the edition.  [default: that of the folder]")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
erasure_option = click.option(
    "--erasure",
    type=click.Choice(ERASURES),
    default="random",
    show_default=True,
    help="How labels are erased to reach the label rate.",
)
device_option = click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="For models that can use a GPU.",
)
format_option = click.option(
    "--format",
    "file_format",
    type=click.Choice(["csv", "parquet"]),
    default="csv",
    show_default=True,
    help="How the tables are stored.",
)
