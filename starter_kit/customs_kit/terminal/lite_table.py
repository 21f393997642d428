"""The scorecard lite as a table for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from customs_baselines.lite.scorecard import Scorecard


def lite_table(card: Scorecard) -> Table:
    """Return one row per rule."""
    table = Table(title="Scorecard", title_justify="left")
    table.add_column("the declaration's ...")
    for name in ("points", "values", "applies to"):
        table.add_column(name, justify="right")
    for rule in card.rules:
        table.add_row(
            rule.condition, f"{rule.points:+d}", f"{len(rule.values):,}", f"{rule.share:.1%}"
        )
    return table
