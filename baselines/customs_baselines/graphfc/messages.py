"""Messages: summaries of the declarations that share an entity with a declaration.

A message is three numbers: the mean *residual* of the revealed labels there (label minus the trees'
expectation), the number of revealed labels, and the mean *state* (own score) of all declarations
there, labelled or not. A one-hop message comes from one entity. A walk carries the same signals
over several hops through importers, sellers and declarants.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from customs_baselines.graphfc.context import RELATIONS, Floats, Integers, Links
from customs_baselines.graphfc.past_sums import PastSums

Booleans = npt.NDArray[np.bool_]

#: Strength of each kind of link of a walk; a declaration takes the weighted mean over its links.
WALKS: Final[dict[str, dict[str, float]]] = {
    "importer, seller": {"importer": 1.0, "seller": 1.5},
    "importer, seller, declarant": {"importer": 1.0, "seller": 1.5, "declarant": 0.5},
    "importer, seller, line": {
        "importer": 1.0,
        "seller": 1.5,
        "declarant x departure x chapter": 1.0,
    },
}
#: Rounds after which a walk is read.
ROUNDS: Final = (2, 4, 8)
_SMOOTHING: Final = 3.0  # imaginary labels without a residual, one hop
_WALK_SMOOTHING: Final = 0.03  # the same for walks, as a share of the mass
_LEAST_MASS: Final = 0.01
#: Days between two snapshots of the graph where declarations read only the past.
SNAPSHOT_DAYS: Final = 7

N_SIGNALS: Final = 3
MESSAGES: Final = (*RELATIONS, *(f"{walk}, {n} rounds" for walk in WALKS for n in ROUNDS))


@dataclass(frozen=True)
class Signals:
    """Signals that declarations send.

    Attributes
    ----------
    residual : ndarray of float64, shape (n_declarations,)
        Label minus expected label; 0 where no label is known.
    state : ndarray of float64, shape (n_declarations,)
        Own score of each declaration, as log-odds.
    """

    residual: Floats
    state: Floats


class MessagePasser:
    """Messages over one graph, for any set of revealed labels.

    Parameters
    ----------
    links : Links
        The graph, with the relations of `RELATIONS`.
    signals : Signals
    past_only : bool
        Whether messages come only from declarations filed before: one hop, up to the declaration's
        own day; walks, before its own week.
    """

    def __init__(self, links: Links, signals: Signals, *, past_only: bool) -> None:
        self.links = links
        self.signals = signals
        self.past_only = past_only
        self._past = {
            name: PastSums(links.group[name], links.day, past_only=past_only) for name in RELATIONS
        }
        self._walks = [Walk(links, strengths) for strengths in WALKS.values()]

    def messages(self, revealed: Booleans, rows: Integers) -> npt.NDArray[np.float32]:
        """Return the messages to some declarations, shape (n_rows, n_messages, 3).

        Parameters
        ----------
        revealed : ndarray of bool, shape (n_declarations,)
            Declarations whose labels are sent. A declaration's own label never reaches it in one
            hop, but can return over several: do not reveal the labels of `rows` in training.
        rows : ndarray of int64
            Positions of the receivers.
        """
        labelled = revealed.astype(np.float64)
        sent = np.column_stack([self.signals.residual * labelled, labelled, self.signals.state])
        messages = np.empty((len(rows), len(MESSAGES), N_SIGNALS), dtype=np.float32)
        own_state = self.signals.state[rows]
        sent_and_count = np.hstack([sent, np.ones((len(sent), 1))])
        for i, name in enumerate(RELATIONS):
            linked = (self.links.group[name] >= 0).astype(np.float64)[:, None]
            sums = self._past[name].sums(sent_and_count)[rows]
            own = (linked * sent_and_count)[rows]
            residual, labels, state, count = (sums - own).T
            messages[:, i, 0] = residual / (labels + _SMOOTHING)
            messages[:, i, 1] = np.log1p(labels)
            # One imaginary neighbour that is like the declaration itself.
            messages[:, i, 2] = (state + own_state) / (count + 1.0) - own_state
        i = len(RELATIONS)
        for walk in self._walks:
            for signals in self._read_walk(walk, sent, rows):
                residual, mass, state = signals.T
                messages[:, i, 0] = residual / (mass + _WALK_SMOOTHING)
                messages[:, i, 1] = np.log(mass + _LEAST_MASS)
                messages[:, i, 2] = state - own_state
                i += 1
        return messages

    def _read_walk(self, walk: Walk, sent: Floats, rows: Integers) -> list[Floats]:
        """The signals of `rows` after each of `ROUNDS`, shape (n_rows, 3) each."""
        if not self.past_only:
            return [values[rows] for values in walk.spread(sent, np.ones(len(sent)))]
        signals = [np.empty((len(rows), N_SIGNALS)) for _ in ROUNDS]
        snapshot = self.links.day[rows] // SNAPSHOT_DAYS
        for week in np.unique(snapshot):
            readers = snapshot == week
            inside = (self.links.day < week * SNAPSHOT_DAYS).astype(np.float64)
            for of_round, values in zip(signals, walk.spread(sent, inside), strict=True):
                of_round[readers] = values[rows[readers]]
        return signals


class Walk:
    """Several rounds of signals, from declarations to entities and back.

    Products with sparse matrices take half the CPU seconds of sums by `numpy.bincount` (1.9 against
    3.9 for training and scoring on the practice edition) and give the same bits.

    Parameters
    ----------
    links : Links
    strengths : dict of str to float
        Strength of the links of each kind.
    """

    def __init__(self, links: Links, strengths: dict[str, float]) -> None:
        sizes = [links.size[name] for name in strengths]
        first = np.cumsum([0, *sizes])  # entities of all kinds are numbered consecutively
        group = np.column_stack([links.group[name] for name in strengths])
        linked = group >= 0
        entity = (group + first[:-1])[linked]
        ends = np.append(0, np.cumsum(linked.sum(axis=1)))
        ones = np.ones(len(entity))
        self._to_declarations = csr_array((ones, entity, ends), shape=(len(links), first[-1]))
        self._to_entities = self._to_declarations.T.tocsr()
        self._strength = np.repeat(list(strengths.values()), sizes)

    def spread(self, sent: Floats, inside: Floats) -> list[Floats]:
        """Return the signals after each of `ROUNDS`, shape (n_declarations, 3) each.

        Parameters
        ----------
        sent : ndarray of float64, shape (n_declarations, 3)
            Signals before the first round.
        inside : ndarray of float64, shape (n_declarations,)
            1 for declarations that may send, 0 for others.
        """
        count = self._to_entities @ inside
        weight = (self._strength / np.maximum(count, 1.0))[:, None]
        total = 1e-9 + self._to_declarations @ (self._strength * (count > 0))
        # Declarations without links keep their own score and receive no labels.
        alone = total < 1e-6
        kept = sent[alone] * np.array([0.0, 0.0, 1.0])
        signals, rounds = sent, []
        for step in range(1, max(ROUNDS) + 1):
            means = weight * (self._to_entities @ (signals * inside[:, None]))
            signals = (self._to_declarations @ means) / total[:, None]
            signals[alone] = kept
            if step in ROUNDS:
                rounds.append(signals)
        return rounds
