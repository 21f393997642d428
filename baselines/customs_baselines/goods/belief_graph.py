"""The graph of beliefs about goods: declarations, their candidates, and who says what of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from customs_baselines.goods.codes import GoodsCodes, Integers
from customs_baselines.goods.densities import Densities, ln_mass_and_unit_price
from customs_baselines.goods.mixture import Mixture
from customs_baselines.goods.neighbours import Edges, Neighbours

#: Known declarations that tell their goods: key, and how many of each key at most.
KNOWN: Final[tuple[tuple[tuple[str, ...], int], ...]] = (
    (("Importer ID",), 10),
    (("Seller ID",), 12),
    (("Declarant ID", "Country of Departure"), 24),
)
#: Other asked declarations that tell what they believe.
ASKED: Final[tuple[tuple[tuple[str, ...], int], ...]] = (
    (("Importer ID",), 12),
    (("Seller ID",), 8),
)

_FARTHEST: Final = 6.0  # a log ratio of densities counts as at most this


@dataclass(frozen=True)
class KnownEdges:
    """Edges from known declarations; tensors of shape (n_edges, ...).

    Attributes
    ----------
    row : int64
        Asked declaration.
    slot : int64
        Place of the known goods among its candidates, -1 if they are none.
    chapter : int64
        Chapter of the known goods.
    lift : float32
        1 / share of the known goods.
    features : float32, shape (n_edges, n_features)
    """

    row: torch.Tensor
    slot: torch.Tensor
    chapter: torch.Tensor
    lift: torch.Tensor
    features: torch.Tensor


@dataclass(frozen=True)
class AskedEdges:
    """Edges between asked declarations.

    Attributes
    ----------
    pair : int64, shape (2, n_edges)
        Source, a row of the whole graph, and target.
    slot : int16, shape (n_edges, n_candidates)
        Place of each candidate of the target among those of the source; `n_candidates` for none.
    price : float32, shape (n_edges, n_candidates)
        How probable the source's unit price is if its goods were those, relative to what the target
        would expect; log of a ratio of densities.
    features : float32, shape (n_edges, n_features)
    """

    pair: torch.Tensor
    slot: torch.Tensor
    price: torch.Tensor
    features: torch.Tensor


EdgesKind = TypeVar("EdgesKind", KnownEdges, AskedEdges)


@dataclass(frozen=True)
class BeliefGraph:
    """Asked declarations, or a part of them, with those that say something about them.

    Attributes
    ----------
    own : float32, shape (n, n_candidates)
        Own score of each candidate, as a log probability.
    chapter : int64, shape (n, n_candidates)
    share, chapter_share : float32, shape (n, n_candidates)
        Share of the candidate, and of its chapter, among all declarations.
    belief : float32, shape (n_all, n_candidates + 1)
        Own beliefs of all asked declarations; the last column is 0, for goods that are none.
    chapter_belief : float32, shape (n_all, n_chapters)
    known : list of KnownEdges
    asked : list of AskedEdges
    """

    own: torch.Tensor
    chapter: torch.Tensor
    share: torch.Tensor
    chapter_share: torch.Tensor
    belief: torch.Tensor
    chapter_belief: torch.Tensor
    known: list[KnownEdges]
    asked: list[AskedEdges]

    def __len__(self) -> int:
        return len(self.own)

    @property
    def n_chapters(self) -> int:
        """Number of chapters."""
        return int(self.chapter_belief.shape[1])

    def to(self, device: torch.device) -> BeliefGraph:
        """Return the graph on a device."""
        moved = {
            field.name: value.to(device)
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), torch.Tensor)
        }
        known = [_moved(edges, device) for edges in self.known]
        asked = [_moved(edges, device) for edges in self.asked]
        return replace(self, **moved, known=known, asked=asked)

    def parts(self, n_rows: int) -> Iterator[BeliefGraph]:
        """Yield the graph of each `n_rows` declarations.

        Messages come from own beliefs, which do not change, so that a part needs no other rows.
        """
        for start in range(0, len(self), n_rows):
            yield self._part(slice(start, min(start + n_rows, len(self))))

    def _part(self, rows: slice) -> BeliefGraph:
        known, asked = [], []
        for edges in self.known:
            some = _between(edges.row, rows)
            known.append(
                KnownEdges(
                    edges.row[some] - rows.start,
                    edges.slot[some],
                    edges.chapter[some],
                    edges.lift[some],
                    edges.features[some],
                )
            )
        for pairs in self.asked:
            some = _between(pairs.pair[1].contiguous(), rows)
            pair = torch.stack([pairs.pair[0, some], pairs.pair[1, some] - rows.start])
            asked.append(
                AskedEdges(pair, pairs.slot[some], pairs.price[some], pairs.features[some])
            )
        return replace(
            self,
            own=self.own[rows],
            chapter=self.chapter[rows],
            share=self.share[rows],
            chapter_share=self.chapter_share[rows],
            known=known,
            asked=asked,
        )


def build_graph(
    known: pd.DataFrame,
    mixture: Mixture,
    asked: pd.DataFrame,
    goods: Integers,
    scores: npt.NDArray[np.float32],
) -> BeliefGraph:
    """Return the graph of some declarations.

    Parameters
    ----------
    known : DataFrame, shape (n_known, n_columns)
        Declarations whose goods are known.
    mixture : Mixture
        Of the same declarations.
    asked : DataFrame, shape (n, n_columns)
    goods, scores : ndarray, shape (n, n_candidates)
        Candidates, and their own scores.
    """
    codes, known_goods = mixture.codes, mixture.goods
    neighbours = Neighbours(known, asked)
    slots = _Slots(goods, len(codes))
    n_chapters = int(codes.chapter.max()) + 1
    share = mixture.prior.astype(np.float64)
    chapter_share = np.bincount(codes.chapter, weights=share, minlength=n_chapters)
    chapter = codes.chapter[goods]
    own = torch.log_softmax(torch.from_numpy(scores), dim=1)
    belief = own.exp()
    unit_price = ln_mass_and_unit_price(asked)[:, 1].astype(np.float32)
    prices = _Prices(unit_price, mixture.densities)
    by_chapter = belief.new_zeros(len(belief), n_chapters)
    return BeliefGraph(
        own=own,
        chapter=torch.from_numpy(chapter),
        share=torch.from_numpy(share[goods].astype(np.float32)),
        chapter_share=torch.from_numpy(chapter_share[chapter].astype(np.float32)),
        belief=torch.nn.functional.pad(belief, (0, 1)),
        chapter_belief=by_chapter.scatter_add(1, torch.from_numpy(chapter), belief),
        known=[
            _known_edges(neighbours.to_known(key, most), known_goods, codes, share, slots)
            for key, most in KNOWN
        ],
        asked=[
            _asked_edges(neighbours.to_asked(key, most), goods, slots, belief, prices)
            for key, most in ASKED
        ],
    )


class _Slots:
    """Where goods stand among the candidates of a row."""

    def __init__(self, goods: Integers, n_codes: int) -> None:
        self._n_codes, self._n = n_codes, goods.shape[1]
        key = (np.arange(len(goods))[:, None] * n_codes + goods).ravel()
        self._order = np.argsort(key, kind="stable")
        self._keys = key[self._order]

    def find(self, row: Integers, goods: Integers, missing: int) -> Integers:
        """Return the place of goods among the candidates of rows, or `missing`."""
        key = row * self._n_codes + goods
        place = np.minimum(np.searchsorted(self._keys, key), len(self._keys) - 1)
        there = self._keys[place] == key
        return np.where(there, self._order[place] % self._n, missing)


def _known_edges(
    edges: Edges,
    known_goods: Integers,
    codes: GoodsCodes,
    share: npt.NDArray[np.float64],
    slots: _Slots,
) -> KnownEdges:
    goods = known_goods[edges.source]
    return KnownEdges(
        torch.from_numpy(edges.target),
        torch.from_numpy(slots.find(edges.target, goods, -1)),
        torch.from_numpy(codes.chapter[goods]),
        torch.from_numpy((1.0 / share[goods]).astype(np.float32)),
        torch.from_numpy(edges.features),
    )


class _Prices:
    """Densities of unit prices under the goods of others."""

    def __init__(self, unit_price: npt.NDArray[np.float32], densities: Densities) -> None:
        self._unit_price = unit_price
        self._mean = densities.mean[:, 1].astype(np.float32)
        self._sd = densities.sd[:, 1].astype(np.float32)

    def log_density(self, row: Integers, goods: Integers) -> npt.NDArray[np.float32]:
        """Return the log density of the price of rows (n,) under goods (n, n_candidates)."""
        sd = self._sd[goods]
        z = (self._unit_price[row, None] - self._mean[goods]) / sd
        density: npt.NDArray[np.float32] = -0.5 * z * z - np.log(sd)
        return density


def _asked_edges(
    edges: Edges, goods: Integers, slots: _Slots, belief: torch.Tensor, prices: _Prices
) -> AskedEdges:
    of_target = goods[edges.target]
    slot = slots.find(edges.source[:, None], of_target, goods.shape[1])
    density = torch.from_numpy(prices.log_density(edges.source, of_target))
    expected = torch.logsumexp(density + belief[edges.target].clamp(min=1e-9).log(), dim=1)
    return AskedEdges(
        torch.from_numpy(np.stack([edges.source, edges.target])),
        torch.from_numpy(slot.astype(np.int16)),
        (density - expected[:, None]).clamp(-_FARTHEST, _FARTHEST),
        torch.from_numpy(edges.features),
    )


def _moved(edges: EdgesKind, device: torch.device) -> EdgesKind:
    return replace(
        edges, **{field.name: getattr(edges, field.name).to(device) for field in fields(edges)}
    )


def _between(row: torch.Tensor, rows: slice) -> slice:
    """Return the edges whose target is one of some rows; `row` ascends."""
    bounds = torch.searchsorted(row, torch.tensor([rows.start, rows.stop]))
    return slice(int(bounds[0]), int(bounds[1]))
