"""Seasons as one self-contained page: tables, curves, and a lane of weeks for each strategy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from customs_baselines.season.comparison import (
    StrategySummary,
    compare_strategies,
    worth_of_labels,
    write_worth,
)
from customs_baselines.season.figures import (
    QUARTER,
    draw_found,
    draw_precision,
    draw_timeline,
)
from customs_baselines.season.records import read_records
from customs_data.errors import KitError
from customs_data.reports.pages import render_page
from customs_data.reports.pictures import ink_svg_of

Floats = npt.NDArray[np.float64]
Rows = list[list[str]]


def season_page(folder: Path, against: str = "exploit", world: str | None = None) -> str:
    """Return the page of all seasons below a folder.

    Parameters
    ----------
    folder : path
        With records (`customs_baselines.season.records`).
    against : str
        Strategy to compare with.
    world : str, optional
        World whose weeks are shown one by one; by default the first.

    Raises
    ------
    KitError
        If there are no records, or none of this world.
    """
    records = [record for record in read_records(folder) if not record["error"]]
    worlds = sorted({record["world"] for record in records})
    if not worlds:
        raise KitError(f"All seasons of {folder} failed. Their folders say why (log.txt).")
    if world is not None and world not in worlds:
        raise KitError(f"{folder} has no season on {world!r}: choose {', '.join(worlds)}.")
    summaries = compare_strategies(records, against)
    names = [it.name for it in summaries]
    series = {name: _weeks(records, name) for name in names}
    shown = {
        name: record
        for name in names
        for record in reversed(records)
        if (record["strategy"], record["world"]) == (name, world or worlds[0])
    }
    outbreaks = {name: record["detection"] for name, record in shown.items()}
    worth = worth_of_labels(records)
    return render_page(
        "customs_baselines.season",
        "season.html",
        title="Week by week",
        lead=f"{len(summaries)} strategies, {_plural(len(worlds), 'world')}. Each week a share of "
        "the declarations is opened, and only from these a strategy learns.",
        several=len(worlds) > 1,
        in_blocks=any(it.over == "weeks" for it in summaries),
        columns=["strategy", "precision", f"to {against}", "first quarter", "last quarter",
                 "revenue", "CPU s"],
        rows=[_row(it) for it in summaries],
        worth="" if worth is None else write_worth(worth),
        found=ink_svg_of(draw_found(series), "Frauds found so far, by strategy"),
        precision=ink_svg_of(draw_precision(series), "Precision of 13 weeks, by strategy"),
        quarters=_quarters(series),
        world=world or worlds[0],
        timeline=ink_svg_of(
            draw_timeline({name: _numbers(record) for name, record in shown.items()}, outbreaks),
            f"Outbreaks, and precision by strategy and week, on {world or worlds[0]}",
        ),
        outbreaks=_outbreaks(outbreaks),
        detected=[_detected(it) for it in summaries if it.detection is not None],
        explored=[_explored(it) for it in summaries if it.exploration],
        chosen=_chosen(records, names),
    )  # fmt: skip


def _plural(n: int, word: str) -> str:
    return f"{n} {word}" if n == 1 else f"{n} {word}s"


def _row(summary: StrategySummary) -> list[str]:
    scores = (
        f"{summary.scores[it]:.3f}" if it in summary.scores else "-"
        for it in ("first_quarter", "last_quarter", "capped_revenue_recall")
    )
    cells = [summary.name, summary.write_precision(), summary.write_difference(), *scores]
    return [*cells, f"{summary.cpu_seconds:.1f}"]


def _numbers(record: dict[str, Any]) -> Floats:
    """Return opened and found by week, shape (2, n_weeks)."""
    numbers = [[week[it] for week in record["weeks"]] for it in ("opened", "fraud_found")]
    return np.array(numbers, dtype=np.float64)


def _weeks(records: Sequence[dict[str, Any]], name: str) -> Floats:
    """Return opened and found, means over seeds; shape (n_worlds, 2, n_weeks)."""
    of_world = defaultdict(list)
    for record in records:
        if record["strategy"] == name:
            of_world[record["world"]].append(_numbers(record))
    shortest = min(one.shape[1] for some in of_world.values() for one in some)
    return np.array([np.mean([one[:, :shortest] for one in some], axis=0)
                     for some in of_world.values()])  # fmt: skip


def _quarters(series: dict[str, Floats]) -> tuple[list[str], Rows]:
    """Return the table behind the curves: header, and a row per strategy."""
    longest = max(weeks.shape[2] for weeks in series.values())
    ends = [*range(QUARTER, longest + 1, QUARTER)] or [longest]
    header = ["strategy"]
    for end in ends:
        header += [f"found by week {end}", f"precision until week {end}"]
    rows = []
    for name, weeks in series.items():
        opened, frauds = weeks.mean(axis=0)
        row = [name]
        for end in ends:
            last = slice(max(end - QUARTER, 0), end)
            row += [
                f"{frauds[:end].sum():,.0f}",
                f"{frauds[last].sum() / max(opened[last].sum(), 1.0):.3f}",
            ]
        rows.append(row)
    return header, rows


def _outbreaks(outbreaks: dict[str, list[dict[str, Any]]]) -> tuple[list[str], Rows]:
    """Return the table behind the bars and flags: header, and a row per outbreak."""
    rows: dict[str, list[str]] = {}
    for some in outbreaks.values():
        for it in some:
            weeks = f"{it['first_week']} to {it['last_week']}"
            row = rows.setdefault(it["outbreak"], [it["outbreak"], weeks, str(it["n_fraud"])])
            week = it["detected_week"]
            row.append("-" if week is None else str(week))
    return ["outbreak", "weeks", "frauds", *outbreaks], list(rows.values())


def _detected(summary: StrategySummary) -> list[str]:
    detection = summary.detection
    assert detection is not None
    weeks = "-" if detection.median_weeks is None else f"{detection.median_weeks:g}"
    return [summary.name, str(detection.n_outbreaks), f"{detection.share:.2f}", weeks]


def _explored(summary: StrategySummary) -> list[str]:
    account = summary.exploration
    numbers = (account["gain"], account["cost"], account["gain"] - account["cost"])
    rates = (account["marginal_yield"], account["base_rate"])
    return [summary.name, *(f"{it:+.3f}" for it in numbers), *(f"{it:.3f}" for it in rates)]


def _chosen(records: Sequence[dict[str, Any]], names: Sequence[str]) -> Rows:
    """Return a row per strategy and part of it: opened, frauds, precision."""
    rows = []
    for name in names:
        parts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for record in records:
            if record["strategy"] == name:
                for part, counts in record["chosen_by"].items():
                    parts[part][0] += counts["opened"]
                    parts[part][1] += counts["fraud_found"]
        for part, (n, frauds) in sorted(parts.items()):
            rows.append([name, part, f"{n:,}", f"{frauds:,}", f"{frauds / max(n, 1):.3f}"])
    return rows
