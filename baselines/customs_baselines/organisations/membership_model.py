"""Two classifiers, one of pairs and one of memberships, learned from known networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from customs_baselines.organisations.importers import Floats, Importers
from customs_baselines.organisations.linker import Linker
from customs_baselines.organisations.memberships import Candidates, compare_with_networks
from customs_baselines.organisations.pairs import Pairs

Codes = npt.NDArray[np.int64]

_ROUNDS: Final = 3
#: Probability above which an importer counts as a member in the next round.
_CERTAIN: Final = 0.5


@dataclass(frozen=True)
class Suspicions:
    """What the classifiers say.

    Attributes
    ----------
    pairs : Pairs
    link : ndarray of float64, shape (n_pairs,)
        Probability that both importers are one organisation.
    network : ndarray of int64, shape (n_importers,)
        Most probable known network of each importer, -1 if it is linked to none.
    probability : ndarray of float64, shape (n_importers,)
        Of this network.
    """

    pairs: Pairs
    link: Floats
    network: Codes
    probability: Floats


class MembershipModel:
    """Learns from known members what a network's next member looks like.

    Parameters
    ----------
    importers : Importers
    pairs : Pairs
        All pairs of importers that are looked at.
    random_state : int
        Seed of trees.
    n_jobs : int
        Threads.
    """

    def __init__(
        self, importers: Importers, pairs: Pairs, random_state: int = 0, n_jobs: int = 1
    ) -> None:
        self._importers = importers
        self._pairs = pairs
        self._random_state = random_state
        self._n_jobs = n_jobs

    def suspect(self, known: Codes) -> Suspicions:
        """Learn from known groups (-1 where asked), and return what that says of all importers.

        Known members learn as those asked are judged: from the other members of their network, and
        from links whose classifier did not learn from the same pair.
        """
        of_both = (known[self._pairs.a] >= 0) & (known[self._pairs.b] >= 0)
        same = known[self._pairs.a] == known[self._pairs.b]
        link = self._linker(of_both, same).probability(self._pairs.features)
        fair = link.copy()
        # Sum of the two numbers: as good as random, and the same whatever the order of the pairs.
        half = (self._pairs.a + self._pairs.b) % 2 == 0
        for part in (half, ~half):
            judged = of_both & part
            linker = self._linker(of_both & ~part, same)
            fair[judged] = linker.probability(self._pairs.features[judged])
        members = known
        for _ in range(_ROUNDS):
            candidates = compare_with_networks(self._importers, self._pairs, fair, members)
            network, probability = self._judge(candidates, known)
            # The next round compares with those who are members almost for certain, too.
            is_certain = (known < 0) & (probability >= _CERTAIN)
            members = np.where(is_certain, network, known)
        return Suspicions(self._pairs, link, network, probability)

    def _linker(self, chosen: npt.NDArray[np.bool_], same: npt.NDArray[np.bool_]) -> Linker:
        linker = Linker(self._random_state, self._n_jobs)
        return linker.fit(self._pairs.features[chosen], same[chosen])

    def _judge(self, candidates: Candidates, known: Codes) -> tuple[Codes, Floats]:
        """Return each importer's most probable network, and its probability."""
        group = known[candidates.importer]
        learns = group >= 0
        belongs = group == candidates.network
        classifier = Linker(self._random_state, self._n_jobs)
        classifier.fit(candidates.features[learns], belongs[learns])
        p = classifier.probability(candidates.features)
        network = np.full(len(known), -1, dtype=np.int64)
        probability = np.zeros(len(known))
        order = np.argsort(p, kind="stable")  # the most probable is written last
        network[candidates.importer[order]] = candidates.network[order]
        probability[candidates.importer[order]] = p[order]
        return network, probability
