"""Yardsticks of tasks whose answers are choices: look-ups, and traces in IDs and order."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.schema import ENTITY_COLUMNS, KEY

Integers = npt.NDArray[np.int64]
Texts = npt.NDArray[np.str_]

_MOST_COLUMNS: Final = 3


@dataclass(frozen=True)
class ChoiceLookup:
    """A look-up: the most frequent text of training declarations with equal values.

    Attributes
    ----------
    columns : tuple of str
        Columns whose values are compared, numbers exactly.
    top_1 : float
        Share of test declarations whose text it names.
    """

    columns: tuple[str, ...]
    top_1: float


class ChoiceLookups:
    """Look-ups of texts on one pair of training and test declarations.

    Parameters
    ----------
    train : DataFrame, shape (n_train, n_columns)
    texts : ndarray of str, shape (n_train,)
        Texts of the training declarations, such as codes as declared.
    test : DataFrame, shape (n_test, n_columns)
    answers : ndarray of str, shape (n_test,)
        True texts of the test declarations.
    """

    def __init__(
        self, train: pd.DataFrame, texts: Texts, test: pd.DataFrame, answers: Texts
    ) -> None:
        self._n_train = len(train)
        names = [str(name) for name in test if name != KEY]
        both = pd.concat([train[names], test[names]], ignore_index=True)
        self._codes = {
            name: pd.factorize(both[name], use_na_sentinel=False)[0].astype(np.int64)
            for name in names
        }
        every = np.concatenate([np.asarray(texts, object), np.asarray(answers, object)])
        number, distinct = pd.factorize(every)
        self._n_texts = max(len(distinct), 1)
        self._text, self._answer = np.split(number.astype(np.int64), [self._n_train])
        self._usual = int(np.bincount(self._text, minlength=1).argmax())

    @property
    def open_columns(self) -> tuple[str, ...]:
        """Columns of test that are neither the key nor an entity."""
        return tuple(name for name in self._codes if name not in ENTITY_COLUMNS)

    def top_1(self, columns: tuple[str, ...]) -> float:
        """Share of right texts if equal values are copied; the usual text where there are none."""
        key = self._codes[columns[0]]
        for name in columns[1:]:
            code = self._codes[name]
            key = pd.factorize(key * (int(code.max()) + 1) + code)[0].astype(np.int64)
        early, late = np.split(key, [self._n_train])
        pairs, count = np.unique(early * self._n_texts + self._text, return_counts=True)
        group, text = np.divmod(pairs, self._n_texts)
        # The last of equal keys remains: the most frequent text, of several the first by number.
        order = np.lexsort((-text, count))
        named = np.full(int(key.max(initial=0)) + 1, self._usual)
        named[group[order]] = text[order]
        return float((named[late] == self._answer).mean())

    def best(self, most_columns: int = _MOST_COLUMNS) -> ChoiceLookup:
        """Return the best look-up on up to some open columns; the first of equal ones."""
        tried = (
            ChoiceLookup(columns, self.top_1(columns))
            for size in range(1, most_columns + 1)
            for columns in combinations(self.open_columns, size)
        )
        return max(tried, key=lambda lookup: lookup.top_1)


def best_choice_lookup(
    train: pd.DataFrame, texts: Texts, test: pd.DataFrame, answers: Texts
) -> tuple[tuple[str, ...], float]:
    """Return the best look-up on up to three open columns, and its top-1 accuracy.

    Parameters
    ----------
    train, test : DataFrame
        Declared columns; look-ups use those that test has, but the key and the entities.
    texts : ndarray of str, shape (n_train,)
        As declared.
    answers : ndarray of str, shape (n_test,)
        The truth.

    Returns
    -------
    columns : tuple of str
    top_1 : float

    Examples
    --------
    >>> train = pd.DataFrame({"Office ID": ["20", "30"], "Net Mass": [1.0, 1.0]})
    >>> best_choice_lookup(train, np.array(["1", "2"]), train, np.array(["1", "2"]))
    (('Office ID',), 1.0)
    """
    best = ChoiceLookups(train, texts, test, answers).best()
    return best.columns, best.top_1


def neighbours_agree(place: npt.NDArray[np.float64], texts: Texts, within: Texts) -> float:
    """Return by how much neighbours in an order have the same text more often than others.

    If IDs or the order of rows say nothing, this is about 0.

    Parameters
    ----------
    place : ndarray of float64, shape (n,)
        Where each declaration stands: its ID as a number, or its row.
    texts : ndarray of str, shape (n,)
        True texts.
    within : ndarray of str or dates, shape (n,)
        Only declarations of equal values are compared, such as those of one day.

    Returns
    -------
    float
        Share of agreeing neighbours, minus that of all pairs of the same declarations.

    Examples
    --------
    >>> texts, day = np.array(["1", "1", "2", "2"]), np.zeros(4, "U1")
    >>> round(neighbours_agree(np.arange(4.0), texts, day), 3)
    0.333
    """
    text, group = pd.factorize(texts)[0], pd.factorize(within)[0]
    order = np.lexsort((place, group))
    text, group = text[order], group[order]
    side_by_side = group[1:] == group[:-1]
    if not side_by_side.any():
        return 0.0
    agree = float((text[1:] == text[:-1])[side_by_side].mean())
    size = np.bincount(group)
    pair = np.unique(np.stack([group, text]), axis=1, return_counts=True)
    same = np.bincount(pair[0][0], weights=pair[1] * (pair[1] - 1.0), minlength=len(size))
    # As many pairs of each group as it has neighbours.
    expected = np.where(size > 1, same / np.maximum(size * (size - 1.0), 1.0), 0.0)
    return agree - float((expected * (size - 1.0)).sum() / (size - 1.0).sum())
