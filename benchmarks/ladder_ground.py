"""Derive what a file must score to leave the ground of the default Ladder, and how often luck does.

The Ladder gives the smallest number of frauds that leaves the ground. A random file opens k
declarations of a period, drawn without replacement, so its frauds are hypergeometric.
"""

from __future__ import annotations

from bisect import bisect_left
from fractions import Fraction
from typing import Any

import numpy as np
from attackers import RATE
from scipy.stats import hypergeom

from customs_leaderboard.ladder.ladder import Ladder, LadderState, default_step
from customs_scorer.metrics.gains import Gains, Part
from customs_scorer.metrics.inspection import chance_of, n_inspected

#: Public declarations, from an edition for a course over one of 54,000 (8,134) to a national one.
SIZES = (300, 1_000, 3_000, 8_134, 81_340, 3_720_593)


def leaving(ladder: Ladder, n_declarations: int, base_rate: float, files: int) -> dict[str, Any]:
    """Return the fewest frauds that leave the ground, and the odds that random files find them.

    Parameters
    ----------
    ladder : Ladder
        A Ladder with a ground.
    n_declarations : int
        Declarations of the public period.
    base_rate : float
        Share of frauds among them, rounded to a whole number of declarations.
    files : int
        Random files that a team sends.
    """
    n_frauds = round(base_rate * n_declarations)
    k = n_inspected(n_declarations, RATE)
    chance = chance_of(np.arange(n_declarations) < n_frauds, RATE)

    def leaves(n_caught: int) -> bool:
        part = Part(np.arange(n_caught, dtype=np.intp), None, Fraction(1))
        new = Gains(n_declarations, Fraction(k), (part,))
        on_ground = ladder.update(LadderState(), 1, chance, chance=chance)
        return ladder.update(on_ground, 2, new, chance=chance) != on_ground

    most = min(k, n_frauds)
    fewest = bisect_left(range(most + 1), True, key=leaves)
    if fewest > most:
        raise ValueError("Even the best file stays on the ground: choose fewer ground errors.")
    odds = float(hypergeom.sf(fewest - 1, n_declarations, n_frauds, k))
    return {
        "public": n_declarations,
        "inspected": k,
        "chance": significant(float(chance.exact)),
        "leaves": significant(fewest / k),
        "one_file": significant(odds),
        "any_file": significant(float(-np.expm1(files * np.log1p(-odds)))),
    }


def measure_ground(base_rate: float, files: int) -> list[dict[str, Any]]:
    """Return `leaving` of the default Ladder for public periods of several sizes."""
    return [leaving(Ladder("step", default_step(n)), n, base_rate, files) for n in SIZES]


def significant(number: float) -> float:
    """Round to four significant digits."""
    return float(f"{number:.3e}")
