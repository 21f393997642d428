"""Messages: summaries of the declarations that share an entity with a declaration.

A message is three numbers: the mean *residual* of the revealed labels there (label minus the trees'
expectation), the number of revealed labels, and the mean *state* (own score) of all declarations
there, labelled or not. A one-hop message comes from one entity. A walk carries the same signals
over several hops through importers, sellers and declarants. A message of similarity comes from the
importers that trade with the same partners.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch

from customs_baselines.graphfc.context import RELATIONS, Floats, Integers, Links
from customs_baselines.graphfc.propagation import ROUNDS, Propagation, Walk, adjacency
from customs_baselines.graphfc.similarity import similar_importers

Booleans = npt.NDArray[np.bool_]

#: Strength of each kind of link of a walk.
WALKS: Final[dict[str, dict[str, float]]] = {
    "importer, seller": {"importer": 1.0, "seller": 1.5},
    "importer, seller, declarant": {"importer": 1.0, "seller": 1.5, "declarant": 0.5},
    "importer, seller, line": {
        "importer": 1.0,
        "seller": 1.5,
        "declarant x departure x chapter": 1.0,
    },
}
#: Messages of similarity, and how fast they forget importers that are less similar: a cosine c has
#: the weight exp((c - 1) / width).
SIMILARITIES: Final[dict[str, float]] = {"similar importers": 0.15, "related importers": 0.5}
_SMOOTHING: Final = 3.0  # imaginary labels without a residual, one hop
_WALK_SMOOTHING: Final = 0.03  # the same for walks, as a share of the mass
_SIMILARITY_SMOOTHING: Final = 1.0
_LEAST_MASS: Final = 0.01
_LEAST_SIMILAR: Final = 0.05
#: Days between two snapshots of the graph where declarations read only the past.
SNAPSHOT_DAYS: Final = 7

N_SIGNALS: Final = 3
_WALK_NAMES: Final = tuple(f"{walk}, {n} rounds" for walk in WALKS for n in ROUNDS)


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


def message_names(*, past_only: bool) -> tuple[str, ...]:
    """Return the names of the messages to a declaration.

    Similarity compares whole lives of importers, so there is none where only the past is read.
    """
    return (*RELATIONS, *_WALK_NAMES, *(() if past_only else SIMILARITIES))


class MessagePasser:
    """Messages over one graph, for any set of revealed labels.

    Parameters
    ----------
    links : Links
        The graph, with the relations of `RELATIONS`.
    signals : Signals
    past_only : bool
        Whether a declaration's messages come only over edges from declarations filed before its
        own week (a temporal mask).
    similar : bool
        Whether there are messages of similarity.
    device : torch.device
        Where sums are computed.
    """

    def __init__(
        self,
        links: Links,
        signals: Signals,
        *,
        past_only: bool,
        similar: bool,
        device: torch.device,
    ) -> None:
        self.links = links
        self.signals = signals
        self.past_only = past_only
        self.similar = similar
        self.device = device
        self.propagation = Propagation(links.data, device)
        self._walks = [Walk(self.propagation, strengths) for strengths in WALKS.values()]
        self._similarities: list[torch.Tensor] = []
        if similar:
            edges, cosine = similar_importers(links.data, seed=0)
            n = self.propagation.n_entities["importer"]
            for width in SIMILARITIES.values():
                weight = torch.exp((cosine.double() - 1.0) / width)
                self._similarities.append(adjacency(edges, n, n, weight).to(device))

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
        signals = torch.from_numpy(sent).to(self.device)
        n_messages = len(message_names(past_only=not self.similar))
        messages = np.empty((len(rows), n_messages, N_SIGNALS), dtype=np.float32)
        week = self.links.day // SNAPSHOT_DAYS if self.past_only else np.zeros(len(self.links))
        for now in np.unique(week[rows]):
            readers = np.flatnonzero(week[rows] == now)
            inside = week < now if self.past_only else np.ones(len(week), dtype=np.bool_)
            mask = torch.from_numpy(inside.astype(np.float64)).to(self.device)
            chosen = torch.from_numpy(rows[readers]).to(self.device)
            messages[readers] = self._receive(signals, mask, chosen).cpu().numpy()
        return messages

    def _receive(
        self, sent: torch.Tensor, inside: torch.Tensor, rows: torch.Tensor
    ) -> torch.Tensor:
        """Messages to `rows` from the declarations `inside`, shape (n_rows, n_messages, 3)."""
        own_state = sent[rows, 2]
        counted = torch.cat([sent, torch.ones_like(sent[:, :1])], dim=1) * inside[:, None]
        sums = self.propagation.to_entities(counted)
        received = self.propagation.to_declarations({name: sums[name] for name in RELATIONS})[rows]
        # A declaration is no neighbour of its own.
        linked = (received[:, :, 3:] > 0) * inside[rows, None, None]
        residual, labels, state, count = (received - linked * counted[rows][:, None]).unbind(2)
        one_hop = [
            residual / (labels + _SMOOTHING),
            torch.log1p(labels),
            # One imaginary neighbour that is like the declaration itself.
            (state + own_state[:, None]) / (count + 1.0) - own_state[:, None],
        ]
        parts = [torch.stack(one_hop, dim=2)]
        for walk in self._walks:
            for signals in walk.spread(sent, inside):
                residual, mass, state = signals[rows].unbind(1)
                of_walk = [
                    residual / (mass + _WALK_SMOOTHING),
                    torch.log(mass + _LEAST_MASS),
                    state - own_state,
                ]
                parts.append(torch.stack(of_walk, dim=1)[:, None])
        for similarity in self._similarities:
            of_similar = self.propagation.to_declarations(
                {"importer": similarity @ sums["importer"]}
            )
            residual, mass, state, count = of_similar[rows, 0].unbind(1)
            similar = [
                residual / (mass + _SIMILARITY_SMOOTHING),
                torch.log(mass + _LEAST_SIMILAR),
                (state + _LEAST_SIMILAR * own_state) / (count + _LEAST_SIMILAR) - own_state,
            ]
            parts.append(torch.stack(similar, dim=1)[:, None])
        return torch.cat(parts, dim=1).float()
