"""`diverse`: uncertain, valuable and unlike each other."""

from __future__ import annotations

import numpy as np

from customs_baselines.season.exploring import Explorer, Floats, Integers
from customs_baselines.season.week import Week
from customs_data.season.duty import declared_duty
from customs_scorer.season.selection import Selection

_STEEPNESS = 1.8  # of the uncertainty, as the authors' framework has it


class DiverseExplorer(Explorer):
    """Seeds of k-means++ among gradient embeddings.

    A declaration's embedding says in which leaves of the learner's trees it lies. Its length is
    that of the gradient which the learner's own answer would cause, times uncertainty, times the
    logarithm of the expected duty. Two embeddings are the nearer the more leaves they share, so
    that distances need no vectors.

    References
    ----------
    Ash et al., 'Deep Batch Active Learning by Diverse, Uncertain Gradient Lower Bounds' (BADGE),
    arXiv:1906.03671. Kim et al., 'Take a Chance' (bATE), arXiv:2010.14282.
    """

    def select(self, week: Week, p: Floats, share: float, taken: Integers) -> Selection:
        """Return the seeds; the propensity is the chance of each draw, given those before."""
        n = len(week.explore(p, share, self.name))
        free = np.ones(week.n_arrivals, dtype=np.bool_)
        free[taken] = False
        rows, chances = draw_apart(
            self.learner.leaves(week), _length(week, p), free, n, week.stream(self.name)
        )
        return Selection(rows, np.full(n, self.name), chances)


def _length(week: Week, p: Floats) -> Floats:
    gradient = np.minimum(p, 1.0 - p)  # |p - the likelier answer|
    uncertainty = 1.0 - _STEEPNESS * np.abs(p - 0.5)
    return np.asarray(gradient * uncertainty * np.log(np.e + p * declared_duty(week.arrivals)))


def draw_apart(
    leaves: Integers,
    length: Floats,
    free: np.typing.NDArray[np.bool_],
    n: int,
    rng: np.random.Generator,
) -> tuple[Integers, Floats]:
    """Draw rows, each with a chance proportional to its squared distance from those before.

    Parameters
    ----------
    leaves : ndarray of int, shape (n_rows, n_trees)
        Leaf of each row in each tree.
    length : ndarray of float64, shape (n_rows,)
        Length of the row's embedding.
    free : ndarray of bool, shape (n_rows,)
        Rows that may be drawn.
    n : int
        How many; at most as many as are free.
    rng : Generator

    Returns
    -------
    rows : ndarray of int64, shape (n,)
    chances : ndarray of float64, shape (n,)
        Chance of each draw.
    """
    free = free.copy()
    far = np.square(length)  # from the origin: the first draw
    rows, chances = np.empty(n, dtype=np.int64), np.empty(n)
    for i in range(n):
        weight = np.where(free, far, 0.0)
        if not weight.sum() > 0:  # the rest are copies of what was drawn
            weight = free.astype(np.float64)
        chance = weight / weight.sum()
        row = int(rng.choice(len(chance), p=chance))
        rows[i], chances[i], free[row] = row, chance[row], False
        shared = (leaves == leaves[row]).mean(axis=1)
        apart = np.square(length) + length[row] ** 2 - 2.0 * shared * length * length[row]
        far = np.maximum(apart if i == 0 else np.minimum(far, apart), 0.0)
    return rows, chances


EXPLORER = DiverseExplorer
SUMMARY = "Uncertain, valuable and unlike each other: k-means++ on gradients (BADGE, bATE)."
