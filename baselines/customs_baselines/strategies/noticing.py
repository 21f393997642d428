"""`noticing`: open a few by lot, and follow up every fraud that nobody expected."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from customs_baselines.features.as_of import KEYS
from customs_baselines.season.week import Week
from customs_baselines.strategies.exploit import ExploitStrategy
from customs_scorer.season.selection import Selection

Floats = npt.NDArray[np.float64]

#: Declarations that agree in all of these are of one segment.
_SEGMENT: Final = ("chapter", "origin", "filing")
_WEEKS: Final = 26  # a surprise counts for so long
_RICH: Final = 0.75  # fraud rate of a segment that has turned rich
_PRIOR: Final = -3.0  # log-odds that a segment has done so, before anything was opened
_RAISED: Final = 0.1  # more than this above the learner's probability is a follow-up
_LEAST_EXPECTED: Final = 0.005  # probabilities below are not taken at their word


class NoticingStrategy(ExploitStrategy):
    """Open the highest probabilities, a few by lot, and what is like an unexpected fraud.

    Exploring by lot costs little while few declarations are drawn. What they teach is lost if it
    has to wait until the learner has seen enough of them. So each opened declaration is compared
    with the probability that was expected of it when it was chosen: by Bayes' rule its segment is
    either as expected, or has turned rich. In a world that does not change nothing is unexpected,
    and this is `exploit` with a few draws.

    Parameters
    ----------
    random_state, n_jobs, refit_every, half_life : int, float
        As of `ExploitStrategy`.
    random_share : float
        Share of the inspections drawn by lot. This and the next were chosen on four worlds of each
        kind, none of which is among those of the published tables.
    random_weight : float
        Weight of labels that were drawn or followed up, in the learner.
    """

    def __init__(
        self,
        random_state: int = 0,
        n_jobs: int = 1,
        refit_every: int = 1,
        random_share: float = 0.04,
        random_weight: float = 4.0,
        half_life: float | None = None,
    ) -> None:
        super().__init__(random_state, n_jobs, refit_every, random_weight, half_life)
        self.random_share = random_share
        self._expected: dict[int, float] = {}  # by position of an opened declaration

    def choose(self, week: Week, p: Floats) -> Selection:
        """Return the highest expected fraud, surprises considered, and a draw."""
        value = np.maximum(p, self.expect(week, p))
        drawn = week.random(self.random_share)
        n = week.n_inspections - len(drawn)
        rows = week.highest(value).rows[:n]
        reason = np.where(value[rows] - p[rows] > _RAISED, "follow-up", "highest")
        chosen = Selection(rows, reason, np.ones(n)) | drawn
        first = len(week.office) - week.n_arrivals
        self._expected |= {first + int(row): float(p[row]) for row in chosen.rows}
        return chosen

    def expect(self, week: Week, p: Floats) -> Floats:
        """Return the fraud rate of the arrivals, should their segments have changed.

        Parameters
        ----------
        week : Week
        p : ndarray of float64, shape (n_arrivals,)
            Probabilities of the learner.

        Returns
        -------
        ndarray of float64, shape (n_arrivals,)
        """
        office, rows, y = week.office, week.known_rows, week.known_labels
        recent = office.week[rows] >= week.number - _WEEKS
        recent &= np.isin(rows, list(self._expected))
        rows, y = rows[recent], y[recent]
        expected = np.array([self._expected[row] for row in rows.tolist()])
        expected = np.clip(expected, _LEAST_EXPECTED, 1.0 - _LEAST_EXPECTED)
        rich = np.maximum(_RICH, expected)
        evidence = np.where(
            y == 1, np.log(rich / expected), np.log((1.0 - rich) / (1.0 - expected))
        )
        columns = [list(KEYS).index(name) for name in _SEGMENT]
        arrivals = np.arange(len(office) - week.n_arrivals, len(office))
        both = office.codes[np.concatenate([rows, arrivals])][:, columns]
        segment = np.unique(both, axis=0, return_inverse=True)[1].reshape(-1)
        total = np.bincount(segment[: len(rows)], evidence, minlength=segment.max() + 1)
        log_odds = _PRIOR + total[segment[len(rows) :]]
        is_rich = np.where(log_odds > _PRIOR, 1.0 / (1.0 + np.exp(-log_odds)), 0.0)
        return np.asarray(is_rich * _RICH + (1.0 - is_rich) * p)


ESTIMATOR = NoticingStrategy
SUMMARY = "exploit with a few draws; what resembles an unexpected fraud is opened next."
