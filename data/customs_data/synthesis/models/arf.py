"""Adversarial random forest: leaves within which columns are nearly independent.

A forest learns to distinguish rows from rows with independently drawn columns. The next one
distinguishes them from rows drawn independently within its leaves, until none succeeds. The model
is a mixture of leaves with independent columns (Watson, Blesch, Kapar, Wright, AISTATS 2023).
"""

from __future__ import annotations

from typing import Final, Self

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import RandomForestClassifier

from customs_data.synthesis.encoding.coarse import Coarsening
from customs_data.synthesis.encoding.rows import Floats, Ints, Progress, Rows

_INDISTINGUISHABLE: Final = 0.55  # out-of-bag accuracy at which the rounds end


class AdversarialForest:
    """Adversarial random forest.

    Parameters
    ----------
    n_trees, min_leaf : int
        Number of trees, and fewest rows of a leaf.
    most_rounds : int
        Most forests that are grown.
    """

    def __init__(self, n_trees: int = 20, min_leaf: int = 5, most_rounds: int = 3) -> None:
        self.n_trees = n_trees
        self.min_leaf = min_leaf
        self.most_rounds = most_rounds

    def fit(self, rows: Rows, rng: np.random.Generator, progress: Progress) -> Self:
        """Grow forests until one cannot distinguish drawn rows from real ones."""
        self._rows = rows
        self._coarsening = Coarsening().fit(rows)
        real = self._features(rows)
        drawn = Rows(
            rows.format,
            rng.permutation(rows.label),
            {name: rng.permutation(column) for name, column in rows.codes.items()},
            {name: rng.permutation(column) for name, column in rows.numbers.items()},
        )
        for i in range(self.most_rounds):
            forest = RandomForestClassifier(
                self.n_trees,
                min_samples_leaf=self.min_leaf,
                max_samples=0.5,
                oob_score=True,
                random_state=int(rng.integers(2**31 - 1)),
            )
            is_real = np.repeat([1, 0], [len(rows), len(rows)])
            forest.fit(np.concatenate([real, self._features(drawn)]), is_real)
            self._leaf = forest.apply(real).astype(np.int64)
            progress((i + 1) / self.most_rounds)
            if forest.oob_score_ <= _INDISTINGUISHABLE or i + 1 == self.most_rounds:
                break
            drawn = self.sample(rng.permutation(rows.label), rng)
        return self

    def _features(self, rows: Rows) -> Floats:
        columns = [rows.label, *self._coarsening.encode(rows).values(), *rows.numbers.values()]
        return np.stack(columns, axis=1).astype(np.float64)

    def sample(self, label: Ints, rng: np.random.Generator) -> Rows:
        """Draw a leaf by its number of rows with the label, and columns within it."""
        rows = self._rows
        codes = {name: np.zeros(len(label), dtype=np.int64) for name in rows.codes}
        numbers = {name: np.zeros(len(label)) for name in rows.numbers}
        tree = rng.integers(self._leaf.shape[1], size=len(label))
        # Drawing a row with the label draws its leaf with the right probability.
        anchor = np.zeros(len(label), dtype=np.int64)
        for value in np.unique(label):
            places = np.flatnonzero(label == value)
            anchor[places] = rng.choice(np.flatnonzero(rows.label == value), len(places))
        for i in range(self._leaf.shape[1]):
            places = np.flatnonzero(tree == i)
            members = _Members(self._leaf[:, i])
            leaf = self._leaf[anchor[places], i]
            for name, column in rows.codes.items():
                codes[name][places] = column[members.draw(leaf, rng)]
            for name, values in rows.numbers.items():
                numbers[name][places] = _between(values, members, leaf, rng)
        return Rows(rows.format, label, codes, numbers)


class _Members:
    """Rows of each leaf."""

    def __init__(self, leaf: Ints) -> None:
        self._order = np.argsort(leaf, kind="stable")
        self._count = np.bincount(leaf)
        self._first = np.cumsum(self._count) - self._count

    def draw(self, leaf: Ints, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """Draw a row of each leaf."""
        within = np.floor(rng.random(len(leaf)) * self._count[leaf]).astype(np.int64)
        return np.asarray(self._order[self._first[leaf] + within], dtype=np.int64)


def _between(values: Floats, members: _Members, leaf: Ints, rng: np.random.Generator) -> Floats:
    """Draw a number between those of two rows of the leaf, mostly near one of them."""
    one, other = values[members.draw(leaf, rng)], values[members.draw(leaf, rng)]
    # Beta(1/4, 1/4) keeps most of the spread, which midpoints of two rows would lose.
    weight = rng.beta(0.25, 0.25, len(leaf))
    return np.asarray(weight * one + (1 - weight) * other)
