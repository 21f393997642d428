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
    entries: Sequence[Baseline] | Sequence[Strategy], *columns: str, as_json: bool
) -> None:
    """Print the entries of a catalogue.

    Parameters
    ----------
    entries : sequence of Baseline or Strategy
    *columns : str
        Attributes between name and summary.
    as_json : bool
        Print all attributes as JSON.
    """
    if as_json:
        print_json([asdict(entry) for entry in entries])
        return
    names = ("name", *columns, "summary")
    rows = [[str(getattr(it, name) or "-") for name in names] for it in entries]
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    for *row, summary in rows:
        padded = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False))
        click.echo("  ".join([*padded, summary]))
