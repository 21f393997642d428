"""Mean, spread and 95 % interval of a score over seeds and editions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import sqrt
from statistics import mean, stdev
from typing import Any, Final

from scipy.stats import t

#: Of fewer editions, Student's t interval is too wide to say anything: with two, 9 times their
#: standard deviation to each side.
FEWEST_EDITIONS: Final = 5
#: Key of the calibration error among a run's scores on Private.
CALIBRATION: Final = "calibration_error"


@dataclass(frozen=True)
class Summary:
    """Mean, spread and interval of a score over runs.

    Attributes
    ----------
    mean : float
        Mean over editions of the mean over seeds.
    spread : float or None
        Standard deviation over editions, or over the seeds of a single edition; None for one run.
    interval : (float, float) or None
        95 % interval of the mean. Over several editions: Student's t over editions. On one
        edition: the bootstrap over its test declarations, with ends averaged over seeds.
    n_runs, n_editions : int
        Number of runs and editions.

    Notes
    -----
    Seeds of one edition share its test declarations. Their spread says how much the randomness of
    the model matters, not how certain the score is, so a single edition gets the bootstrap. The t
    interval of the mean over m editions is mean +- t(.975, m - 1) * sd / sqrt(m).
    """

    mean: float
    spread: float | None
    interval: tuple[float, float] | None
    n_runs: int
    n_editions: int

    @property
    def telling_interval(self) -> tuple[float, float] | None:
        """The interval, but None of two or more editions if they are too few."""
        return None if 1 < self.n_editions < FEWEST_EDITIONS else self.interval


def summarize(
    runs: list[dict[str, Any]], metric: str, interval: str = "", *, period: str = "private"
) -> Summary | None:
    """Summarize a metric over runs; None if no run has it.

    Parameters
    ----------
    runs : list of dict
        Runs of one group (`customs_baselines.experiments.result_rows.Group`).
    metric : str
        Name of the metric.
    interval : str
        Name of its bootstrap interval; empty if it has none.
    period : {'private', 'public'}
    """
    by_edition = scores_by_edition(runs, metric, period)
    if not by_edition:
        return None
    everything = [value for values in by_edition.values() for value in values]
    n_runs, n_editions = len(everything), len(by_edition)
    if n_editions > 1:
        means = [mean(values) for values in by_edition.values()]
        return Summary(mean(means), stdev(means), t_interval(means), n_runs, n_editions)
    spread = stdev(everything) if n_runs > 1 else None
    ends = [run[period][interval] for run in runs if run[period].get(interval)]
    bootstrap = (mean(low for low, _ in ends), mean(high for _, high in ends)) if ends else None
    return Summary(mean(everything), spread, bootstrap, n_runs, n_editions)


def scores_by_edition(
    runs: list[dict[str, Any]], metric: str, period: str = "private"
) -> dict[str, list[float]]:
    """Return the scores of the runs that have the metric, by edition."""
    scores: dict[str, list[float]] = defaultdict(list)
    for run in runs:
        if (value := run[period].get(metric)) is not None:
            scores[run["edition"]].append(value)
    return dict(scores)


def t_interval(values: list[float]) -> tuple[float, float]:
    """Return the 95 % interval of the mean of at least two independent values.

    Examples
    --------
    Mean 2, standard deviation 1, n = 3: 2 -+ 4.303 * 1 / sqrt(3) = 2 -+ 2.484.

    >>> low, high = t_interval([1.0, 2.0, 3.0])
    >>> round(low, 3), round(high, 3)
    (-0.484, 4.484)
    """
    half = float(t.ppf(0.975, len(values) - 1)) * stdev(values) / sqrt(len(values))
    return mean(values) - half, mean(values) + half
