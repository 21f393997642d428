"""The order of declarations by content, and the links between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from customs_data.columns.grouping import Group
from customs_data.graph import link_declarations
from customs_data.schema import KEY

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

#: Columns of each kind of entity that links declarations; a conjunction is an entity of its own.
RELATIONS: Final[dict[str, tuple[str, ...]]] = {
    "importer": ("Importer ID",),
    "seller": ("Seller ID",),
    "declarant": ("Declarant ID",),
    "declarant x seller": ("Declarant ID", "Seller ID"),
    "declarant x departure": ("Declarant ID", "Country of Departure"),
    "declarant x chapter": ("Declarant ID", "Chapter"),
    "declarant x departure x chapter": ("Declarant ID", "Country of Departure", "Chapter"),
    "declarant x office": ("Declarant ID", "Office ID"),
    "declarant x office x departure": ("Declarant ID", "Office ID", "Country of Departure"),
    "HS6": ("HS6 Code",),
    "chapter x origin": ("Chapter", "Country of Origin"),
    "HS6 x departure x origin": ("HS6 Code", "Country of Departure", "Country of Origin"),
    "departure x heading": ("Country of Departure", "Heading"),
    "route": ("Country of Departure", "Country of Origin", "Tax Type"),
    "importer x chapter": ("Importer ID", "Chapter"),
    "importer x seller": ("Importer ID", "Seller ID"),
    "importer x departure": ("Importer ID", "Country of Departure"),
    "importer x declarant": ("Importer ID", "Declarant ID"),
    "filing": ("Office ID", "Import Type", "Mode of Transport", "Payment Type"),
}
#: Columns of the canonical order; entity IDs only break the ties of all others.
_ORDER: Final = (
    "Date",
    "HS6 Code",
    "Item Price",
    "Net Mass",
    "Tax Rate",
    "Tax Type",
    "Country of Origin",
    "Country of Departure",
    "Office ID",
    "Import Type",
    "Mode of Transport",
    "Importer ID",
    "Declarant ID",
    "Seller ID",
    KEY,
)


def canonical_order(X: pd.DataFrame) -> Integers:
    """Return the positions that sort declarations by date and content.

    In this order, sums, folds and masks do not depend on the order of the rows. Nor do they depend
    on the names of entities, except among declarations equal in every other column.
    """
    if len(X) == 0:
        return np.empty(0, dtype=np.int64)
    keys = [
        pd.factorize(X[name], sort=True)[0]
        if name not in ("Date", "Item Price", "Net Mass", "Tax Rate")
        else X[name].to_numpy()
        for name in _ORDER
    ]
    return np.lexsort(keys[::-1]).astype(np.int64)


@dataclass(frozen=True)
class Links:
    """The entity of each kind that a declaration is linked to.

    Attributes
    ----------
    data : HeteroData
        The graph, with edges in both directions (`customs_data.graph.link_declarations`).
    group : dict of str to ndarray of int64, shape (n_declarations,)
        Number of the entity by kind, -1 for none.
    day : ndarray of int64, shape (n_declarations,)
        Days since 1970-01-01.
    """

    data: HeteroData
    group: dict[str, Group]
    day: Integers

    def __len__(self) -> int:
        return len(self.day)

    @classmethod
    def read(cls, X: pd.DataFrame, relations: dict[str, tuple[str, ...]]) -> Links:
        """Number the entities of the declarations, in the order of their first appearance."""
        return cls.of_graph(link_declarations(X, relations))

    @classmethod
    def of_graph(cls, data: HeteroData) -> Links:
        """Return the links of a graph."""
        day = data["declaration"].time.numpy()
        group = {}
        for kind in data.node_types:
            if kind != "declaration":
                declaration, entity = data["declaration", "to", kind].edge_index.numpy()
                group[kind] = np.full(len(day), -1)
                group[kind][declaration] = entity
        return cls(data, group, day)

    def without(self, rows: Integers) -> Links:
        """Return the same links without those of some declarations."""
        data = self.data.clone()
        for source, name, target in data.edge_types:
            edges = data[source, name, target].edge_index
            declaration = edges[0 if source == "declaration" else 1].numpy()
            kept = torch.from_numpy(~np.isin(declaration, rows))
            data[source, name, target].edge_index = edges[:, kept]
        return Links.of_graph(data)
