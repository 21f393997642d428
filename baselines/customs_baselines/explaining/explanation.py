"""An explanation: SHAP values and splits, added up by declared column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.attribution.in_words import group_in_words, times_odds
from customs_baselines.attribution.shapley import LOG_ODDS, ShapValues

Floats = npt.NDArray[np.float64]

FORMAT: Final = "customs-kit explanation 1"


@dataclass(frozen=True)
class Contribution:
    """What a group of declared columns does to one score.

    Attributes
    ----------
    columns : tuple of str
        Declared columns.
    in_words : str
        Their values.
    value : float
        What they add to the score, in the explanation's unit.
    features : list of (str, float, float or None)
        Features made of them: name, what each adds, and its value.
    """

    columns: tuple[str, ...]
    in_words: str
    value: float
    features: list[tuple[str, float, float | None]]


@dataclass(frozen=True)
class Importance:
    """How much a group of declared columns matters to a model.

    Attributes
    ----------
    columns : tuple of str
        Declared columns.
    mean_abs_shap : float
        Mean over declarations of the absolute sum of the group's SHAP values.
    share : float
        Of the total of `mean_abs_shap`.
    split_share : float or None
        Share of all splits of the trees; None for a model without trees.
    """

    columns: tuple[str, ...]
    mean_abs_shap: float
    share: float
    split_share: float | None


@dataclass(frozen=True)
class Explanation:
    """What a model looks at.

    Features made of one declared column count under it; those made of several, a unit price say,
    under these together.

    Attributes
    ----------
    model : str
        Name, with its recipe.
    shap : ShapValues
        Of `declarations`.
    splits : ndarray of int64, shape (n_features,), or None
        How often trees ask for each feature.
    declarations : DataFrame, shape (n_declarations, 20)
        What was explained; the first row is the one explained in detail.
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
        """Groups of declared columns, each once, in the order of the features."""
        return list(dict.fromkeys(self.shap.sources))

    def by_group(self) -> Floats:
        """SHAP values added up by group, shape (n_declarations, n_groups)."""
        return np.column_stack([self.shap.values[:, self._features(g)].sum(1) for g in self.groups])

    def importance(self) -> list[Importance]:
        """Importance of each group, most important first."""
        strength = np.abs(self.by_group()).mean(axis=0)
        total = float(strength.sum()) or 1.0
        found = []
        for place in np.argsort(-strength, kind="stable"):
            group = self.groups[place]
            share = None
            if self.splits is not None:
                used = int(self.splits[self._features(group)].sum())
                share = used / max(int(self.splits.sum()), 1)
            held = float(strength[place])
            found.append(Importance(group, held, held / total, share))
        return found

    def contributions(self, row: int = 0) -> list[Contribution]:
        """What each group does to one declaration's score, strongest first."""
        sums = self.by_group()[row]
        found = []
        for place in np.argsort(-np.abs(sums), kind="stable"):
            group = self.groups[place]
            parts = []
            for i in self._features(group):
                held = None if self.shap.features is None else float(self.shap.features[row, i])
                parts.append((self.shap.names[i], float(self.shap.values[row, i]), held))
            parts.sort(key=lambda part: -abs(part[1]))
            words = group_in_words(group, self.declarations.iloc[row])
            found.append(Contribution(group, words, float(sums[place]), parts))
        return found

    def effect(self, value: float) -> str:
        """Return a contribution in words: odds, or percentage points."""
        if self.shap.unit == LOG_ODDS:
            return times_odds(value)
        return f"{100 * value:+.1f} points"

    def _features(self, group: tuple[str, ...]) -> list[int]:
        return [i for i, source in enumerate(self.shap.sources) if source == group]

    def as_dict(self, *, with_declaration: bool = True) -> dict[str, Any]:
        """Return the explanation as plain data for JSON; False leaves the one declaration out."""
        importance = [
            {
                "columns": list(held.columns),
                "mean_abs_shap": round(held.mean_abs_shap, 6),
                "share": round(held.share, 4),
                "split_share": None if held.split_share is None else round(held.split_share, 4),
            }
            for held in self.importance()
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
                    "columns": list(held.columns),
                    "in_words": held.in_words,
                    "value": held.value,
                    "features": [
                        {"feature": name, "value": value, "held": feature}
                        for name, value, feature in held.features
                    ],
                }
                for held in self.contributions()
            ],
        }
