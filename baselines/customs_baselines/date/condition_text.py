"""Conditions on kit features in words for an inspector."""

from __future__ import annotations

from math import ceil, expm1, isinf

import pandas as pd

from customs_baselines.date.conditions import Condition, Path
from customs_baselines.features.kit import RANKED_CODES, KitFeatures

#: Features that are whole numbers: 'chapter < 64.5' becomes 'chapter <= 64'.
_WHOLE = ("chapter", "heading", "month", "day of month")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MOST_NAMED = 5


class ConditionText:
    """Text of conditions on the features of a fitted recipe `kit`.

    Parameters
    ----------
    features : KitFeatures
        Fitted; has the names, and the codes of the frequency ranks.
    """

    def __init__(self, features: KitFeatures) -> None:
        self.names = features.feature_names()
        self.codes = {name: list(ranked) for name, ranked in features.ranks_.items()}

    def conjunction(self, path: Path) -> str:
        """Return the conditions on the way to a leaf."""
        if not path.conditions:
            return "every declaration"
        return " and ".join(self.condition(condition) for condition in path.conditions)

    def condition(self, condition: Condition) -> str:
        """Return one condition."""
        name = self.names[condition.feature]
        if isinf(condition.low) and isinf(condition.high):
            return condition.words(self.names)
        if name in RANKED_CODES:
            return _codes(name, self.codes[name], condition)
        if name == "departure is not origin":
            return name if condition.low > 0 else "departure is origin"
        if name == "weekday":
            return _choice(name, list(_WEEKDAYS), condition)
        if name in _WHOLE:
            return _range(name, _whole(condition.low), _whole(condition.high - 1))
        if name.startswith("count of "):
            # Counts are features as log(1 + n).
            low, high = (_whole(_count(bound)) for bound in (condition.low, condition.high))
            return _range(f"number of other declarations of {name[9:]}", low, _minus_one(high))
        return condition.words(self.names)


def _count(bound: float) -> float:
    return bound if isinf(bound) else round(expm1(bound), 3)


def _whole(bound: float) -> float:
    return bound if isinf(bound) else float(ceil(bound))


def _minus_one(bound: float) -> float:
    return bound if isinf(bound) else bound - 1


def _range(name: str, low: float, high: float) -> str:
    """Both ends inclusive."""
    if low == high:
        return f"{name} = {low:.0f}"
    if isinf(low):
        return f"{name} <= {high:.0f}"
    return f"{name} >= {low:.0f}" if isinf(high) else f"{low:.0f} <= {name} <= {high:.0f}"


def _choice(name: str, values: list[str], condition: Condition) -> str:
    names = [value for i, value in enumerate(values) if condition.low <= i < condition.high]
    return f"{name} is {' or '.join(names)}"


def _codes(name: str, codes: list[str], condition: Condition) -> str:
    """The feature is the place by frequency; unseen codes have the place after the last."""
    met = [code for i, code in enumerate(codes) if condition.low <= i < condition.high]
    others = [code for i, code in enumerate(codes) if not condition.low <= i < condition.high]
    unseen = condition.low <= len(codes) < condition.high
    if len(met) <= _MOST_NAMED:
        return f"{name} is {' or '.join([*map(_code, met), *(['new'] if unseen else [])])}"
    if len(others) <= _MOST_NAMED:
        return f"{name} is not {' or '.join([*map(_code, others), *([] if unseen else ['new'])])}"
    first = ceil(max(condition.low, 0.0))
    if first == 0:
        return f"{name} is one of the {len(met)} most frequent"
    if isinf(condition.high):
        return f"{name} is not one of the {first} most frequent"
    return f"{name} is number {first + 1} to {first + len(met)} by frequency"


def _code(code: str) -> str:
    return "empty" if pd.isna(code) else str(code)
