"""What the studies of tasks have in common: options, reading of results, and tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import sqrt
from pathlib import Path
from statistics import mean, stdev
from typing import Any, TypeVar

import click

from customs_baselines.experiments.markdown_tables import put_table
from customs_baselines.experiments.results_file import read_json
from customs_data.errors import KitError

F = TypeVar("F", bound=Callable[..., Any])


def options_of_worlds(seed: int) -> Callable[[F], F]:
    """Return the options of a command that measures worlds; `seed` chooses their secrets."""
    options = (
        click.option(
            "--worlds",
            type=click.IntRange(min=2),
            default=10,
            show_default=True,
            help="Worlds to measure.",
        ),
        click.option(
            "--seed",
            type=click.IntRange(min=0),
            default=seed,
            show_default=True,
            help="Chooses the secrets; use one that nothing was tuned on.",
        ),
        click.option(
            "--models", metavar="NAMES", help="Baselines, separated by commas; all by default."
        ),
        click.option(
            "--out", required=True, type=click.Path(path_type=Path), help="Results, as JSON."
        ),
        click.option("--fresh", is_flag=True, help="Discard earlier results."),
    )

    def add(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def options_of_tables(command: F) -> F:
    """Add the arguments of a command that prints tables: RESULTS, --write and --check."""
    for option in (
        click.option(
            "--check", is_flag=True, help="Only check that the document has these tables."
        ),
        click.option(
            "--write",
            "document",
            type=click.Path(path_type=Path),
            help="Document to put the tables in.",
        ),
        click.argument("results", type=click.Path(path_type=Path)),
    ):
        command = option(command)
    return command


def read_measures(path: Path) -> dict[str, Any]:
    """Read the results of a study.

    Raises
    ------
    KitError
        If the file cannot be read or does not contain two worlds.
    """
    measured: Any = read_json(path)
    if not isinstance(measured, dict) or len(measured.get("worlds", ())) < 2:
        raise KitError(f"{path} does not contain two measured worlds.")
    return measured


def mean_and_error(values: list[float]) -> str:
    """Return mean and standard error over worlds.

    Examples
    --------
    >>> mean_and_error([0.1, 0.3])
    '0.200 ± 0.100'
    """
    return f"{mean(values):.3f} ± {stdev(values) / sqrt(len(values)):.3f}"


def show_tables(tables: Mapping[str, str], document: Path | None, check: bool) -> None:
    """Print tables by name, or put them in a document; errors as of `put_table`."""
    for name, table in tables.items():
        if document is None:
            click.echo(f"{table}\n")
        else:
            put_table(document, name, table, check=check)
