"""Conditions on kit features in words for an inspector."""

from __future__ import annotations

from math import ceil, isinf

import numpy as np

from customs_baselines.date.conditions import Condition, Path
from customs_baselines.date.feature_units import reading_of
from customs_baselines.features.kit import KitFeatures, extra_feature, missing_feature
from customs_baselines.features.kit_statistics import RANKED_CODES

_MOST_NAMED = 8


class ConditionText:
    """Text of conditions on the features of a fitted recipe `kit`.

    Parameters
    ----------
    features : KitFeatures
        Fitted; has the names, the codes in training, and their ranks by frequency.
    """

    def __init__(self, features: KitFeatures) -> None:
        self.names = features.feature_names()
        self.codes = {}
        self.extra = {extra_feature(name): name for name in features.statistics_.extra}
        self.missing = {missing_feature(name): name for name in features.statistics_.numbers}
        self.coded = {
            name if name in RANKED_CODES else extra_feature(name): name for name in features.ranks_
        }
        for name, ranks in features.ranks_.items():
            values = features.statistics_.book.values(name)
            self.codes[name] = [values[code] for code in np.argsort(ranks[:-1], kind="stable")]

    def conjunction(self, path: Path) -> str:
        """Return the conditions on the way to a leaf."""
        if not path.conditions:
            return "every declaration"
        return " and ".join(self.condition(condition) for condition in path.conditions)

    def condition(self, condition: Condition) -> str:
        """Return one condition."""
        name = self.names[condition.feature]
        if name == "departure is not origin":
            return name if condition.low > 0 else "departure is origin"
        if name in self.missing:
            return f"{self.missing[name]} is {'missing' if condition.low > 0 else 'given'}"
        if name in self.coded:
            return _codes(self.coded[name], self.codes[self.coded[name]], condition)
        reading = reading_of(self.extra.get(name, name))
        if isinf(condition.low) and isinf(condition.high):
            return f"{reading.noun} is {'not ' if condition.missing else ''}known"
        return reading.between(condition.low, condition.high)


def _codes(name: str, codes: list[str], condition: Condition) -> str:
    """The feature is the place by frequency; unseen codes have the place after the last."""
    met = [code for i, code in enumerate(codes) if condition.low <= i < condition.high]
    others = [code for i, code in enumerate(codes) if not condition.low <= i < condition.high]
    unseen = condition.low <= len(codes) < condition.high
    if len(met) <= _MOST_NAMED:
        return f"{name} is {_listed(met, new=unseen)}"
    if len(others) <= _MOST_NAMED:
        return f"{name} is not {_listed(others, new=not unseen)}"
    first = ceil(max(condition.low, 0.0))
    if first == 0:
        return f"{name} is one of the {len(met)} most frequent"
    if isinf(condition.high):
        return f"{name} is not one of the {first} most frequent"
    return f"{name} is number {first + 1} to {first + len(met)} by frequency"


def _listed(codes: list[str], *, new: bool) -> str:
    """Return codes as 'A, B or C'; `new` is a code that training lacks."""
    *first, last = [*sorted(codes), *(["new"] if new else [])]
    return f"{', '.join(first)} or {last}" if first else last
