"""`propagation`: known memberships spread along shared sellers, brokers and goods."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from customs_baselines.organisations.grouping_model import GroupingModel
from customs_baselines.organisations.importers import Importers
from customs_baselines.organisations.known import choose_setting, hide_some
from customs_baselines.organisations.pairs import LINKS

Codes = npt.NDArray[np.int64]

_LIMITS: Final = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
_ROUNDS: Final = 4
_DAMPING: Final = 0.7


class LabelPropagation(GroupingModel):
    """Label propagation from known members; nothing is trained but one limit.

    Importers are linked by the rarity of what they share. An importer takes the network with the
    largest share of what reaches it, if that is above a limit; known lone importers count as
    networks of their own. All others are alone.

    Parameters
    ----------
    random_state : int
        Seed of the members that are hidden to choose the limit.

    References
    ----------
    Zhou et al., 'Learning with Local and Global Consistency', NIPS 2003.
    """

    def __init__(self, random_state: int = 0) -> None:
        self.random_state = random_state

    def find_groups(self, importers: Importers, known: Codes) -> Codes:
        """See `GroupingModel.find_groups`."""
        spread = _step_matrix(importers)
        some, asked = hide_some(known, self.random_state)
        network, share = _propagate(spread, some)
        self.limit_ = choose_setting(
            _LIMITS, lambda limit: _group(network, share, some, limit), known, asked
        )
        network, share = _propagate(spread, known)
        return _group(network, share, known, self.limit_)


def _step_matrix(importers: Importers) -> sparse.csr_array:
    """Return the symmetrically normalised links of importers, (n_importers, n_importers)."""
    n = len(importers)
    total = sparse.csr_array((n, n))
    for key, most in LINKS.items():
        links = importers.links(key, most)
        total = total + links @ links.T
    total.setdiag(0.0)
    total.eliminate_zeros()
    degree = np.maximum(total.sum(axis=1), 1e-9)
    scale = sparse.diags_array(1.0 / np.sqrt(degree))
    return (scale @ total @ scale).tocsr()


def _propagate(spread: sparse.csr_array, known: Codes) -> tuple[Codes, npt.NDArray[np.float64]]:
    """Return the network that reaches each importer most, and its share of all that does."""
    members = np.flatnonzero(known >= 0)
    groups, column, size = np.unique(known[members], return_inverse=True, return_counts=True)
    # All lone importers share the last column: they only say that somebody is in no network.
    is_network = size > 1
    number = np.where(is_network, np.cumsum(is_network) - 1, int(is_network.sum()))
    shape = (len(known), int(is_network.sum()) + 1)
    seeds = sparse.coo_array((np.ones(len(members)), (members, number[column])), shape=shape)
    start = seeds.toarray()
    reached = start
    for _ in range(_ROUNDS):
        reached = _DAMPING * (spread @ reached) + (1.0 - _DAMPING) * start
    total = np.maximum(reached.sum(axis=1), 1e-12)
    if shape[1] == 1:
        return np.full(len(known), -1), np.zeros(len(known))
    best = np.argmax(reached[:, :-1], axis=1)
    share = reached[np.arange(len(known)), best] / total
    return groups[is_network][best], share


def _group(network: Codes, share: npt.NDArray[np.float64], known: Codes, limit: float) -> Codes:
    alone = int(known.max(initial=0)) + 1 + np.arange(len(known))
    return np.where(known >= 0, known, np.where(share >= limit, network, alone))


ESTIMATOR = LabelPropagation
RECIPE = None
SUMMARY = "Known memberships spread along shared sellers, brokers and goods; no training."
