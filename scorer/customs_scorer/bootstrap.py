"""Bootstrap intervals of metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_scorer.metrics import Metric
from customs_scorer.metrics.metric import joint_sampler

#: Of fewer blocks nothing can be drawn that says how much they differ.
_FEWEST_BLOCKS: Final = 5
# Counts in memory at a time: 64 MiB.
_BLOCK_CELLS: Final = 1 << 24


def bootstrap_intervals(
    metrics: Sequence[Metric],
    answers: pd.DataFrame,
    answer: npt.NDArray[Any],
    *,
    n_replicates: int,
    seed: int,
) -> list[tuple[float, float]]:
    """Percentile bootstrap 95 % interval of each metric, all on the same samples.

    Parameters as of `joint_bootstrap`, for one submission.
    """
    joint = joint_bootstrap(metrics, answers, [answer], n_replicates=n_replicates, seed=seed)
    intervals = np.quantile(joint[0], (0.025, 0.975), axis=1).T
    return [(float(low), float(high)) for low, high in intervals]


def joint_bootstrap(
    metrics: Sequence[Metric],
    answers: pd.DataFrame,
    submitted: Sequence[npt.NDArray[Any]],
    *,
    n_replicates: int,
    seed: int,
) -> npt.NDArray[np.float64]:
    """Values of several submissions on the same bootstrap samples of the units.

    Because the samples are shared, what one submission gains or loses over another in each of them
    shows how sure their order is.

    Parameters
    ----------
    metrics : sequence of Metric
        What is computed.
    answers : DataFrame, shape (n_units, n_targets)
        True target columns.
    submitted : sequence of ndarray, each of shape (n_units,) or (n_units, n_columns)
        Answers of the submissions, in the order of `answers`.
    n_replicates : int
        Samples of n_units with replacement.
    seed : int
        Seed of the samples.

    Returns
    -------
    ndarray of float64, shape (n_submissions, n_metrics, n_replicates)
    """
    n = len(answers)
    samplers = [joint_sampler(metrics, answers, answer) for answer in submitted]
    rng = np.random.default_rng(seed)
    by = {metric.resampled_by for metric in metrics}
    if len(by) > 1:
        raise ValueError(f"The metrics draw by different columns: {', '.join(sorted(by))}.")
    group = np.arange(n) if by <= {""} else pd.factorize(answers[by.pop()])[0]
    n_drawn = int(group.max()) + 1
    values = np.empty((len(samplers), len(metrics), n_replicates))
    step = max(1, _BLOCK_CELLS // n)
    for start in range(0, n_replicates, step):
        block = slice(start, min(start + step, n_replicates))
        counts = np.empty((block.stop - start, n), dtype=np.int32)
        for count in counts:
            count[:] = np.bincount(rng.integers(0, n_drawn, n_drawn), minlength=n_drawn)[group]
        for i, sampler in enumerate(samplers):
            values[i, :, block] = sampler(counts)
    return values


def block_bootstrap_interval(
    parts: npt.ArrayLike,
    wholes: npt.ArrayLike,
    *,
    block: int,
    n_replicates: int = 2_000,
    seed: int = 0,
) -> tuple[float, float] | None:
    """Percentile bootstrap 95 % interval of the difference of two ratios over the same periods.

    Periods are drawn in blocks of neighbours, because what makes one of them easy or hard often
    lasts into the next; after the last comes the first again.

    Parameters
    ----------
    parts, wholes : array_like of float, shape (2, n_periods)
        Of each ratio, numerators and denominators by period. A ratio is the sum of the drawn
        numerators / the sum of the drawn denominators.
    block : int
        Periods per block.
    n_replicates : int
    seed : int

    Returns
    -------
    (float, float) or None
        First ratio minus second; None if there are fewer than five blocks.

    Examples
    --------
    >>> wins = [[3, 4, 5, 4, 3, 4, 5, 4, 3, 4], [2, 3, 4, 3, 2, 3, 4, 3, 2, 3]]
    >>> low, high = block_bootstrap_interval(wins, [[10] * 10] * 2, block=2)
    >>> round(low, 3), round(high, 3)
    (0.1, 0.1)
    """
    upper, lower = np.asarray(parts, dtype=np.float64), np.asarray(wholes, dtype=np.float64)
    n = upper.shape[1]
    if n < _FEWEST_BLOCKS * block:
        return None
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, n, (n_replicates, -(-n // block)))
    drawn = ((starts[:, :, None] + np.arange(block)) % n).reshape(n_replicates, -1)[:, :n]
    ratios = upper[:, drawn].sum(axis=2) / lower[:, drawn].sum(axis=2)
    low, high = np.quantile(ratios[0] - ratios[1], (0.025, 0.975))
    return float(low), float(high)
