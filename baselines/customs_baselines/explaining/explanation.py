"""Explanations: SHAP values and splits, added up by declared column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.attribution.in_words import group_in_words, times_odds
from customs_baselines.attribution.shapley import LOG_ODDS, ShapValues
from customs_data.schema import COLUMN, NUMBER_DTYPE

Floats = npt.NDArray[np.float64]

FORMAT: Final = "customs-kit explanation 1"


_NUMBERS: Final = ("number", "time")
#: Features that are numbers in name only.
_CODES: Final = ("chapter", "heading", "departure is not origin")


@dataclass(frozen=True)
class Contribution:
    """Effect of a group of declared columns on one score.

    Attributes
    ----------
    columns : tuple of str
        Declared columns.
    in_words : str
        Their values.
    value : float
        Amount that they add to the score, in the explanation's unit.
    features : list of (str, float, float or None)
        Features computed from them: name, amount that each adds, and its value.
    """

    columns: tuple[str, ...]
    in_words: str
    value: float
    features: list[tuple[str, float, float | None]]


@dataclass(frozen=True)
class Importance:
    """Weight of a group of declared columns in a model.

    Attributes
    ----------
    columns : tuple of str
        Declared columns.
    mean_abs_shap : float
        Mean over declarations of the absolute sum of the group's SHAP values.
    share : float
        Share of the total of `mean_abs_shap`.
    split_share : float or None
        Share of all splits of the trees; None for a model without trees.
    """

    columns: tuple[str, ...]
    mean_abs_shap: float
    share: float
    split_share: float | None


@dataclass(frozen=True)
class Explanation:
    """SHAP values of a model by declared column.

    A feature of one declared column counts under that column. A feature of several, such as a unit
    price, counts under these together.

    Attributes
    ----------
    model : str
        Name, with its recipe.
    shap : ShapValues
        SHAP values of `declarations`.
    splits : ndarray of int64, shape (n_features,), or None
        Number of the trees' splits on each feature.
    declarations : DataFrame, shape (n_declarations, 20)
        Declarations explained; the first row in detail.
    scores : ndarray of float64, shape (n_declarations,)
        Fraud scores.
    """

    model: str
    shap: ShapValues
    splits: npt.NDArray[np.int64] | None
    declarations: pd.DataFrame
    scores: Floats

    @property
    def groups(self) -> list[tuple[str, ...]]:
        """Distinct groups of declared columns, in the order of the features."""
        return list(dict.fromkeys(self.shap.sources))

    def by_group(self) -> Floats:
        """SHAP values added up by group, shape (n_declarations, n_groups)."""
        return np.column_stack([self.shap.values[:, self._features(g)].sum(1) for g in self.groups])

    def importance(self) -> list[Importance]:
        """Importance of each group, most important first."""
        strength = np.abs(self.by_group()).mean(axis=0)
        total = float(strength.sum()) or 1.0
        importance = []
        for place in np.argsort(-strength, kind="stable"):
            group, mean = self.groups[place], float(strength[place])
            share = None
            if self.splits is not None:
                used = int(self.splits[self._features(group)].sum())
                share = used / max(int(self.splits.sum()), 1)
            importance.append(Importance(group, mean, mean / total, share))
        return importance

    def contributions(self, row: int = 0) -> list[Contribution]:
        """Effect of each group on one declaration's score, strongest first."""
        sums, features = self.by_group()[row], self.shap.features
        contributions = []
        for place in np.argsort(-np.abs(sums), kind="stable"):
            group = self.groups[place]
            parts = [
                (
                    self.shap.names[i],
                    float(self.shap.values[row, i]),
                    None if features is None else float(features[row, i]),
                )
                for i in self._features(group)
            ]
            parts.sort(key=lambda part: -abs(part[1]))
            words = group_in_words(group, self.declarations.iloc[row])
            contributions.append(Contribution(group, words, float(sums[place]), parts))
        return contributions

    def percentiles(self, group: tuple[str, ...]) -> tuple[str | None, Floats]:
        """Return how large a group's number is in each declaration, among all that are explained.

        The number is the declared one, or that of the feature with the strongest effect.

        Returns
        -------
        name : str or None
            Name of the feature; None if its name is that of the group.
        percentile : ndarray of float64, shape (n_declarations,)
            In [0, 1], ties in their middle; NaN for codes and missing values.
        """
        features = self._features(group)
        strongest = features[int(np.abs(self.shap.values[:, features]).mean(axis=0).argmax())]
        name = self.shap.names[strongest]
        if len(group) == 1 and self._is_number(group[0]):
            column = self.declarations[group[0]]
            return None, _percentile(column)
        if self.shap.features is None or name in COLUMN or name in _CODES:
            return None, np.full(len(self.declarations), np.nan)
        return name, _percentile(pd.Series(self.shap.features[:, strongest]))

    def effect(self, value: float) -> str:
        """Return a contribution in words: a factor of the odds, or percentage points."""
        if self.shap.unit == LOG_ODDS:
            return times_odds(value)
        return f"{100 * value:+.1f} points"

    def _is_number(self, name: str) -> bool:
        if name in COLUMN:
            return COLUMN[name].role in _NUMBERS
        return bool(self.declarations[name].dtype == NUMBER_DTYPE)

    def _features(self, group: tuple[str, ...]) -> list[int]:
        return [i for i, source in enumerate(self.shap.sources) if source == group]

    def as_dict(self, *, with_declaration: bool = True) -> dict[str, Any]:
        """Return the explanation as plain data for JSON; False leaves the one declaration out."""
        importance = [
            {
                "columns": list(one.columns),
                "mean_abs_shap": round(one.mean_abs_shap, 6),
                "share": round(one.share, 4),
                "split_share": None if one.split_share is None else round(one.split_share, 4),
            }
            for one in self.importance()
        ]
        described = {
            "model": self.model,
            "unit": self.shap.unit,
            "method": self.shap.method,
            "base": self.shap.base,
            "n_declarations": len(self.declarations),
            "importance": importance,
        }
        return described | ({"declaration": self._declaration()} if with_declaration else {})

    def _declaration(self) -> dict[str, Any]:
        """The declaration explained in detail."""
        return {
            "id": str(self.declarations.iloc[0]["Declaration ID"]),
            "fraud_score": float(self.scores[0]),
            "contributions": [
                {
                    "columns": list(one.columns),
                    "in_words": one.in_words,
                    "value": one.value,
                    "features": [
                        {"feature": name, "value": value, "held": feature}
                        for name, value, feature in one.features
                    ],
                }
                for one in self.contributions()
            ],
        }


def _percentile(numbers: pd.Series[Any]) -> Floats:
    """Rank of each number in [0, 1], ties in their middle; NaN where missing."""
    ranks = numbers.rank().to_numpy(np.float64)
    return (ranks - 0.5) / max(int(numbers.notna().sum()), 1)
