"""Catalogues on the terminal: a line per entry."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from customs_kit.terminal.output import print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customs_baselines.catalogue import Baseline
    from customs_baselines.season.catalogue import Strategy


def show_entries(
    entries: Sequence[Baseline] | Sequence[Strategy], column: str, *, as_json: bool
) -> None:
    """Print the entries of a catalogue.

    Parameters
    ----------
    entries : sequence of Baseline or Strategy
    column : str
        The attribute between name and summary.
    as_json : bool
        Print all attributes as JSON.
    """
    if as_json:
        print_json([asdict(entry) for entry in entries])
        return
    rows = [(it.name, str(getattr(it, column) or "-"), it.summary) for it in entries]
    name, middle = (max(len(row[i]) for row in rows) for i in (0, 1))
    for row in rows:
        click.echo(f"{row[0]:<{name}}  {row[1]:<{middle}}  {row[2]}")
