"""Samples of earlier neighbours in a graph of entities, without a compiled library."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch_geometric.sampler import BaseSampler, HeteroSamplerOutput, NodeSamplerInput

from customs_data.errors import KitError

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData

Edge = tuple[str, str, str]


class TemporalSampler(BaseSampler):
    """Sample neighbours that were there at the time of the seed, for torch-geometric's loaders.

    torch-geometric leaves temporal sampling to the compiled library pyg-lib, which PyPI does not
    have. This sampler gives its loaders the same samples: a subgraph per seed, in which no node is
    later than the seed.

    Parameters
    ----------
    data : HeteroData
        The graph; node types with a ``time`` are filtered by it.
    num_neighbors : sequence of int
        Neighbours of each node by step, and of each edge type, at most.
    seed : int
        Seed of the draws. A new iteration over a loader draws anew.

    Raises
    ------
    KitError
        If a node would have no neighbours to draw.

    Examples
    --------
    The seed, declaration 1, sees its importer and the earlier declaration, but not the later one.

    >>> from torch_geometric.data import HeteroData
    >>> data = HeteroData()
    >>> data["declaration"].time = torch.tensor([1, 2, 3])
    >>> data["importer"].num_nodes = 1
    >>> edges = torch.tensor([[0, 1, 2], [0, 0, 0]])
    >>> data["declaration", "by", "importer"].edge_index = edges
    >>> data["importer", "of", "declaration"].edge_index = edges.flip(0)
    >>> sampler = TemporalSampler(data, [2, 2])
    >>> asked = NodeSamplerInput(None, torch.tensor([1]), torch.tensor([2]), "declaration")
    >>> sampler.sample_from_nodes(asked).node["declaration"].tolist()
    [1, 0]
    """

    def __init__(self, data: HeteroData, num_neighbors: Sequence[int], *, seed: int = 0) -> None:
        if not num_neighbors or min(num_neighbors) < 1:
            raise KitError(f"num_neighbors must be positive numbers, not {list(num_neighbors)}.")
        self._num_neighbors = list(num_neighbors)
        self._generator = torch.Generator().manual_seed(seed)
        self._time = {kind: data[kind].time for kind in data.node_types if "time" in data[kind]}
        self._n_nodes = {
            kind: len(self._time[kind]) if kind in self._time else int(data[kind].num_nodes)
            for kind in data.node_types
        }
        self._columns = {edge: self._sorted(data, edge) for edge in data.edge_types}

    def _sorted(self, data: HeteroData, edge: Edge) -> tuple[Tensor, Tensor]:
        """Return the sources of edges by target, the earliest first, and where each target begins.

        Shapes (n_edges,) and (n_targets + 1,).
        """
        sources, targets = data[edge].edge_index
        if edge[0] in self._time:
            order = torch.argsort(self._time[edge[0]][sources], stable=True)
            sources, targets = sources[order], targets[order]
        order = torch.argsort(targets, stable=True)
        counts = torch.bincount(targets, minlength=self._n_nodes[edge[2]])
        return sources[order], torch.cat([counts.new_zeros(1), counts.cumsum(0)])

    def sample_from_nodes(self, index: NodeSamplerInput, **kwargs: Any) -> HeteroSamplerOutput:
        """Return the subgraphs of some seeds.

        Parameters
        ----------
        index : NodeSamplerInput
            Seeds of one type with their times.
        **kwargs
            Not read.
        """
        seeds = index.node
        time = index.time if index.time is not None else self._time[index.input_type][seeds]
        nodes = {kind: _Nodes(n) for kind, n in self._n_nodes.items()}
        fresh = {index.input_type: nodes[index.input_type].add(seeds, torch.arange(len(seeds)))}
        n_nodes = {kind: [len(fresh.get(kind, ()))] for kind in nodes}
        rows: dict[Edge, list[Tensor]] = {edge: [] for edge in self._columns}
        cols: dict[Edge, list[Tensor]] = {edge: [] for edge in self._columns}
        for width in self._num_neighbors:
            drawn = {
                edge: self._draw(edge, nodes[edge[2]], fresh[edge[2]], time, width)
                for edge in self._columns
                if len(fresh.get(edge[2], ()))
            }
            before = {kind: len(known) for kind, known in nodes.items()}
            for edge, (sources, targets) in drawn.items():
                known = nodes[edge[0]]
                rows[edge].append(known.add(sources, nodes[edge[2]].seed[targets]))
                cols[edge].append(targets)
            for edge in set(self._columns) - set(drawn):
                rows[edge].append(torch.empty(0, dtype=torch.long))
                cols[edge].append(torch.empty(0, dtype=torch.long))
            fresh = {kind: torch.arange(n, len(nodes[kind])) for kind, n in before.items()}
            for kind, added in fresh.items():
                n_nodes[kind].append(len(added))
        return HeteroSamplerOutput(
            node={kind: known.node for kind, known in nodes.items()},
            row={edge: torch.cat(parts) for edge, parts in rows.items()},
            col={edge: torch.cat(parts) for edge, parts in cols.items()},
            edge=dict.fromkeys(self._columns),
            batch={kind: known.seed for kind, known in nodes.items()},
            num_sampled_nodes=n_nodes,
            num_sampled_edges={edge: [len(part) for part in parts] for edge, parts in rows.items()},
            metadata=(index.input_id, time),
        )

    def sample_from_edges(self, *args: Any, **kwargs: Any) -> HeteroSamplerOutput:
        """Refuse: entities are predicted, not links."""
        raise KitError("TemporalSampler samples from nodes: there is no task on links.")

    def _draw(
        self, edge: Edge, known: _Nodes, frontier: Tensor, time: Tensor, width: int
    ) -> tuple[Tensor, Tensor]:
        """Return sources and places of their targets of some drawn edges, each (n_drawn,)."""
        sources, begins = self._columns[edge]
        targets = known.node[frontier]
        begin, end = begins[targets], begins[targets + 1]
        if edge[0] in self._time:
            end = _first_later(self._time[edge[0]][sources], begin, end, time[known.seed[frontier]])
        count = end - begin
        offsets = _distinct(count, width, self._generator)  # (n_frontier, width), -1: none
        some = offsets >= 0
        places = (begin[:, None] + offsets)[some]
        return sources[places], frontier[:, None].expand_as(offsets)[some]


class _Nodes:
    """Sampled nodes of one type, each once per seed.

    Attributes
    ----------
    node, seed : Tensor of int64, shape (n_sampled,)
        Number of the node in the graph, and of the seed that it was sampled for.
    """

    def __init__(self, n_nodes: int) -> None:
        self._n_nodes = n_nodes
        self.node = torch.empty(0, dtype=torch.long)
        self.seed = torch.empty(0, dtype=torch.long)

    def __len__(self) -> int:
        return len(self.node)

    def add(self, node: Tensor, seed: Tensor) -> Tensor:
        """Add nodes that are not there yet; return the places of all of them."""
        n_known = len(self)
        keys = torch.cat([self.seed * self._n_nodes + self.node, seed * self._n_nodes + node])
        unique, where = torch.unique(keys, return_inverse=True)
        # The first appearance of each key, so that places of known nodes stay.
        first = torch.full_like(unique, len(keys)).scatter_reduce(
            0, where, torch.arange(len(keys)), "amin"
        )
        is_new = torch.zeros(len(keys), dtype=torch.bool)
        is_new[first] = True
        place = torch.cumsum(is_new, 0) - 1
        new = is_new[n_known:]
        self.node = torch.cat([self.node, node[new]])
        self.seed = torch.cat([self.seed, seed[new]])
        return place[first[where[n_known:]]]


def _first_later(times: Tensor, begin: Tensor, end: Tensor, limit: Tensor) -> Tensor:
    """Return the first place in [begin, end) whose time is later than a limit, or end.

    `times` rises within each such range: a bisection of all ranges at once.
    """
    low, high = begin.clone(), end.clone()
    while (low < high).any():
        middle = (low + high) // 2
        open_ = low < high
        earlier = torch.zeros_like(open_)
        earlier[open_] = times[middle[open_]] <= limit[open_]
        low = torch.where(open_ & earlier, middle + 1, low)
        high = torch.where(open_ & ~earlier, middle, high)
    return low


def _distinct(count: Tensor, width: int, generator: torch.Generator) -> Tensor:
    """Return up to `width` different numbers below each count, evenly; -1 where there are fewer.

    R. W. Floyd's algorithm (Bentley and Floyd, Programming Pearls, CACM 1987) for all rows at once:
    every subset is equally likely. Shape (n_rows, width), or narrower if no count is that large.
    """
    width = min(width, int(count.max())) if len(count) else 0
    drawn = torch.full((len(count), width), -1, dtype=torch.long)
    for i in range(width):
        last = count - width + i  # of the numbers that this step may draw
        few = count <= width
        uniform = torch.rand(len(count), generator=generator, dtype=torch.float64)
        number = (uniform * (last + 1)).long()
        taken = (drawn[:, :i] == number[:, None]).any(dim=1)
        number = torch.where(taken, last, number)
        all_of_few = torch.where(count > i, i, -1)
        drawn[:, i] = torch.where(few, all_of_few, number)
    return drawn
