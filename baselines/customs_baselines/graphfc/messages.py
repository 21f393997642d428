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
        shown = revealed.astype(np.float64)
        emitted = np.column_stack([self.signals.residual * shown, shown, self.signals.state])
        found = np.empty((len(rows), len(MESSAGES), N_SIGNALS), dtype=np.float32)
        own_state = self.signals.state[rows]
        for i, name in enumerate(RELATIONS):
            group = self.links.group[name]
            linked = (group >= 0).astype(np.float64)[:, None]
            ones = np.ones((len(group), 1))
            heard = self._past[name].sums(np.hstack([emitted, ones]))[rows]
            own = (linked * np.hstack([emitted, ones]))[rows]
            residual, labels, state, count = (heard - own).T
            found[:, i, 0] = residual / (labels + _SMOOTHING)
            found[:, i, 1] = np.log1p(labels)
            # One imaginary neighbour that is like the declaration itself.
            found[:, i, 2] = (state + own_state) / (count + 1.0) - own_state
        i = len(RELATIONS)
        for strengths in WALKS.values():
            for walked in self._walk(emitted, strengths, rows):
                residual, mass, state = walked.T
                found[:, i, 0] = residual / (mass + _WALK_SMOOTHING)
                found[:, i, 1] = np.log(mass + _LEAST_MASS)
                found[:, i, 2] = state - own_state
                i += 1
        return found

    def _walk(self, emitted: Floats, strengths: dict[str, float], rows: Integers) -> list[Floats]:
        """The signals of `rows` after each of `ROUNDS`, shape (n_rows, 3) each."""
        if not self.past_only:
            inside = np.ones(len(emitted), dtype=np.bool_)
            return [values[rows] for values in self._spread(emitted, strengths, inside)]
        found = [np.empty((len(rows), N_SIGNALS)) for _ in ROUNDS]
        snapshot = self.links.day[rows] // SNAPSHOT_DAYS
        for week in np.unique(snapshot):
            readers = snapshot == week
            inside = self.links.day < week * SNAPSHOT_DAYS
            for held, values in zip(found, self._spread(emitted, strengths, inside), strict=True):
                held[readers] = values[rows[readers]]
        return found

    def _spread(
        self, emitted: Floats, strengths: dict[str, float], inside: Booleans
    ) -> list[Floats]:
        """Pass signals through shared entities; only declarations `inside` are heard."""
        groups = {name: self.links.group[name] for name in strengths}
        counts = {}
        total = np.full(len(emitted), 1e-9)
        heard = {name: inside & (group >= 0) for name, group in groups.items()}
        for name, group in groups.items():
            size = self.links.size[name] + 1  # the last entity stands for none
            counts[name] = np.bincount(group[heard[name]], minlength=size).astype(np.float64)
            total += strengths[name] * (counts[name][group] > 0)
        value, found = emitted, []
        for step in range(1, max(ROUNDS) + 1):
            new = np.zeros_like(emitted)
            for name, group in groups.items():
                mask = heard[name]
                for j in range(N_SIGNALS):
                    sums = np.bincount(
                        group[mask], weights=value[mask, j], minlength=len(counts[name])
                    ).astype(np.float64)  # of nothing, bincount makes integers
                    sums *= strengths[name] / np.maximum(counts[name], 1.0)
                    new[:, j] += sums[group]
            value = new / total[:, None]
            # Whoever is linked to nothing yet keeps its state, and hears of no label.
            alone = total < 1e-6
            value[alone] = emitted[alone] * np.array([0.0, 0.0, 1.0])
            if step in ROUNDS:
                found.append(value)
        return found
