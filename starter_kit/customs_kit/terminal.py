"""Printing for people (tables, progress) and for machines (JSON)."""

from __future__ import annotations

import json
import sys
from typing import Any

import click
from rich.console import Console, RenderableType

# Without a terminal nobody wraps lines for us: wide enough that no table is cut.
_WIDTH_WITHOUT_TERMINAL = 160


def print_json(data: Any) -> None:
    """Print plain data as JSON on standard output."""
    click.echo(json.dumps(data, indent=2, allow_nan=False))


def show(*parts: RenderableType) -> None:
    """Print tables and text on standard output."""
    width = None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL
    console = Console(width=width, highlight=False, emoji=False, soft_wrap=False)
    for part in parts:
        console.print(part, markup=False)


def progress_console() -> Console:
    """Return a console on standard error; progress shows only where that is a terminal."""
    return Console(stderr=True, highlight=False)
