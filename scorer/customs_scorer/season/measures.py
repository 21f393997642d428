"""What a season brought: each week, in its first and last quarter, and as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum
from typing import Any

import numpy as np
import numpy.typing as npt

from customs_data.season.arrivals import Arrivals
from customs_scorer.season.environment import OpenedWeek

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Totals:
    """Sums by week; arrays of shape (n_weeks,).

    Attributes
    ----------
    declarations : int64
        Declarations of the week.
    opened, fraud_found, critical : int64
        Declarations opened, frauds among them, critical frauds among them.
    fraud, best : int64
        Frauds of the week, and the most that the week's inspections could find.
    duty, capped : float64
        KRW recovered, and the same with the cap on each declaration; NaN if nobody knows.
    all_duty, all_capped : float64
        What opening everything would recover.
    best_capped : float64
        The most capped duty that the week's inspections could recover.
    """

    declarations: npt.NDArray[np.int64]
    opened: npt.NDArray[np.int64]
    fraud_found: npt.NDArray[np.int64]
    critical: npt.NDArray[np.int64]
    fraud: npt.NDArray[np.int64]
    best: npt.NDArray[np.int64]
    duty: Floats
    capped: Floats
    all_duty: Floats
    all_capped: Floats
    best_capped: Floats

    def scores(self, weeks: slice = slice(None)) -> dict[str, Any]:
        """Return the measures pooled over some weeks.

        Returns
        -------
        dict
            ``precision`` = frauds found / declarations opened; ``recall`` = frauds found / frauds;
            ``norm_precision`` = frauds found / the most that could be found; ``critical_found``;
            ``capped_revenue_recall``, ``revenue_recall``: the same of duty; ``norm_revenue`` =
            capped duty / the most that could be recovered. None where nothing could be found.
        """
        n_found = int(self.fraud_found[weeks].sum())
        return {
            "opened": int(self.opened[weeks].sum()),
            "fraud_found": n_found,
            "precision": _ratio(n_found, self.opened[weeks].sum()),
            "recall": _ratio(n_found, self.fraud[weeks].sum()),
            "norm_precision": _ratio(n_found, self.best[weeks].sum()),
            "critical_found": int(self.critical[weeks].sum()),
            "capped_revenue_recall": _ratio(fsum(self.capped[weeks]), fsum(self.all_capped[weeks])),
            "revenue_recall": _ratio(fsum(self.duty[weeks]), fsum(self.all_duty[weeks])),
            "norm_revenue": _ratio(fsum(self.capped[weeks]), fsum(self.best_capped[weeks])),
        }

    def as_dict(self) -> dict[str, Any]:
        """Return the measures of the season, of its quarters, and the weekly series."""
        quarter = max(len(self.opened) // 4, 1)
        return {
            **self.scores(),
            "first_quarter": self.scores(slice(0, quarter)),
            "last_quarter": self.scores(slice(-quarter, None)),
            "weeks": [
                {
                    "week": i + 1,
                    "declarations": int(self.declarations[i]),
                    "opened": int(self.opened[i]),
                    "fraud": int(self.fraud[i]),
                    "fraud_found": int(self.fraud_found[i]),
                    "critical_found": int(self.critical[i]),
                    "duty_recovered": _plain(self.duty[i]),
                }
                for i in range(len(self.opened))
            ],
        }


def total_season(arrivals: Arrivals, opened: list[OpenedWeek]) -> Totals:
    """Return the sums of a season that was played.

    Parameters
    ----------
    arrivals : Arrivals
        What could be opened.
    opened : list of OpenedWeek
        What was, week by week from week 1.
    """
    unknown = np.full(len(arrivals.week), np.nan)
    duty = unknown if arrivals.duty is None else arrivals.duty
    capped = np.minimum(duty, arrivals.cap)
    is_fraud = arrivals.fraud == 1
    columns: dict[str, list[Any]] = {name: [] for name in Totals.__dataclass_fields__}
    for it in opened:
        rows, k = arrivals.rows_of(it.number), len(it.rows)
        n_fraud = int(is_fraud[rows].sum())
        for name, value in {
            "declarations": len(rows),
            "opened": k,
            "fraud_found": int(is_fraud[it.rows].sum()),
            "critical": int((arrivals.critical[it.rows] == 2).sum()),
            "fraud": n_fraud,
            "best": min(k, n_fraud),
            "duty": fsum(duty[it.rows]),
            "capped": fsum(capped[it.rows]),
            "all_duty": fsum(duty[rows]),
            "all_capped": fsum(capped[rows]),
            "best_capped": fsum(np.sort(capped[rows])[::-1][:k]),
        }.items():
            columns[name].append(value)
    return Totals(**{name: np.array(values) for name, values in columns.items()})


def count_reasons(arrivals: Arrivals, opened: list[OpenedWeek]) -> dict[str, dict[str, int]]:
    """Return what each part of a strategy chose.

    Parameters
    ----------
    arrivals : Arrivals
    opened : list of OpenedWeek

    Returns
    -------
    dict
        By reason, in alphabetical order: ``opened`` and ``fraud_found``, numbers of declarations.
    """
    chosen: dict[str, dict[str, int]] = {}
    for it in opened:
        for row, reason in zip(it.rows, it.selection.reason, strict=True):
            counts = chosen.setdefault(str(reason), {"opened": 0, "fraud_found": 0})
            counts["opened"] += 1
            counts["fraud_found"] += int(arrivals.fraud[row] == 1)
    return dict(sorted(chosen.items()))


def _ratio(part: float, whole: float) -> float | None:
    return float(part / whole) if whole > 0 else None


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
