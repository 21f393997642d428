"""`lite`: a scorecard of at most 20 rules, learned from the history of traders and codes."""

from __future__ import annotations

from typing import Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.classifier import DeclarationClassifier
from customs_baselines.features.risk import RiskProfiles, profile_of
from customs_baselines.lite.scorecard import DOUBLING, Rule, Scorecard, key_texts
from customs_baselines.lite.selection import select_conditions

#: Limits of lists, as multiples of the average odds of fraud. Finer ones gained nothing.
TIMES: Final = (0.25, 0.5, 0.75, 1.0, 1.33, 1.75, 2.5, 3.5)
#: Imaginary declarations at the average rate added to each value's history. A list is a step, not
#: a weight, so that it needs less smoothing than the profiles of `risk_profile`.
_SMOOTHING: Final = 3.0
#: Inspection rates whose cut is on the card.
_RATES: Final = (0.05, 0.10)

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class LiteScorecard(DeclarationClassifier):
    """A scorecard for a spreadsheet: whole points for values with a history of fraud or honesty.

    Parameters
    ----------
    n_rules : int
        Rules at most.
    random_state : int
        Seed of the folds of the histories, where the declarations are of one day.

    Attributes
    ----------
    scorecard_ : Scorecard

    Notes
    -----
    A condition is "the value is on a list": values of a risk profile's key (importer, HS code and
    origin, ...) whose smoothed odds of fraud are above, or below, a multiple of the average. For
    learning, a declaration's lists come from other months than its own (`RiskProfiles`).
    """

    def __init__(self, n_rules: int = 20, random_state: int = 0) -> None:
        self.n_rules = n_rules
        self.random_state = random_state

    def fit(self, X: pd.DataFrame, y: npt.NDArray[np.int8]) -> Self:
        """Learn from labelled rows; X has shape (n_train, 20), y (n_train,) of 0, 1, -1."""
        labelled = y >= 0
        self.profiles_ = RiskProfiles(smoothing=_SMOOTHING, random_state=self.random_state)
        conditions = _on_lists(self.profiles_.fit_transform(X, y), self.profiles_.base_)
        chosen, weights = select_conditions(conditions[labelled], y[labelled], self.n_rules)
        points = np.rint(weights[1:] * DOUBLING / np.log(2)).astype(np.int64)
        kept = [(c, int(p)) for c, p in zip(chosen, points, strict=True) if p]
        rules = [
            self._rule(X, condition, p, float(conditions[:, condition].mean()))
            for condition, p in sorted(kept, key=lambda pair: -abs(pair[1]))
        ]
        total = sum((p * conditions[:, c].astype(np.int64) for c, p in kept), np.zeros(len(X)))
        cuts = {rate: int(np.quantile(total, 1 - rate, method="higher")) for rate in _RATES}
        self.scorecard_ = Scorecard(tuple(rules), float(weights[0]), cuts)
        self.classes_ = np.array([0, 1])
        return self

    def _rule(self, X: pd.DataFrame, condition: int, points: int, share: float) -> Rule:
        """Return the rule of a condition, with the list from all labelled training rows."""
        place, limit = divmod(condition, len(TIMES))
        n, f = (sums.total.astype(np.int64) for sums in self.profiles_.history_[place])
        base = self.profiles_.base_
        risk, evidence = profile_of(n, f, base, _SMOOTHING)
        listed = _on_list(risk, evidence, base, TIMES[limit])
        rows = listed[self.profiles_.groupings_[place].find(X)]
        key = self.profiles_.keys[place]
        values = {*zip(*(texts[rows] for texts in key_texts(X, key)), strict=True)}
        return Rule(key, TIMES[limit], points, tuple(sorted(values)), share)

    def predict_proba(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return probabilities, shape (n_declarations, 2); their order is that of the points."""
        p = self.scorecard_.probability(self.scorecard_.points(X))
        return np.column_stack([1 - p, p])


def _on_lists(profiles: Floats, base: float) -> Flags:
    """Return which list each row is on, shape (n_rows, n_keys * n_limits)."""
    return np.column_stack(
        [
            _on_list(profiles[:, place], profiles[:, place + 1], base, times)
            for place in range(0, profiles.shape[1], 2)
            for times in TIMES
        ]
    )


def _on_list(risk: Floats, evidence: Floats, base: float, times: float) -> Flags:
    """Whether log-odds `risk` are beyond a multiple of the average; never without evidence."""
    limit = np.log(base / (1 - base)) + np.log(times)
    listed: Flags = (risk > limit if times >= 1 else risk < limit) & (evidence > 0)
    return listed
