"""Sequential trees: each column is drawn from the leaf that the columns before it lead to.

The idea is that of CART synthesis (Reiter, 2005; synthpop: Nowok, Raab, Dibben, 2016), with three
differences. Codes with many levels enter a tree as scores (`level_scores`), so that 9,000 kinds of
goods are a few numbers. Goods - product, route and tariff as one code - are drawn from those that
occur with the label, so that every combination is valid. Numbers are not copied from a donor, but
drawn between the order statistics of a leaf and blurred by a kernel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from customs_data.synthesis.encoding.rows import Floats, Ints, Progress, Rows
from customs_data.synthesis.models.level_scores import LevelScores

_MOST_LEVELS_OF_A_TARGET: Final = 200


@dataclass
class _Step:
    """One column, drawn given those before it."""

    name: str
    scores: LevelScores
    tree: DecisionTreeClassifier | DecisionTreeRegressor
    first: Ints  # place of each leaf's first donor
    count: Ints  # donors of each leaf
    donors: Floats  # by leaf, ascending within a leaf
    spread: Floats  # standard deviation within a leaf
    bounds: tuple[float, float]


class SequentialTrees:
    """Sequential trees.

    Parameters
    ----------
    min_leaf : int
        Fewest rows of a leaf.
    blur : float
        Bandwidth of the kernel, as a share of the standard deviation within a leaf.
    """

    def __init__(self, min_leaf: int = 10, blur: float = 0.2) -> None:
        self.min_leaf = min_leaf
        self.blur = blur

    def fit(self, rows: Rows, rng: np.random.Generator, progress: Progress) -> Self:
        """Grow one tree per column."""
        self._format = rows.format
        self._by_label: dict[str, list[Ints]] = {}
        self._steps: list[_Step] = []
        names = [*rows.format.n_levels, *rows.format.numbers]
        for i, name in enumerate(names):
            if rows.format.n_levels.get(name, 0) > _MOST_LEVELS_OF_A_TARGET:
                column = rows.codes[name]
                self._by_label[name] = [
                    column[rows.label == label] for label in range(rows.format.n_labels)
                ]
            else:
                self._steps.append(self._grow(rows, name, names[:i], rng))
            progress((i + 1) / len(names))
        return self

    def _grow(self, rows: Rows, name: str, before: list[str], rng: np.random.Generator) -> _Step:
        """Fit the tree of one column on those before it."""
        is_code = name in rows.codes
        target = rows.codes[name] if is_code else rows.numbers[name]
        scores = LevelScores(before).fit(rows, target, is_code=is_code)
        kind = DecisionTreeClassifier if is_code else DecisionTreeRegressor
        tree = kind(min_samples_leaf=self.min_leaf, random_state=int(rng.integers(2**31 - 1)))
        features = scores.transform(rows)
        tree.fit(features, target)
        leaf = tree.apply(features)
        order = np.lexsort((target, leaf))
        count = np.bincount(leaf, minlength=tree.tree_.node_count)
        return _Step(
            name,
            scores,
            tree,
            np.cumsum(count) - count,
            count,
            target[order].astype(np.float64),
            np.sqrt(np.maximum(tree.tree_.impurity, 0)),
            (float(target.min()), float(target.max())),
        )

    def sample(self, label: Ints, rng: np.random.Generator) -> Rows:
        """Draw column after column."""
        rows = Rows(self._format, label, {}, {})
        for name, donors in self._by_label.items():
            column = np.zeros(len(label), dtype=np.int64)
            for value, levels in enumerate(donors):
                is_value = label == value
                column[is_value] = rng.choice(levels, int(is_value.sum()))
            rows.codes[name] = column
        for step in self._steps:
            leaf = step.tree.apply(step.scores.transform(rows))
            first, count = step.first[leaf], step.count[leaf]
            u = rng.random(len(label))
            if step.name in self._format.n_levels:
                drawn = step.donors[first + np.floor(u * count).astype(np.int64)]
                rows.codes[step.name] = drawn.astype(np.int64)
            else:
                rows.numbers[step.name] = self._draw_numbers(step, leaf, u, rng)
        codes = {name: rows.codes[name] for name in self._format.n_levels}
        return Rows(self._format, label, codes, rows.numbers)

    def _draw_numbers(self, step: _Step, leaf: Ints, u: Floats, rng: np.random.Generator) -> Floats:
        """Draw between a leaf's order statistics, and blur."""
        first, count = step.first[leaf], step.count[leaf]
        place = u * (count - 1)
        below = np.floor(place).astype(np.int64)
        low, high = (
            step.donors[first + below],
            step.donors[np.minimum(below + 1, count - 1) + first],
        )
        drawn = low + (place - below) * (high - low)
        blur = self.blur * step.spread[leaf] * rng.standard_normal(len(u))
        return np.asarray(np.clip(drawn + blur, *step.bounds))
