"""A scorecard: rules with whole points, each with the list of values that it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.columns.grouping import HS_LEVELS

#: Points that double the odds of fraud.
DOUBLING: Final = 10
Texts = pd.Series

#: Parts of a key that people read as one thing.
_WORDS: Final = {"Chapter": "HS chapter", "Heading": "HS heading"}


@dataclass(frozen=True)
class Rule:
    """One line of a scorecard.

    Attributes
    ----------
    key : tuple of str
        One or two columns, or 'Heading' and 'Chapter' (first digits of the HS code).
    times : float
        The list contains the values whose smoothed odds of fraud are above this multiple of the
        average odds if it is 1 or more, and below it otherwise.
    points : int
        Added to the score of a declaration whose value is on the list.
    values : tuple of tuples of str
        The list, sorted: for each value its part by column of the key.
    share : float
        Share of the training declarations that the rule applied to.
    """

    key: tuple[str, ...]
    times: float
    points: int
    values: tuple[tuple[str, ...], ...]
    share: float

    @property
    def condition(self) -> str:
        """The condition in words, without the number of its list."""
        what = " and ".join(_WORDS.get(name, name) for name in self.key)
        side = "above" if self.times >= 1 else "below"
        odds = "average" if self.times == 1 else f"{self.times:g} x average"
        return f"{what}: history of fraud {side} {odds}"

    def applies(self, X: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Whether the value of each declaration is on the list, shape (n_declarations,)."""
        texts = key_texts(X, self.key)
        if len(self.key) == 1:
            return texts[0].isin([value[0] for value in self.values]).to_numpy()
        pairs = pd.MultiIndex.from_arrays(texts)
        known = pd.MultiIndex.from_tuples(self.values, names=pairs.names)
        return np.asarray(pairs.isin(known))


@dataclass(frozen=True)
class Scorecard:
    """Rules, the strongest first, and how points become a probability.

    Attributes
    ----------
    rules : tuple of Rule
    log_odds : float
        Log-odds of fraud of a declaration with 0 points.
    cuts : dict of float to int
        By inspection rate: the lowest points that a declaration needs to be opened, estimated on
        the training declarations, each scored by lists from other months.
    """

    rules: tuple[Rule, ...]
    log_odds: float
    cuts: dict[float, int]

    def points(self, X: pd.DataFrame) -> npt.NDArray[np.int64]:
        """Return the points of each declaration, shape (n_declarations,)."""
        total = np.zeros(len(X), dtype=np.int64)
        for rule in self.rules:
            total += rule.points * rule.applies(X)
        return total

    def probability(self, points: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Return the probability of fraud of declarations with these points."""
        odds: npt.NDArray[np.float64] = np.exp(self.log_odds + points * np.log(2) / DOUBLING)
        return odds / (1 + odds)


def key_texts(X: pd.DataFrame, key: Sequence[str]) -> list[Texts]:
    """Return the parts of a key as texts, one Series of shape (n_declarations,) per column."""
    return [
        X["HS6 Code"].str.slice(0, HS_LEVELS[name]) if name in HS_LEVELS else X[name]
        for name in key
    ]
