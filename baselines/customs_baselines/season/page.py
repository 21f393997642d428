"""Seasons as one self-contained page: table, curves, and a lane of weeks for each strategy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from markupsafe import Markup

from customs_baselines.season.comparison import StrategySummary, compare_strategies
from customs_baselines.season.records import INSPECTIONS, read_records
from customs_data.reports.pages import render_page
from customs_data.reports.pictures import finish, ink_svg_of, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_QUARTER: Final = 13  # weeks
_GREY: Final = "#8b9097"
_COLORS: Final = ("#3b82c4", "#d9722e", "#2a9d6f", "#a259c4", "#c2a11b", "#d9483b", "#5b6b7b")

Weeks = npt.NDArray[np.float64]


def season_page(folder: Path, against: str = "exploit") -> str:
    """Return the page of all seasons below a folder.

    Parameters
    ----------
    folder : path
        With records (`customs_baselines.season.records`).
    against : str
        Strategy to compare with.

    Raises
    ------
    KitError
        If there are no records.
    """
    records = [record for record in read_records(folder) if not record["error"]]
    summaries = compare_strategies(records, against)
    weeks = {it.name: _mean_weeks(records, it.name) for it in summaries}
    n_worlds = len({record["world"] for record in records})
    return render_page(
        "customs_baselines.season",
        "season.html",
        title="Week by week",
        lead=f"{len(summaries)} strategies, {_plural(n_worlds, 'world')}. Each week a share of the "
        "declarations is opened, and only from these a strategy learns.",
        over="" if n_worlds == 1 else "on average over worlds",
        columns=["strategy", "precision", f"to {against}", "first quarter", "last quarter",
                 "revenue", "CPU s"],
        rows=[_row(it) for it in summaries],
        caption="Frauds found / declarations opened. Revenue: share of the evaded duty, capped.",
        found=_svg(_draw_found(summaries, weeks), "Frauds found so far, by strategy"),
        precision=_svg(_draw_precision(summaries, weeks), "Precision of 13 weeks, by strategy"),
        lanes=_svg(_draw_lanes(summaries, weeks), "Precision by strategy and week"),
        chosen=_chosen(folder),
    )  # fmt: skip


def _plural(n: int, word: str) -> str:
    return f"{n} {word}" if n == 1 else f"{n} {word}s"


def _svg(figure: Figure, alternative: str) -> Markup:
    return ink_svg_of(figure, alternative)


def _row(summary: StrategySummary) -> list[str]:
    scores = (
        f"{summary.scores[it]:.3f}" if it in summary.scores else "-"
        for it in ("first_quarter", "last_quarter", "capped_revenue_recall")
    )
    cells = [summary.name, summary.write_precision(), summary.write_difference(), *scores]
    return [*cells, f"{summary.cpu_seconds:.1f}"]


def _mean_weeks(records: Sequence[dict[str, Any]], name: str) -> Weeks:
    """Return opened and found by week, means over worlds and seeds; shape (2, n_weeks)."""
    series = [
        [[week[it] for week in record["weeks"]] for it in ("opened", "fraud_found")]
        for record in records
        if record["strategy"] == name
    ]
    shortest = min(len(one[0]) for one in series)
    return np.asarray(np.mean([[row[:shortest] for row in one] for one in series], axis=0))


def _styles(summaries: Sequence[StrategySummary]) -> dict[str, dict[str, Any]]:
    colors = iter(_COLORS * len(summaries))
    return {
        it.name: {"color": _GREY, "linestyle": "--", "linewidth": 1.0}
        if it.is_reference
        else {"color": next(colors)}
        for it in summaries
    }


def _draw_curves(
    summaries: Sequence[StrategySummary], values: dict[str, Weeks], label: str
) -> Figure:
    figure, axes = new_figure(width=9.0, height=4.2)
    styles = _styles(summaries)
    # The legend has the order in which the lines end.
    for name, series in sorted(values.items(), key=lambda item: -item[1][-1]):
        place = np.arange(1, len(series) + 1)
        axes.plot(place, series, label=name, **styles[name])
    axes.set_xlabel("week")
    axes.set_ylabel(label)
    axes.set_ylim(bottom=0)
    axes.grid(visible=True, alpha=0.3)
    figure.legend(loc="outside right center", frameon=False, fontsize="small")
    return finish(figure, axes)


def _draw_found(summaries: Sequence[StrategySummary], weeks: dict[str, Weeks]) -> Figure:
    so_far = {name: np.cumsum(series[1]) for name, series in weeks.items()}
    return _draw_curves(summaries, so_far, "frauds found")


def _draw_precision(summaries: Sequence[StrategySummary], weeks: dict[str, Weeks]) -> Figure:
    return _draw_curves(
        summaries, {name: moving_precision(series) for name, series in weeks.items()}, "precision"
    )


def moving_precision(weeks: Weeks) -> Weeks:
    """Return found / opened of the last 13 weeks, or of all so far; shape (n_weeks,).

    Parameters
    ----------
    weeks : ndarray of float64, shape (2, n_weeks)
        Opened and found.
    """
    total = np.concatenate([np.zeros((2, 1)), np.cumsum(weeks, axis=1)], axis=1)
    last = np.arange(1, total.shape[1])
    opened, frauds = total[:, last] - total[:, np.maximum(last - _QUARTER, 0)]
    return np.asarray(frauds / np.maximum(opened, 1.0))


def _draw_lanes(summaries: Sequence[StrategySummary], weeks: dict[str, Weeks]) -> Figure:
    longest = max(series.shape[1] for series in weeks.values())
    cells = np.full((len(weeks), longest), np.nan)
    for lane, series in zip(cells, weeks.values(), strict=True):
        lane[: series.shape[1]] = series[1] / np.maximum(series[0], 1.0)
    figure, axes = new_figure(width=9.0, height=0.9 + 0.32 * len(weeks))
    edges = np.arange(longest + 1) + 0.5
    drawn = axes.pcolormesh(edges, np.arange(len(weeks) + 1), cells, cmap="Blues", vmin=0, vmax=1)
    axes.set_yticks(np.arange(len(weeks)) + 0.5, list(weeks))
    axes.invert_yaxis()
    axes.set_xlabel("week")
    figure.colorbar(drawn, ax=axes, label="precision")
    return finish(figure, axes)


def _chosen(folder: Path) -> list[list[str]]:
    """Return a row per strategy and part of it: opened, frauds, precision."""
    tables = []
    for path in sorted(folder.glob(f"**/{INSPECTIONS}")):
        table = pd.read_csv(path, usecols=["Fraud", "Chosen By"])
        tables.append(table.assign(strategy=path.parent.name.rpartition("-seed")[0]))
    whole = pd.concat(tables)
    counts = whole.groupby(["strategy", "Chosen By"], sort=True)["Fraud"].agg(["size", "sum"])
    return [
        [str(strategy), str(part), f"{n:,}", f"{frauds:,}", f"{frauds / n:.3f}"]
        for (strategy, part), (n, frauds) in zip(
            counts.index, counts.to_numpy().tolist(), strict=True
        )
    ]
