"""Printing for people (tables, progress) and for machines (JSON)."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click
from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from customs_data.files.atomic import write_atomically

# Output to a file: wide enough that no table is cut.
_WIDTH_WITHOUT_TERMINAL = 160
#: Width of a picture of a table.
PICTURE_WIDTH = 140


def print_json(data: Any) -> None:
    """Print plain data as JSON on standard output."""
    click.echo(json.dumps(data, indent=2, allow_nan=False))


def output_width() -> int:
    """Return the width that tables on standard output may have."""
    return Console().width if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL


def show(*parts: RenderableType) -> None:
    """Print tables and text on standard output (`say` for text)."""
    for part in parts:
        if isinstance(part, str | Text):
            say(part)
        else:
            _console(width=output_width()).print(part)


def say(text: str | Text, *, err: bool = False) -> None:
    """Print text on standard output or standard error.

    On a terminal, lines are wrapped between words; elsewhere they stay as they are.
    """
    if (sys.stderr if err else sys.stdout).isatty():
        _console(stderr=err).print(text if isinstance(text, Text) else Text(text))
    else:
        click.echo(str(text), err=err)


def warn(text: str) -> None:
    """Print a warning on standard error."""
    say(f"Warning: {text}", err=True)


def _console(*, width: int | None = None, stderr: bool = False) -> Console:
    # No markup: names of files and editions may look like it.
    return Console(width=width, stderr=stderr, highlight=False, emoji=False, markup=False)


def progress_console() -> Console:
    """Return a console on standard error; it shows progress only on a terminal."""
    return Console(stderr=True, highlight=False)


@contextmanager
def progress_bars(*columns: ProgressColumn, is_transient: bool = False) -> Iterator[Progress]:
    """Show progress bars while something runs, on terminals only.

    Parameters
    ----------
    *columns : ProgressColumn
        As of `rich.progress.Progress`.
    is_transient : bool
        Remove the bars at the end.
    """
    console = progress_console()
    bars = Progress(
        *columns, console=console, transient=is_transient, disable=not console.is_terminal
    )
    # Bars that are off still end with an empty line in old versions of rich.
    with nullcontext() if bars.disable else bars:
        yield bars


@contextmanager
def progress_bar(
    what: str, total: int, unit: str = "declarations"
) -> Iterator[Callable[[int], None]]:
    """Show how many of `total` units are done; yield a function that adds to them."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,} of {task.total:,} " + unit),
        TimeRemainingColumn(),
    )
    with progress_bars(*columns, is_transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda n: progress.advance(task, n)


@contextmanager
def runs_bar() -> Iterator[Progress]:
    """Show a progress bar over runs of models, on terminals only."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with progress_bars(*columns) as bar:
        yield bar


def save_picture(path: Path, title: str, *parts: RenderableType) -> None:
    """Save tables and text as an SVG image of a terminal.

    Raises
    ------
    KitError
        If the file cannot be written.
    """
    console = Console(
        record=True,
        width=PICTURE_WIDTH,
        file=io.StringIO(),
        highlight=False,
        force_terminal=True,
        markup=False,
    )
    for part in parts:
        console.print(part)
    # Without @font-face rules the image loads no font from another server.
    picture = re.sub(r"@font-face \{.*?\}", "", console.export_svg(title=title), flags=re.DOTALL)
    write_atomically(path, picture)
