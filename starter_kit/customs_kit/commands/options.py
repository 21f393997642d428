"""Options that several commands share, and their types."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, datetime
from math import isfinite
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


class FiniteRange(click.FloatRange):
    """Numbers within bounds, but not NaN, which no bound stops, and no infinity."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Convert and check; anything else is wrong usage (exit status 2)."""
        number = super().convert(value, param, ctx)
        if not isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


class TaskName(click.ParamType[str]):
    """Name of a task, one of the kit's own or of an installed package."""

    name = "name"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check the name; an unknown task is wrong usage (exit status 2)."""
        from customs_data.tasks import task_names

        if value not in (names := task_names()):
            self.fail(f"Unknown task {value!r}: choose {', '.join(names)}.")
        return value


class EditionFolder(click.Path):
    """Folder of an edition, or ``practice`` for the one in the cache, as for `load_edition`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the folder; the practice edition is made at first use."""
        from customs_data.edition.layout import Layout
        from customs_data.edition.practice import practice_edition, practice_task
        from customs_data.errors import InvalidEditionError

        if isinstance(value, str) and (task := practice_task(value)) is not None:
            try:
                Layout.find(value)
            except InvalidEditionError:
                return practice_edition(task)
        return Path(os.fsdecode(super().convert(value, param, ctx)))


def edition_option(*, required: bool) -> Callable[[F], F]:
    """Return the option --edition."""
    return click.option(
        "--edition",
        type=EditionFolder(path_type=Path),
        required=required,
        help="Folder of the edition (the one that contains public/), or practice.",
    )


def period_options(when: str = "") -> Callable[[F], F]:
    """Return --public-from and --private-from, the first days of the test periods.

    `when` is added to their help: the case in which they are needed.
    """

    def add(command: F) -> F:
        for period in ("private", "public"):  # the help lists the last one first
            command = click.option(
                f"--{period}-from",
                type=click.DateTime(["%Y-%m-%d"]),
                help=f"First day of the {period} test period{when}.",
            )(command)
        return command

    return add


def period_starts(
    public_from: datetime | None, private_from: datetime | None
) -> tuple[date, date] | None:
    """Return the values of `period_options`, or None if neither is given."""
    if public_from and private_from:
        return public_from.date(), private_from.date()
    if public_from or private_from:
        raise click.UsageError("Give both --public-from and --private-from, or neither.")
    return None


def edition_or_workspace(edition: Path | None) -> Path:
    """Return --edition, by default the edition of the workspace that the command is run in."""
    from customs_kit.workspace import find_workspace_edition

    edition = edition or find_workspace_edition()
    if edition is None:
        raise click.UsageError("Give --edition, or run this in a workspace (`customs-kit start`).")
    return edition


task_option = click.option(
    "--task", type=TaskName(), default="fraud", show_default=True, help="What the edition asks."
)
asked_task_option = click.option(
    "--task",
    type=TaskName(),
    help="Take the practice edition of a task; the task of an edition that you name must be this "
    "one.",
)
name_option = click.option("--name", help="Name of the edition.  [default: name of the folder]")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
erasure_option = click.option(
    "--erasure",
    type=click.Choice(ERASURES),
    default="random",
    show_default=True,
    help="Which labels are removed to reach the label rate.",
)
practice_option = click.option(
    "--practice",
    is_flag=True,
    help="Allow an edition with a published seed: anyone can make its labels.",
)
recipe_option = click.option(
    "--recipe",
    "recipes",
    type=CommaSeparated(str),
    default=(),
    help="Feature recipe: paper, kit or paper,kit.  [default: the model's own]",
)
threads_option = click.option(
    "--threads", type=click.IntRange(min=1), help="Threads.  [default: number of processors]"
)
device_option = click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="Processor for models that can use a GPU.",
)
edition_format_option = click.option(
    "--format",
    "file_format",
    type=click.Choice(["csv", "parquet", "parts"]),
    default="csv",
    show_default=True,
    help="File format of the tables; parts: Parquet, a folder of several files for each table.",
)
format_option = click.option(
    "--format",
    "file_format",
    type=click.Choice(["csv", "parquet"]),
    default="csv",
    show_default=True,
    help="File format of the tables.",
)


def cluster_option(function: F) -> F:
    """Add --cluster (see `customs_data.cluster.open_cluster`)."""
    return click.option(
        "--cluster",
        metavar="ADDRESS",
        help="Work on a Dask cluster (needs customs-kit[cluster]): local:N for N processes on this "
        "machine, or the scheduler's address, such as tls://10.0.0.5:8786.",
    )(function)


def cluster_options(function: F) -> F:
    """Add --cluster and --insecure (see `customs_data.cluster.open_cluster`)."""
    insecure = click.option(
        "--insecure",
        is_flag=True,
        help="Send a secret to the scheduler of --cluster even without TLS.",
    )
    return cluster_option(insecure(function))
