"""The most likely effects given labels and spreads, and the spreads that suit the labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.special import expit

from customs_baselines.steps import step

Floats = npt.NDArray[np.float64]

_FIRST_VARIANCE: Final = 0.3  # of an effect, before the labels are asked
_LEAST_VARIANCE: Final = 1e-4
_FREE_VARIANCE: Final = 1e4  # of the constant, which is not shrunk
_ROUNDS: Final = 6  # of spreads, then effects
_FIRST_STEPS, _NEXT_STEPS = 6, 2  # Newton steps
_CONJUGATE_STEPS: Final = 40  # per Newton step
_TOLERANCE: Final = 1e-4  # of the squared residual, as a share of the first one
_LEAST_WEIGHT: Final = 1e-4  # of a label in a Newton step


@dataclass(frozen=True)
class Smoothness:
    """Prior of effects on a graph: neighbours have similar ones (a Gaussian Markov random field).

    The prior precision is (I - strength * ties) / variance.

    Attributes
    ----------
    ties : sparse array, shape (n_nodes, n_nodes)
        Normalised, with eigenvalues in [-1, 1].
    strength : float
        In [0, 1): 0 = independent effects.
    variance : float
    """

    ties: sparse.csr_array
    strength: float
    variance: float

    def precision(self, effect: Floats) -> Floats:
        """Return the precision times an effect, shape (n_nodes,)."""
        return np.asarray((effect - self.strength * (self.ties @ effect)) / self.variance)


def find_effects(
    rows: sparse.csr_array,
    y: npt.NDArray[np.int8],
    kind: npt.NDArray[np.int64],
    smooth: Smoothness | None = None,
) -> Floats:
    """Return the most likely effects of a logistic regression, shape (n_effects,).

    Effects of one kind have one spread. Spreads and effects are found in turn: the spread of a kind
    is the root of the mean square of its effects, with their uncertainty (the EM algorithm with a
    diagonal Laplace approximation).

    Parameters
    ----------
    rows : sparse array, shape (n_labelled, n_effects)
        With a graph, its nodes are the last columns.
    y : ndarray of int8, shape (n_labelled,)
        0 or 1.
    kind : ndarray of int64, shape (n_effects,) without those of the graph
        Numbered from 0; the last kind is the constant.
    smooth : Smoothness, optional
        Prior of the graph's effects, with its variance fixed.
    """
    transposed, squared = rows.T.tocsr(), rows.copy()
    squared.data **= 2
    squares = squared.T.tocsr()
    n_shrunk, n_kinds = len(kind), int(kind[-1]) + 1
    variance = np.full(n_kinds, _FIRST_VARIANCE)
    variance[-1] = _FREE_VARIANCE
    effects = np.zeros(rows.shape[1])
    rate = (y.sum() + 1.0) / (len(y) + 2.0)
    effects[n_shrunk - 1] = np.log(rate / (1.0 - rate))
    size = np.maximum(np.bincount(kind, minlength=n_kinds), 1)  # a column may be empty
    diagonal = np.zeros(len(effects))
    if smooth is not None:
        diagonal[n_shrunk:] = 1.0 / smooth.variance

    for number in range(_ROUNDS):
        precision = 1.0 / variance[kind]
        diagonal[:n_shrunk] = precision

        def prior(vector: Floats, precision: Floats = precision) -> Floats:
            shrunk = precision * vector[:n_shrunk]
            if smooth is None:
                return shrunk
            return np.concatenate([shrunk, smooth.precision(vector[n_shrunk:])])

        with step(f"round {number + 1} of {_ROUNDS}"):
            for _ in range(_NEXT_STEPS if number else _FIRST_STEPS):
                p = expit(rows @ effects)
                weight = np.maximum(p * (1.0 - p), _LEAST_WEIGHT)
                slope = transposed @ (y - p) - prior(effects)
                curvature = squares @ weight + diagonal
                effects = effects + _solve(rows, transposed, weight, prior, slope, curvature)
        uncertain = 1.0 / curvature[:n_shrunk]
        total = np.bincount(kind, weights=effects[:n_shrunk] ** 2 + uncertain, minlength=n_kinds)
        variance[:-1] = np.maximum(total / size, _LEAST_VARIANCE)[:-1]
    return effects


def _solve(
    rows: sparse.csr_array,
    transposed: sparse.csr_array,
    weight: Floats,
    prior: Callable[[Floats], Floats],
    slope: Floats,
    curvature: Floats,
) -> Floats:
    """Solve a Newton step by conjugate gradients, with the diagonal as preconditioner."""
    change = np.zeros_like(slope)
    residual = slope.copy()
    scaled = residual / curvature
    direction, left = scaled.copy(), float(residual @ scaled)
    enough = _TOLERANCE * left
    for _ in range(_CONJUGATE_STEPS):
        if left <= enough:
            break
        image = transposed @ (weight * (rows @ direction)) + prior(direction)
        length = left / float(direction @ image)
        change += length * direction
        residual -= length * image
        scaled = residual / curvature
        before, left = left, float(residual @ scaled)
        direction = scaled + left / before * direction
    return change
