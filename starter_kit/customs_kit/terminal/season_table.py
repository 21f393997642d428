"""Table of strategies over worlds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from customs_kit.terminal.fitting import Column, fit_table
from customs_kit.terminal.run_tables import number

if TYPE_CHECKING:
    from customs_baselines.season.comparison import PairedDifference, StrategySummary

_REGRET = {
    "learner": "learner: what the oracle opens better than who has all labels",
    "labels": "labels: what all labels would add",
    "chance": "chance: what even the oracle cannot know",
}


def season_table(
    summaries: Sequence[StrategySummary],
    worth: PairedDifference | None,
    title: str,
    against: str,
    width: int,
) -> list[RenderableType]:
    """Return the tables of strategies and of those that explore, legends, and a line on labels."""
    parts = _strategies(summaries, title, against, width)
    parts += _explorers([it for it in summaries if it.exploration], width)
    if worth is not None:
        from customs_baselines.season.comparison import write_worth

        parts.append(Text(write_worth(worth)))
    return parts


def _strategies(
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
            text = f"difference: to {against} on the same worlds; in brackets the 95 % interval"
            is_one_world = any(it.over == "weeks" for it in summaries)
            text += " (one world: weeks drawn in blocks)." if is_one_world else "."
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
        if "detected" not in without and any(it.detection for it in summaries):
            seen = [it.detection for it in summaries]
            shares = ["-" if it is None else f"{it.share:.2f}" for it in seen]
            weeks = [
                "-" if it is None or it.median_weeks is None else f"{it.median_weeks:g}"
                for it in seen
            ]
            n = max(it.n_outbreaks for it in seen if it is not None)
            text = f"detected: share of {n} outbreaks whose third fraud was opened."
            chosen.append(Column("detected", shares, text))
            if set(weeks) != {"-"}:
                text = "weeks: median from the first fraud until then (Kaplan-Meier)."
                chosen.append(Column("weeks", weeks, text))
        for part, text in _REGRET.items():
            if "regret" not in without and any(part in it.regret for it in summaries):
                regret = [number(it.regret.get(part)) for it in summaries]
                chosen.append(Column(part, regret, f"{text}."))
        if "CPU s" not in without:
            chosen.append(Column("CPU s", [f"{it.cpu_seconds:.1f}" for it in summaries]))
        return chosen

    order = [
        "first_quarter", "regret", "revenue", "detected", "CPU s", "last_quarter", "difference",
    ]  # fmt: skip
    return fit_table(title, columns, order, width, n_last=n_last)


def _explorers(summaries: Sequence[StrategySummary], width: int) -> list[RenderableType]:
    """Return the exploration account of the strategies that have one."""
    if not summaries:
        return []

    def columns(without: Collection[str]) -> list[Column]:
        accounts = [it.exploration for it in summaries]
        gain, cost = ([f"{it[name]:+.3f}" for it in accounts] for name in ("gain", "cost"))
        chosen = [
            Column("strategy", [it.name for it in summaries], wraps=True),
            Column("gain", gain, "gain: what the other picks won by knowing more."),
            Column("cost", cost, "cost: what the exploring picks found less than those displaced."),
        ]
        for name, heading, text in (
            (
                "marginal_yield",
                "marginal\nyield",
                "marginal yield: precision of the last tenth that exploit opens.",
            ),
            ("base_rate", "base\nrate", "base rate: fraud among all declarations."),
        ):
            if name not in without:
                chosen.append(Column(heading, [number(it[name]) for it in accounts], text))
        return chosen

    title = "Exploring: gain - cost = difference to exploit"
    return fit_table(title, columns, ["base_rate", "marginal_yield"], width)
