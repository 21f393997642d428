"""How long outbreaks go on before an office notices them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.stats import CensoredData, ecdf

from customs_data.season.arrivals import Arrivals
from customs_scorer.season.environment import OpenedWeek

#: The fraud that gives an outbreak away: one is chance, two may be.
_TELLING: Final = 3


def detect_outbreaks(arrivals: Arrivals, opened: Sequence[OpenedWeek]) -> list[dict[str, Any]]:
    """Return when each outbreak began, and when its third fraud was opened.

    Parameters
    ----------
    arrivals : Arrivals
    opened : sequence of OpenedWeek
        What was opened, week by week from week 1.

    Returns
    -------
    list of dict
        In the order of their first fraud. ``outbreak``: its name; ``first_week``, ``last_week``: of
        its first and last fraud; ``detected_week``: None if its third fraud was never opened;
        ``weeks``: from the first week until then, or until the season's last week; ``n_fraud``.
        Outbreaks with fraud before week 1, or with fewer than three frauds, are left out: the one
        may be known before, the other nobody can detect. Empty if nobody knows the outbreaks.
    """
    if arrivals.outbreak is None:
        return []
    is_opened = np.zeros(len(arrivals.week), dtype=np.bool_)
    for it in opened:
        is_opened[it.rows] = True
    is_fraud = (arrivals.fraud == 1) & (arrivals.week <= len(opened))
    outbreaks = []
    for code, name in enumerate(arrivals.outbreak_names):
        frauds = np.flatnonzero(is_fraud & (arrivals.outbreak == code))
        if len(frauds) < _TELLING or arrivals.week[frauds[0]] < 1:
            continue
        first = int(arrivals.week[frauds[0]])
        seen = frauds[is_opened[frauds]]
        detected = int(arrivals.week[seen[_TELLING - 1]]) if len(seen) >= _TELLING else None
        outbreaks.append(
            {
                "outbreak": name,
                "first_week": first,
                "last_week": int(arrivals.week[frauds[-1]]),
                "detected_week": detected,
                "weeks": (len(opened) if detected is None else detected) - first,
                "n_fraud": len(frauds),
            }
        )
    return sorted(outbreaks, key=lambda it: (it["first_week"], it["outbreak"]))


@dataclass(frozen=True)
class Detection:
    """Outbreaks of several seasons together.

    Attributes
    ----------
    n_outbreaks : int
    share : float
        Share of them that was detected before its season ended.
    median_weeks : float or None
        Kaplan-Meier median of the weeks from the first fraud to the third that was opened; None if
        fewer than half are detected. An outbreak that a season's end cut off counts as undetected
        for as long as it was seen.
    """

    n_outbreaks: int
    share: float
    median_weeks: float | None


def summarize_detection(outbreaks: Iterable[dict[str, Any]]) -> Detection | None:
    """Summarize what `detect_outbreaks` returned for one or more seasons; None without outbreaks.

    Examples
    --------
    Detected after 1 and 3 weeks, and one whose season ended after 2: of the two that are left in
    week 3 the one that is seen is detected, so that (2 / 3) x 0 go on.

    >>> seen = [(1, True), (3, True), (2, False)]
    >>> summarize_detection(
    ...     [{"weeks": weeks, "detected_week": weeks if was else None} for weeks, was in seen]
    ... )
    Detection(n_outbreaks=3, share=0.6666666666666666, median_weeks=3.0)
    """
    known = list(outbreaks)
    if not known:
        return None
    detected = [it["weeks"] for it in known if it["detected_week"] is not None]
    cut_off = [it["weeks"] for it in known if it["detected_week"] is None]
    median = None
    if detected:
        undetected = ecdf(CensoredData(uncensored=detected, right=cut_off)).sf
        at_most_half = np.flatnonzero(undetected.probabilities <= 0.5 + 1e-12)
        median = float(undetected.quantiles[at_most_half[0]]) if len(at_most_half) else None
    return Detection(len(known), len(detected) / len(known), median)
