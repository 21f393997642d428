"""Importers that trade with the same kinds of partners: edges between importers.

Each importer gets a place in the space of the leading singular vectors of the normalised matrix of
importers and their brokers and sellers (spectral embedding of a bipartite graph); its nearest ones
there are similar. No label is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import torch
from torch.nn.functional import normalize
from torch_geometric.data import HeteroData
from torch_geometric.utils import coalesce

from customs_baselines.graphfc.propagation import adjacency

N_SIMILAR: Final = 25  # edges to an importer
_PARTNERS: Final = ("declarant", "seller")
_WIDTH: Final = 128  # singular vectors ...
_WIDEST: Final = 3  # ... and at most one for so many importers or partners
_ROUNDS: Final = 6  # of subspace iteration
_LARGEST: Final = 16_384  # importers that are all compared with one another


def similar_importers(data: HeteroData, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return edges to each importer from the most similar ones, and their cosines.

    Parameters
    ----------
    data : HeteroData
        With edges between declarations and importers, declarants and sellers.
    seed : int
        Seed of the first subspace.

    Returns
    -------
    edges : Tensor of int64, shape (2, n_edges)
    cosine : Tensor of float32, shape (n_edges,)
    """
    place = embed(trade_matrix(data), seed)
    parts = [_nearest(place, rows) for rows in _blocks(place, torch.arange(len(place)))]
    if not parts:
        return torch.empty((2, 0), dtype=torch.int64), torch.empty(0)
    return torch.cat([one[0] for one in parts], dim=1), torch.cat([one[1] for one in parts])


def trade_matrix(data: HeteroData) -> torch.Tensor:
    """Square roots of the declarations of importers and partners, normalised on both sides.

    Returns
    -------
    Sparse Tensor of float32, shape (n_importers, n_partners)
    """
    n = len(data["declaration"].time)
    importer = torch.full((n,), -1)
    to = data["declaration", "to", "importer"].edge_index
    importer[to[0]] = to[1]
    pairs, first = [], 0
    for kind in _PARTNERS:
        declaration, partner = data["declaration", "to", kind].edge_index
        pair = torch.stack([importer[declaration], first + partner])
        pairs.append(pair[:, pair[0] >= 0])
        first += data[kind].num_nodes
    size = (data["importer"].num_nodes, first)
    edges = torch.cat(pairs, dim=1)
    (row, column), traded = coalesce(edges, torch.ones(edges.shape[1]), reduce="sum")
    value = traded.sqrt()
    # One imaginary declaration keeps those of a single trade from standing out.
    rows = torch.ones(size[0]).index_add_(0, row, value)
    columns = torch.ones(size[1]).index_add_(0, column, value)
    value = value / (rows[row] * columns[column]).sqrt()
    return adjacency(torch.stack([column, row]), size[1], size[0], value)


def embed(matrix: torch.Tensor, seed: int) -> torch.Tensor:
    """Return unit vectors in the space of the leading left singular vectors.

    Parameters
    ----------
    matrix : sparse Tensor, shape (n, n_partners)
    seed : int

    Returns
    -------
    Tensor of float32, shape (n, at most 128)
    """
    n, width = matrix.shape[0], min(_WIDTH, -(-min(matrix.shape) // _WIDEST))
    back = matrix.t().to_sparse_csr()
    start = torch.randn(n, width, generator=torch.Generator().manual_seed(seed))
    space = start
    for step in range(_ROUNDS):
        space = matrix @ (back @ space)
        if step % 2 or step == _ROUNDS - 1:
            space = torch.linalg.qr(space)[0]
    inner = back @ space
    vectors = torch.linalg.eigh(inner.t() @ inner)[1]
    return normalize(space @ vectors, dim=1)


def _blocks(place: torch.Tensor, rows: torch.Tensor) -> Iterator[torch.Tensor]:
    """Split importers where they vary most, until a block can be compared with itself."""
    if len(rows) <= _LARGEST:
        if len(rows):
            yield rows
        return
    own = place[rows]
    order = own[:, int(own.var(dim=0).argmax())].argsort(stable=True)
    for half in (order[: len(order) // 2], order[len(order) // 2 :]):
        yield from _blocks(place, rows[half])


def _nearest(place: torch.Tensor, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    block, edges, cosines = place[rows], [], []
    n_similar = min(N_SIMILAR, len(rows) - 1)
    for first in range(0, len(rows), 2048):
        some = torch.arange(first, min(first + 2048, len(rows)))
        cosine = block[some] @ block.t()
        cosine[torch.arange(len(some)), some] = -2.0  # not the importer itself
        top = cosine.topk(n_similar, dim=1)
        receiver = rows[some].repeat_interleave(n_similar)
        edges.append(torch.stack([rows[top.indices.flatten()], receiver]))
        cosines.append(top.values.flatten())
    return torch.cat(edges, dim=1), torch.cat(cosines)
