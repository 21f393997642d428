"""`data describe`: the content of an edition as plain data, and as text with bar charts."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from customs_data.columns.column_set import ColumnSet
from customs_data.columns.damaged_ids import find_damage
from customs_data.edition.hidden import load_solution
from customs_data.edition.layout import USAGES
from customs_data.edition.loading import Edition
from customs_data.hs_chapters import name_chapter
from customs_data.schema import ENTITY_COLUMNS, LABEL_COLUMNS, NUMBER_COLUMNS

_TOP: Final = 8
#: Shares of the labels: name, column and value.
_RATES: Final = (("fraud_rate", LABEL_COLUMNS[0], 1), ("critical_rate", LABEL_COLUMNS[1], 2))
_TOP_CODES: Final = ("Country of Origin", "Office ID", "Import Type")
_BAR_WIDTH: Final = 32
_QUANTILES: Final = [0.0, 0.25, 0.5, 0.75, 0.99, 1.0]


def summarize_edition(edition: Edition) -> dict[str, Any]:
    """Return a summary of an edition as plain data (JSON).

    Returns
    -------
    dict
        ``name``, ``origin``, ``rows``, ``dates``, ``labels``, ``declarations_by_month``,
        ``fraud_rate_by_month`` (labelled training declarations), ``top`` (most frequent values),
        ``numbers`` (quantiles), ``entities`` (distinct, declarations each, share of test rows whose
        entity is unseen in training), ``warnings`` (`find_damage`), ``absent`` and ``extra`` if the
        edition has such columns and, on an organizer's copy, ``hidden`` (fraud rates of the test
        periods). Extra columns are among ``numbers`` and ``top``; absent ones nowhere.
    """
    manifest, train, test = edition.manifest, edition.train, edition.test
    y, critical = _labels(edition, 0), _labels(edition, 1)
    labelled = y >= 0
    both = pd.concat([train, test], ignore_index=True).drop(columns=[*manifest.absent])
    extra = manifest.extra
    fraud_rates = _by_month(train["Date"].to_numpy()[labelled], y[labelled] == 1)
    summary: dict[str, Any] = {
        "name": manifest.name,
        "origin": manifest.origin,
        "rows": manifest.rows,
        "dates": {p: [d.isoformat() for d in days] for p, days in manifest.dates.items()},
        "labels": {
            "n_labelled": int(labelled.sum()),
            "label_rate": manifest.label_rate,
            "erasure": manifest.erasure,
            "fraud_rate": _mean(y[labelled] == 1),
            "critical_rate": _mean(critical[labelled] == 2),
        },
        "declarations_by_month": {m: n for m, (n, _) in _by_month(both["Date"].to_numpy()).items()},
        "fraud_rate_by_month": {
            m: round(n_fraud / n, 4) for m, (n, n_fraud) in fraud_rates.items()
        },
        "top": {
            name: values.value_counts().head(_TOP).to_dict()
            for name, values in {
                "Chapter": both["HS6 Code"].str[:2],
                **{name: both[name] for name in _TOP_CODES if name in both},
                **{name: both[name] for name, kind in extra.items() if kind == "category"},
            }.items()
        },
        "numbers": {
            name: {
                f"{q:g}": float(value)
                for q, value in zip(_QUANTILES, both[name].quantile(_QUANTILES), strict=True)
            }
            for name in (*NUMBER_COLUMNS, *extra)
            if name in both and extra.get(name) != "category"
        },
        "entities": {
            name: _entity(both[name], train[name], test[name])
            for name in ENTITY_COLUMNS
            if name in both
        },
        "warnings": [damage.as_dict() for damage in find_damage(train, test)],
    }
    if manifest.absent:
        summary["absent"] = [*manifest.absent]
    if extra:
        summary["extra"] = dict(extra)
    if edition.layout.has_hidden:
        solution = load_solution(edition.layout)
        summary["hidden"] = {
            period: {
                name: _mean(rows[column] == value)
                for name, column, value in _RATES
                if column in rows
            }
            for period, usage in USAGES.items()
            for rows in [solution[solution["Usage"] == usage]]
        }
    return summary


def _labels(edition: Edition, place: int) -> npt.NDArray[np.int8]:
    """Return a label column of the schema; the task's own label if it does not publish it."""
    name = LABEL_COLUMNS[place]
    return edition.labels[name].to_numpy(np.int8) if name in edition.labels else edition.y


def _by_month(
    dates: npt.NDArray[np.datetime64], flags: npt.NDArray[np.bool_] | None = None
) -> dict[str, tuple[int, int]]:
    """Return the numbers of rows and flagged rows of each month with rows."""
    months = dates.astype("datetime64[M]")
    if not len(months):
        return {}
    first = months.min()
    place = (months - first).astype(np.int64)
    n = np.bincount(place)
    flagged = n if flags is None else np.bincount(place[flags], minlength=len(n))
    return {str(first + i): (int(n[i]), int(flagged[i])) for i in np.flatnonzero(n)}


def _mean(flags: Any) -> float | None:
    return float(np.mean(flags)) if len(flags) else None


def _entity(both: pd.Series[str], train: pd.Series[str], test: pd.Series[str]) -> dict[str, Any]:
    """Return the summary of one entity column."""
    degree = both.value_counts()
    known = test.dropna()
    return {
        "distinct": len(degree),
        "missing": float(both.isna().mean()),
        "declarations_each": {f"{q:g}": float(degree.quantile(q)) for q in (0.5, 0.9, 0.99, 1.0)}
        if len(degree)
        else {},
        "unseen_in_test": _mean(~known.isin(train.dropna().unique())),
    }


def draw_summary(summary: dict[str, Any]) -> RenderableType:
    """Return a summary as tables and bar charts for a terminal."""
    labels = summary["labels"]
    rows = summary["rows"]
    dates = {p: f"{a} .. {b}" for p, (a, b) in summary["dates"].items()}
    head = Text()
    head.append(f"{summary['name']}", style="bold")
    head.append(f"  ({summary['origin']})\n")
    for period in rows:
        head.append(f"{period:>8}: {rows[period]:>11,} declarations  {dates[period]}\n")
    head.append(
        f"  labels: {labels['n_labelled']:>11,} (rate {labels['label_rate']:g}, erasure "
        f"{labels['erasure']}); fraud {_percent(labels['fraud_rate'])}, critical "
        f"{_percent(labels['critical_rate'])} of them\n"
    )
    for period in USAGES if "hidden" in summary else ():
        hidden = summary["hidden"][period]
        rates = [f"{name.split('_')[0]} {_percent(rate)}" for name, rate in hidden.items()]
        if rates:
            head.append(f"  {period}, from hidden/: {', '.join(rates)}\n", style="italic")
    for sentence in ColumnSet(summary.get("absent", ()), summary.get("extra", {})).sentences():
        head.append(f"  {sentence}\n")
    parts: list[RenderableType] = [
        head,
        _bars("Declarations by month", summary["declarations_by_month"], "{:,}"),
        _bars("Fraud rate of labelled declarations", summary["fraud_rate_by_month"], "{:.1%}"),
    ]
    for name, counts in summary["top"].items():
        if name == "Chapter":
            counts = {name_chapter(chapter): n for chapter, n in counts.items()}
        parts.append(_bars(name, counts, "{:,}"))
    numbers = Table(title="Numbers (quantiles)", title_justify="left", title_style="bold")
    numbers.add_column("")
    for name in summary["numbers"]:
        numbers.add_column(name, justify="right")
    for quantile in next(iter(summary["numbers"].values())):
        cells = [f"{column[quantile]:,.6g}" for column in summary["numbers"].values()]
        numbers.add_row(quantile, *cells)
    entities = Table(title="Entities", title_justify="left", title_style="bold")
    for column in ("", "distinct", "missing", "median", "90 %", "99 %", "most", "unseen in test"):
        entities.add_column(column, justify="left" if column == "" else "right")
    for name, counts in summary["entities"].items():
        degrees = [f"{value:,.0f}" for value in counts["declarations_each"].values()] or ["-"] * 4
        entities.add_row(
            name,
            f"{counts['distinct']:,}",
            _percent(counts["missing"]),
            *degrees,
            _percent(counts["unseen_in_test"]),
        )
    return Group(*parts, numbers, entities)


def _percent(rate: float | None) -> str:
    return "-" if rate is None else f"{rate:.2%}"


def _bars(title: str, values: dict[str, float], shape: str) -> Table:
    """Return a bar chart of characters; the largest value has the longest bar."""
    table = Table(
        title=title, title_justify="left", title_style="bold", box=None, show_header=False
    )
    largest = max(values.values(), default=0) or 1
    for name, value in values.items():
        bar = "█" * max(round(_BAR_WIDTH * value / largest), 1 if value else 0)
        table.add_row(str(name), bar, shape.format(value))
    return table
