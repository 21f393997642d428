"""From epsilon and delta to the noise of each table, and back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import log, sqrt
from typing import Final

from scipy.stats import norm as normal

from customs_data.errors import KitError
from customs_data.private_profile.noise import (
    SECURE,
    UNIT,
    cost_of_known,
    cost_of_thresholded,
    epsilon_of,
)
from customs_data.private_profile.plan import Plan
from customs_data.profile import Guarantee, NoisyTable

# Part of delta for what only the data shows: values that reach a threshold.
_THRESHOLD_PART: Final = 0.5
_STEPS: Final = 20


@dataclass(frozen=True)
class Price:
    """Noise of one table, in units of a declaration.

    Attributes
    ----------
    scale : float
        Standard deviation of the noise.
    threshold : int
        Smallest noisy sum that is released; 0 for known cells.
    rho, delta : float
        What the table takes of the budget.
    """

    scale: float
    threshold: int
    rho: float
    delta: float


@cache
def rho_for(epsilon: float, delta: float) -> float:
    """Return the largest rho that keeps epsilon at a delta."""
    # Bun & Steinke's simple bound, rho + 2 sqrt(rho ln(1 / delta)), is above what is spent.
    tail = log(1.0 / delta)
    low = (sqrt(tail + epsilon) - sqrt(tail)) ** 2
    high = 2.0 * low
    while epsilon_of(high, delta) <= epsilon:
        low, high = high, 2.0 * high
    for _ in range(_STEPS):
        middle = (low + high) / 2.0
        if epsilon_of(middle, delta) > epsilon:
            high = middle
        else:
            low = middle
    return low


def total_rho(plan: Plan) -> float:
    """Return the rho that all tables of a plan share."""
    return rho_for(plan.epsilon, plan.delta * (1.0 - _THRESHOLD_PART))


def price_known(plan: Plan, share: float, norm: float) -> Price:
    """Return the noise of a table of known cells, with its share of the budget."""
    length = norm * UNIT
    scale = length / sqrt(2.0 * total_rho(plan) * share)
    return Price(scale, 0, cost_of_known(length, scale), 0.0)


def price_thresholded(
    plan: Plan, share: float, n_thresholded: int, most_cells: int, norm: float
) -> Price:
    """Return the noise and threshold of a table whose cells only the data shows.

    Parameters
    ----------
    plan : Plan
    share : float
        Share of rho.
    n_thresholded : int
        Tables among which the thresholds' part of delta is divided.
    most_cells : int
        Cells that one importer can add.
    norm : float
        Largest length of an importer's contribution, in declarations.
    """
    length = norm * UNIT
    scale = length / sqrt(2.0 * total_rho(plan) * share)
    delta = plan.delta * _THRESHOLD_PART / n_thresholded
    return _search_threshold(most_cells, length, scale, delta)


@cache
def _search_threshold(most_cells: int, length: float, scale: float, delta: float) -> Price:
    """Find the smallest threshold with at most this delta, to a hundredth of the scale."""
    step = max(1, round(scale / 100.0))
    # Begins well below the answer: a Gaussian tail over all cells that an importer can add.
    threshold = int(length + scale * (float(normal.isf(delta / most_cells)) - 1.0))
    threshold = max(threshold, int(length) + 1)
    while True:
        rho, spent = cost_of_thresholded(most_cells, length, scale, threshold)
        if spent <= delta:
            return Price(scale, threshold, rho, spent)
        threshold += step


def compose(tables: tuple[NoisyTable, ...], delta: float) -> tuple[float, float, float]:
    """Return rho, the thresholds' delta and epsilon of tables that are released one by one.

    Each may depend on those before it: zero-concentrated privacy adds up (Bun & Steinke, TCC 2016,
    lemma 2.3), and so do the deltas.
    """
    rho = sum(table.rho for table in tables)
    spent = sum(table.delta for table in tables)
    return rho, spent, epsilon_of(rho, delta - spent)


def recompute(guarantee: Guarantee) -> tuple[float, float]:
    """Return epsilon and delta from norms, scales and thresholds alone.

    This is what a data-protection officer checks: it reads no stated rho, delta or epsilon but the
    total delta, and uses only the library's own accounting.

    Raises
    ------
    KitError
        If the noise was not secure, so that nothing is guaranteed.
    """
    if guarantee.noise != SECURE:
        raise KitError(f"The profile guarantees nothing, because its noise was {guarantee.noise}.")
    rho, spent = 0.0, 0.0
    for table in guarantee.tables:
        length, scale = table.norm * UNIT, table.scale * UNIT
        if table.known_cells:
            rho += cost_of_known(length, scale)
        else:
            threshold = round(table.threshold * UNIT)
            part, delta = cost_of_thresholded(table.most_cells, length, scale, threshold)
            rho, spent = rho + part, spent + delta
    return epsilon_of(rho, guarantee.delta - spent), guarantee.delta


def membership_ceiling(rho: float) -> float:
    """Return the largest AUC of any membership attack on an importer, thresholds aside.

    Gaussian noise with rho = mu^2 / 2 makes two inputs as hard to distinguish as two normal
    distributions mu apart, whose ROC curve has the area Phi(mu / sqrt 2) (Dong, Roth & Su, Gaussian
    differential privacy, JRSS B 2022).
    """
    return float(normal.cdf(sqrt(2.0 * rho) / sqrt(2.0)))
