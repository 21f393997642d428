"""Which schemes cheats use and honest forms look like, learned from labelled forms."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.special import expit, logit

from customs_baselines.likelihood.forms import HONEST, weigh_forms
from customs_data.world.configuration import Configuration
from customs_data.world.market import find_sections
from customs_data.world.schemes import SCHEMES

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_ROUNDS = 8
# Labels that a mix's first impression counts for: that of the world, of sections of the tariff,
# and of hidden clusters; honest forms are commoner and differ less. Judged on own worlds.
_WORLD, _SECTION, _CLUSTER = 60.0, 40.0, 6.0
_HONEST_FACTOR = 4.0
_LARGEST = 5.0  # log ratio
_BISECTIONS = 30


def weigh_evidence(
    declarations: pd.DataFrame,
    y: NDArray[np.int8],
    membership: csr_matrix,
    configuration: Configuration,
) -> FloatArray:
    """Return ln of P(form | cheat) / P(form | honest) of each declaration.

    Parameters
    ----------
    declarations : DataFrame, shape (n, 20)
        Declared columns of a whole edition.
    y : int8 array, shape (n,)
        1, 0, or -1 for no label.
    membership : csr_matrix, shape (n, n_groups)
        Probability that a declaration belongs to a cluster (see `find_clusters`).
    configuration : Configuration

    Returns
    -------
    float64 array, shape (n,)
    """
    form = weigh_forms(declarations, configuration)
    world = np.zeros(len(y), dtype=np.int64)
    section = _sections(declarations["HS6 Code"])
    inside = np.minimum(np.asarray(membership.sum(axis=1)).ravel(), 1.0)
    mixes = _Mixes(form, y, configuration)
    outside = mixes.compare([(world, _WORLD), (section, _SECTION)], 1.0 - inside)
    if not inside.any():
        return np.log(outside)
    group = np.asarray(membership.argmax(axis=1)).ravel().astype(np.int64)
    of_cluster = mixes.compare([(world, _WORLD), (group, _CLUSTER)], inside)
    return np.asarray(np.log((1.0 - inside) * outside + inside * of_cluster))


def centre(evidence: FloatArray, base: float) -> FloatArray:
    """Shift evidence so that it changes no probability on average.

    Parameters
    ----------
    evidence : float64 array, shape (n,)
        Logarithms of likelihood ratios, also damped ones.
    base : float
        Probability of each declaration without the evidence, in (0, 1).

    Returns
    -------
    float64 array, shape (n,)
    """
    low, high = -_LARGEST, _LARGEST
    for _ in range(_BISECTIONS):
        shift = 0.5 * (low + high)
        is_high = expit(logit(base) + evidence + shift).mean() > base
        low, high = (low, shift) if is_high else (shift, high)
    return evidence + 0.5 * (low + high)


class _Mixes:
    """Shares of schemes among cheats and honest forms.

    Parameters
    ----------
    form : float64 array, shape (n, n_schemes + 1)
        Densities of `weigh_forms`.
    y : int8 array, shape (n,)
    configuration : Configuration
    """

    def __init__(self, form: FloatArray, y: NDArray[np.int8], configuration: Configuration) -> None:
        cheating = configuration.cheating
        self._form = form
        self._cheats, self._honest = np.flatnonzero(y == 1), np.flatnonzero(y == 0)
        weight = np.array([cheating.weights[name] for name in SCHEMES])
        alike = np.full(HONEST + 1, sum(cheating.lookalike_share) / 2.0)
        alike[HONEST] = 1.0 - alike[:HONEST].sum()
        self._of_cheats, self._of_honest = weight / weight.sum(), alike

    def compare(self, levels: list[tuple[IntArray, float]], weight: FloatArray) -> FloatArray:
        """Return P(form | cheat) / P(form | honest), shape (n,).

        Parameters
        ----------
        levels : list of pairs
            Groups of declarations, shape (n,), from large to small, and the labels that the mix of
            the level above counts for.
        weight : float64 array, shape (n,)
            How much each declaration counts.
        """
        cheats, honest = self._of_cheats[None], self._of_honest[None]
        above = np.zeros(len(weight), dtype=np.int64)
        for group, strength in levels:
            parent = np.zeros(int(group.max(initial=0)) + 1, dtype=np.int64)
            parent[group] = above
            schemes, all_forms = self._form[:, :HONEST], self._form
            cheats = _learn(
                schemes[self._cheats], group[self._cheats], weight[self._cheats],
                strength * cheats[parent],
            )  # fmt: skip
            honest = _learn(
                all_forms[self._honest], group[self._honest], weight[self._honest],
                _HONEST_FACTOR * strength * honest[parent],
            )  # fmt: skip
            above = group
        as_cheat = (cheats[above] * self._form[:, :HONEST]).sum(axis=1)
        as_honest = (honest[above] * self._form).sum(axis=1)
        least = np.exp(-_LARGEST)
        ratio = (as_cheat + 1e-9) / (as_honest + 1e-9)
        return np.asarray(np.clip(ratio, least, 1.0 / least))


def _learn(form: FloatArray, group: IntArray, weight: FloatArray, prior: FloatArray) -> FloatArray:
    """Return the mix of each group by expectation and maximization, in the shape of `prior`.

    Parameters
    ----------
    form : float64 array, shape (n_rows, n_parts)
    group, weight : arrays, shape (n_rows,)
    prior : float64 array, shape (n_groups, n_parts)
        Labels of each part that the first impression counts for.
    """
    mix = prior / prior.sum(axis=1, keepdims=True)
    n_groups = len(prior)
    add = csr_matrix((weight, (group, np.arange(len(group)))), shape=(n_groups, len(group)))
    for _ in range(_ROUNDS if len(group) else 0):
        part = mix[group] * form
        part /= part.sum(axis=1, keepdims=True) + 1e-12
        mix = prior + add @ part
        mix /= mix.sum(axis=1, keepdims=True)
    return np.asarray(mix, dtype=np.float64)


def _sections(product: pd.Series) -> IntArray:
    """Return the section of the tariff of each product, shape (n,)."""
    chapter, place = np.unique(product.astype(str).str[:2].to_numpy(object), return_inverse=True)
    return find_sections(chapter)[place.reshape(-1)]
