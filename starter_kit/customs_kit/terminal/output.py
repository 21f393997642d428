"""Printing for people (tables, progress) and for machines (JSON)."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from customs_data.files.atomic import write_atomically

# Output to a file: wide enough that no table is cut.
_WIDTH_WITHOUT_TERMINAL = 160
_PICTURE_WIDTH = 140
_WIDE_TABLE = 135


def print_json(data: Any) -> None:
    """Print plain data as JSON on standard output."""
    click.echo(json.dumps(data, indent=2, allow_nan=False))


def is_narrow() -> bool:
    """Whether output goes to a terminal too narrow for a wide table."""
    return sys.stdout.isatty() and Console().width < _WIDE_TABLE


def show(*parts: RenderableType) -> None:
    """Print tables and text on standard output."""
    width = None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL
    # No markup: names of files and editions may look like it.
    console = Console(width=width, highlight=False, emoji=False, markup=False)
    for part in parts:
        console.print(part)


def progress_console() -> Console:
    """Return a console on standard error; it shows progress only on a terminal."""
    return Console(stderr=True, highlight=False)


@contextmanager
def progress_bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show how many of `total` declarations are done; yield a function that adds to them."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,} of {task.total:,} declarations"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=progress_console(), transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda n: progress.advance(task, n)


def runs_bar() -> Progress:
    """Return a progress bar over runs of models, for terminals only."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    console = progress_console()
    return Progress(*columns, console=console, disable=not console.is_terminal)


def save_picture(path: Path, title: str, *parts: RenderableType) -> None:
    """Save tables and text as an SVG image of a terminal.

    Raises
    ------
    KitError
        If the file cannot be written.
    """
    console = Console(
        record=True,
        width=_PICTURE_WIDTH,
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
