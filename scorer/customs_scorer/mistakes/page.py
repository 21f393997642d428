"""The errors of submissions as one self-contained page and as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from markupsafe import Markup

from customs_data.hs_chapters import name_chapter
from customs_data.reports.pages import render_page
from customs_data.reports.pictures import finish, ink_svg_of, new_figure
from customs_scorer.mistakes.analysis import ErrorAnalysis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_N_GROUPS: Final = 15  # largest groups in figures and tables of the page; the JSON has all
_N_FRAUDS: Final = 50
_GREY: Final = "#8b9097"


def error_page(analysis: ErrorAnalysis, *, title: str, rate: float, source: str) -> str:
    """Return the page.

    Parameters
    ----------
    analysis : ErrorAnalysis
        Errors in one set of declarations.
    title : str
        Title of the page.
    rate : float
        Inspection rate of the analysis, in (0, 1].
    source : str
        One sentence: which declarations, whose labels.
    """
    missed = analysis.missed
    frauds = missed.frauds.head(_N_FRAUDS)
    columns = [name for name in frauds.columns if not name.startswith("opened by ")]
    return render_page(
        "customs_scorer.mistakes",
        "errors.html",
        title=title,
        source=source,
        percent=100 * rate,
        calibration=_calibration(analysis),
        groups=[_group(by, table) for by, table in analysis.by_group.items()],
        n_missed=len(missed.frauds),
        n_fraud=missed.n_fraud,
        missed_by={by: _missed_rows(table, by) for by, table in missed.summary.items()},
        columns=columns,
        declarations=[
            ["" if pd.isna(value) else _text(value) for value in row]
            for row in frauds[columns].to_numpy(dtype=object)
        ],
    )


def errors_as_dict(analysis: ErrorAnalysis) -> dict[str, Any]:
    """Return the analysis as plain data for JSON; NaN becomes None."""
    return {
        "by_group": {by: _records(table) for by, table in analysis.by_group.items()},
        "calibration": {name: _records(table) for name, table in analysis.calibration.items()},
        "missed_by_all": {
            "n_fraud": analysis.missed.n_fraud,
            "n_missed": len(analysis.missed.frauds),
            "summary": {by: _records(table) for by, table in analysis.missed.summary.items()},
            "declarations": analysis.missed.frauds["Declaration ID"].tolist(),
        },
    }


def draw_calibration(analysis: ErrorAnalysis) -> Figure:
    """Draw mean score against fraud rate of ten groups; on the diagonal they agree."""
    figure, axes = new_figure(width=6.0, height=5.0)
    axes.plot([0, 1], [0, 1], color=_GREY, linestyle="--", linewidth=1, label="score = share")
    for name, table in analysis.calibration.items():
        rate = table["fraud_rate"].to_numpy()
        low, high = table["fraud_rate_low"].to_numpy(), table["fraud_rate_high"].to_numpy()
        ends = np.maximum([rate - low, high - rate], 0)
        axes.errorbar(table["mean_score"], rate, yerr=ends, marker="o", capsize=2, label=name)
    axes.set_xlabel("mean fraud score")
    axes.set_ylabel("share of fraud")
    axes.grid(visible=True, alpha=0.3)
    _put_legend_above(figure, axes)
    return finish(figure, axes)


def _put_legend_above(figure: Figure, axes: Axes) -> None:
    """Place the legend above the panel, where it hides no bar."""
    figure.legend(
        *axes.get_legend_handles_labels(), loc="outside upper left", ncols=3, frameon=False,
        fontsize="small",
    )  # fmt: skip


def _calibration(analysis: ErrorAnalysis) -> Markup | None:
    if not analysis.calibration:
        return None
    return ink_svg_of(draw_calibration(analysis), "Mean score against share of fraud")


def draw_groups(table: pd.DataFrame, by: str) -> Figure:
    """Draw the share of fraud among the inspected of each large group, by submission."""
    table = _largest(table)
    names = list(dict.fromkeys(table["group"]))[::-1]
    submissions = list(dict.fromkeys(table["submission"]))
    figure, axes = new_figure(
        width=8.0, height=1.6 + max(0.3, 0.09 * len(submissions)) * len(names)
    )
    for i, submission in enumerate(submissions):
        rows = table[table["submission"] == submission].set_index("group").loc[names]
        offset = 0.5 * (i + 0.5) / len(submissions) - 0.25
        value, low, high = (
            rows[name].to_numpy() for name in ("precision", "precision_low", "precision_high")
        )
        ends = np.maximum([value - low, high - value], 0)
        places = np.arange(len(names)) - offset
        axes.errorbar(value, places, xerr=ends, fmt="o", capsize=2, ms=4, label=submission)
    axes.set_yticks(np.arange(len(names)), [_name_group(by, name) for name in names])
    axes.xaxis.set_major_formatter("{x:.0%}")
    axes.set_xlabel(f"precision: fraud among the inspected of the {by}")
    axes.set_xlim(0, 1)
    axes.grid(visible=True, axis="x", alpha=0.3)
    _put_legend_above(figure, axes)
    return finish(figure, axes)


def _name_group(by: str, group: str) -> str:
    """Return a group for people: a chapter by its name."""
    return name_chapter(str(group)) if by == "chapter" else str(group)


def _group(by: str, table: pd.DataFrame) -> dict[str, Any]:
    n_groups = table["group"].nunique()
    return {
        "by": by,
        "figure": ink_svg_of(draw_groups(table, by), f"Precision by {by}"),
        "caption": f"The {_N_GROUPS} largest of {n_groups:,}" if n_groups > _N_GROUPS else "",
        "rows": [
            (
                _name_group(by, row["group"]),
                str(row["submission"]),
                f"{row['n_declarations']:,}",
                f"{row['n_fraud']:,}",
                f"{row['n_inspected']:.1f}",
                f"{row['n_found']:.1f}",
                _share(row, "precision"),
                _share(row, "recall"),
            )
            for row in _largest(table).to_dict("records")
        ],
    }


def _largest(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the largest groups, sorted by group."""
    size = table.groupby("group")["n_declarations"].max().sort_values(ascending=False)
    order = {group: place for place, group in enumerate(size.index[:_N_GROUPS])}
    largest = table[table["group"].isin(order)]
    return largest.sort_values("group", key=lambda group: group.map(order), kind="stable")


def _missed_rows(table: pd.DataFrame, by: str) -> list[tuple[str, ...]]:
    return [
        (
            _name_group(by, row["group"]),
            f"{row['n_fraud']:,}",
            f"{row['n_missed']:,}",
            _share(row, "share_missed"),
        )
        for row in table.head(_N_GROUPS).to_dict("records")
    ]


def _text(value: Any) -> str:
    return f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else str(value)


def _share(row: Mapping[Any, Any], name: str) -> str:
    if np.isnan(row[name]):
        return "-"
    return f"{row[name]:.2f} ({row[f'{name}_low']:.2f} .. {row[f'{name}_high']:.2f})"


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as plain data."""
    plain = table.astype(object).where(table.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")]
