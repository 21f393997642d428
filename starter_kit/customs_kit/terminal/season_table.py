"""Table of strategies over worlds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from rich.console import RenderableType

from customs_kit.terminal.fitting import Column, fit_table
from customs_kit.terminal.run_tables import number

if TYPE_CHECKING:
    from customs_baselines.season.comparison import StrategySummary

_REGRET = {
    "learner": "learner: what the oracle opens better than who has all labels",
    "labels": "labels: what all labels would add",
    "chance": "chance: what even the oracle cannot know",
}


def season_table(
    summaries: Sequence[StrategySummary], title: str, against: str, width: int
) -> list[RenderableType]:
    """Return the table of strategies, references below a line, and the legends."""
    n_last = sum(it.is_reference for it in summaries)

    def cells(name: str) -> list[str]:
        return [number(it.scores.get(name)) for it in summaries]

    def columns(without: Collection[str]) -> list[Column]:
        chosen = [Column("strategy", [it.name for it in summaries], wraps=True)]
        precision = [it.write_precision() for it in summaries]
        legend = "±: standard error over worlds." if any(it.error for it in summaries) else ""
        chosen.append(Column("precision", precision, legend, left=True))
        if any(it.difference is not None for it in summaries) and "difference" not in without:
            text = f"difference: to {against} on the same worlds; in brackets the 95 % interval."
            chosen.append(Column("difference", [it.write_difference("") for it in summaries], text))
        for name, heading in (
            ("first_quarter", "first\nquarter"),
            ("last_quarter", "last\nquarter"),
        ):
            if name not in without:
                chosen.append(Column(heading, cells(name)))
        if "revenue" not in without and any(
            "capped_revenue_recall" in it.scores for it in summaries
        ):
            text = "revenue: share of the evaded duty that was recovered, each row capped."
            chosen.append(Column("revenue", cells("capped_revenue_recall"), text))
        for part, text in _REGRET.items():
            if "regret" not in without and any(part in it.regret for it in summaries):
                regret = [number(it.regret.get(part)) for it in summaries]
                chosen.append(Column(part, regret, f"{text}."))
        if "CPU s" not in without:
            chosen.append(Column("CPU s", [f"{it.cpu_seconds:.1f}" for it in summaries]))
        return chosen

    order = ["first_quarter", "regret", "revenue", "CPU s", "last_quarter", "difference"]
    return fit_table(title, columns, order, width, n_last=n_last)
