"""A graph network that passes beliefs about goods between declarations of the same traders."""

from __future__ import annotations

from typing import Final

import torch
from torch import nn
from torch_geometric.nn import MessagePassing
from torch_geometric.utils import scatter

from customs_baselines.goods.belief_graph import ASKED, KNOWN, AskedEdges, BeliefGraph, KnownEdges
from customs_baselines.goods.neighbours import N_FEATURES

_HIDDEN: Final = 16
_LEAST: Final = 1e-6
_CHAPTERS: Final = 10.0  # a chapter is about so much more frequent among its own


class _Gates(nn.Module):
    """How much the source of an edge says about the goods of its target: share, in (0, 1).

    Three numbers for each edge: that both are the same goods, that they are of one chapter, and, as
    far as prices say it, that they are the same goods.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(N_FEATURES, _HIDDEN), nn.SiLU(), nn.Linear(_HIDDEN, 3)
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        gates: torch.Tensor = torch.sigmoid(self.layers(features) - 2.0)
        return gates


class _Beliefs(MessagePassing):
    """Messages of other asked declarations: how much their belief in each candidate raises it."""

    def __init__(self) -> None:
        super().__init__(aggr="add")

    def forward(self, edges: AskedEdges, gates: torch.Tensor, graph: BeliefGraph) -> torch.Tensor:
        """Return the sums of messages (goods, chapters, prices), shape (n, 3 * n_candidates)."""
        target = edges.pair[1]
        told: torch.Tensor = self.propagate(
            edges.pair,
            belief=(graph.belief, None),
            chapter_belief=(graph.chapter_belief, None),
            slot=edges.slot,
            price=edges.price,
            chapter=graph.chapter[target],
            share=graph.share[target],
            chapter_share=graph.chapter_share[target],
            gates=gates,
            size=(len(graph.belief), len(graph)),
        )
        return told

    def message(
        self,
        belief_j: torch.Tensor,
        chapter_belief_j: torch.Tensor,
        slot: torch.Tensor,
        price: torch.Tensor,
        chapter: torch.Tensor,
        share: torch.Tensor,
        chapter_share: torch.Tensor,
        gates: torch.Tensor,
    ) -> torch.Tensor:
        """Log of the mixture of 'the same goods' and 'any goods', relative to the latter."""
        goods = belief_j.gather(1, slot.long()) / share
        kin = chapter_belief_j.gather(1, chapter) / chapter_share
        return torch.cat(
            [
                torch.log1p(gates[:, :1] * (goods - 1.0)),
                torch.log1p(gates[:, 1:2] * (kin - 1.0)),
                torch.log1p(gates[:, 2:] * torch.expm1(price)),
            ],
            dim=1,
        )


class BeliefNetwork(nn.Module):
    """Own scores, corrected by what declarations of the same traders say.

    A declaration whose goods are known, or believed to be likely, raises the same goods and their
    chapter in its neighbours; how much is learned from what the two declarations have in common.
    """

    def __init__(self) -> None:
        super().__init__()
        n_kinds = len(KNOWN) + len(ASKED)
        n_messages = 2 * len(KNOWN) + 3 * len(ASKED)
        self.gates = nn.ModuleList(_Gates() for _ in range(n_kinds))
        self.beliefs = _Beliefs()
        self.weight = nn.Parameter(torch.full((n_messages,), 0.1))
        self.scale = nn.Parameter(torch.ones(1))
        self.readout = nn.Sequential(
            nn.Linear(n_messages + 3, 2 * _HIDDEN), nn.SiLU(), nn.Linear(2 * _HIDDEN, 1)
        )
        # From nothing: what messages mean together is learned after what each of them means.
        last = self.readout[-1]
        assert isinstance(last, nn.Linear)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

    def forward(self, graph: BeliefGraph) -> torch.Tensor:
        """Return the log probabilities of the candidates, shape (n, n_candidates)."""
        n = graph.own.shape[1]
        opened = iter(self.gates)
        told = []
        for known in graph.known:
            told += _tell(known, next(opened)(known.features), graph)
        for asked in graph.asked:
            both = self.beliefs(asked, next(opened)(asked.features), graph)
            told += both.split(n, dim=1)
        messages = torch.stack(told, dim=-1)
        own = torch.stack([graph.own, graph.share.log(), graph.chapter_share.log()], dim=-1)
        together = self.readout(torch.cat([messages, own], dim=-1)).squeeze(-1)
        return torch.log_softmax(self.scale * graph.own + messages @ self.weight + together, dim=1)


def _tell(edges: KnownEdges, gates: torch.Tensor, graph: BeliefGraph) -> list[torch.Tensor]:
    """Return the sums of what known declarations say about goods and chapters, (n, n_cand) each."""
    n, n_candidates = graph.own.shape
    there = edges.slot >= 0
    odds = gates / (1.0 - gates.clamp(max=1.0 - _LEAST))
    raised = torch.log1p(odds[:, 0] * edges.lift)[there]
    place = edges.row[there] * n_candidates + edges.slot[there]
    goods = scatter(raised, place, dim=0, dim_size=n * n_candidates, reduce="sum")
    kin = torch.log1p(_CHAPTERS * odds[:, 1])
    place = edges.row * graph.n_chapters + edges.chapter
    by_chapter = scatter(kin, place, dim=0, dim_size=n * graph.n_chapters, reduce="sum")
    chapter = by_chapter.view(n, graph.n_chapters).gather(1, graph.chapter)
    return [goods.view(n, n_candidates), chapter]
