"""Declarations as a torch-geometric graph: each is linked to its importer, its goods, ..."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.columns.column_set import declared_number
from customs_data.columns.grouping import Grouping, declared_columns
from customs_data.errors import KitError
from customs_data.schema import COLUMN, ERASED

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData

Floats = npt.NDArray[np.float64]
Key = tuple[str, ...]

#: Node types beside "declaration", and the columns that identify a node of each.
ENTITIES: Final[dict[str, Key]] = {
    "importer": ("Importer ID",),
    "declarant": ("Declarant ID",),
    "seller": ("Seller ID",),
    "courier": ("Courier ID",),
    "hs6": ("HS6 Code",),
    "office": ("Office ID",),
}
#: Values of a code with a feature of their own; the rarer ones have none.
_MOST_VALUES: Final = 8
_LARGEST: Final = 5.0  # standard deviations; farther values are clipped


def hetero_data(
    train: pd.DataFrame,
    y: npt.ArrayLike | None = None,
    test: pd.DataFrame | None = None,
    *,
    entities: Mapping[str, Key] = ENTITIES,
    reverse: bool = False,
) -> HeteroData:
    """Build a graph of declarations and what they share.

    Parameters
    ----------
    train : DataFrame, shape (n_train, 20)
        Declared columns of the training declarations.
    y : array of int, shape (n_train,), optional
        1 = fraud, 0 = honest, -1 = unlabelled; all are unlabelled by default.
    test : DataFrame, shape (n_test, 20), optional
        Declarations to be scored.
    entities : mapping of str to tuple of str
        Node types and the columns that identify a node: declared ones, 'Chapter' or 'Heading'.
        With several columns, a combination of their values is a node. A type is left out if only
        `test` lacks one of its columns.
    reverse : bool
        Whether to add an edge from the entity to the declaration, too.

    Returns
    -------
    HeteroData
        Nodes ``"declaration"``: the rows of `train`, then those of `test`, in their order, with

        * ``x`` float32, shape (n, n_features), named by ``data.feature_names``: numbers on a log
          scale, their deviation from the mean of the HS code, calendar, frequent codes; scaled to
          mean 0 and variance 1 over `train`. No label is read;
        * ``time`` int64, shape (n,): days since 1970-01-01;
        * ``y`` int64, shape (n,): 1, 0, or -1 for unlabelled and test declarations;
        * ``train_mask`` (training declarations with a label) and ``test_mask``, bool, shape (n,).

        Nodes of each entity type are numbered in the order of their first appearance, so that
        `test` does not change the numbers of training; ``x`` float32, shape (n_entities, 1), is
        the logarithm of 1 + the number of declarations.

        Edges ``("declaration", "to", entity)``; a declaration without the entity has none. With
        `reverse`, also ``(entity, "rev_to", "declaration")``.

    Raises
    ------
    KitError
        If there is no training declaration, `y` is of another length or no label, or `train` lacks
        a column of an entity, or an entity is named "declaration".

    Examples
    --------
    >>> days = pd.to_datetime(["2020-01-01", "2020-01-02"])
    >>> train = pd.DataFrame({"Date": days, "Importer ID": ["A", "A"], "Seller ID": ["S", None]})
    >>> shared = {"importer": ("Importer ID",), "seller": ("Seller ID",)}
    >>> data = hetero_data(train, [1, -1], entities=shared)
    >>> data["declaration", "to", "importer"].edge_index.tolist()
    [[0, 1], [0, 0]]
    >>> data["declaration", "to", "seller"].edge_index.tolist(), data["declaration"].y.tolist()
    ([[0], [0]], [1, -1])
    """
    import torch

    labels = np.full(len(train), ERASED) if y is None else np.asarray(y)
    if labels.shape != (len(train),):
        raise KitError(f"y has shape {labels.shape}, but train has {len(train):,} declarations.")
    if len(train) == 0:
        raise KitError("A graph needs a training declaration, but train is empty.")
    wrong = np.unique(labels[~(labels >= ERASED) | (labels % 1 != 0)])
    if len(wrong):
        raise KitError(f"y contains {wrong[0]}. Labels are 1, 0, and -1 for unlabelled.")
    if "declaration" in entities:
        raise KitError("No entity can be named 'declaration': these nodes are the declarations.")
    X, n_test = train, 0
    if test is not None:
        X, n_test = pd.concat([train[list(test.columns)], test], ignore_index=True), len(test)
    features = _features(X, len(train))
    for kind, key in entities.items():
        if missing := [name for name in declared_columns(key) if name not in train.columns]:
            raise KitError(f"Entity {kind!r}: train has no column {missing[0]!r}.")
    in_both = {k: key for k, key in entities.items() if set(declared_columns(key)) <= set(X)}
    data = link_declarations(X, in_both, reverse=reverse)
    nodes = data["declaration"]
    nodes.x = torch.from_numpy(_scale(features.to_numpy(), len(train)))
    nodes.y = torch.from_numpy(np.append(labels, np.full(n_test, ERASED)).astype(np.int64))
    nodes.train_mask = nodes.y != ERASED
    nodes.test_mask = torch.arange(len(X)) >= len(train)
    data.feature_names = list(features.columns)
    return data


def link_declarations(
    X: pd.DataFrame, entities: Mapping[str, Key], *, reverse: bool = True
) -> HeteroData:
    """Build the graph of `hetero_data` without features, labels and masks of declarations.

    Parameters
    ----------
    X : DataFrame, shape (n_declarations, n_columns)
        With the column Date and those of the entities.
    entities, reverse
        See `hetero_data`.

    Returns
    -------
    HeteroData
        Nodes ``"declaration"`` with ``time``, nodes of each entity with ``x``, and their edges.
    """
    import torch
    from torch_geometric.data import HeteroData

    data = HeteroData()
    day = X["Date"].to_numpy().astype("datetime64[D]").astype(np.int64)
    data["declaration"].time = torch.from_numpy(day)
    for kind, key in entities.items():
        group = pd.Series(Grouping(key).fit(X))
        codes, values = pd.factorize(group.where(group >= 0))
        linked = np.flatnonzero(codes >= 0)
        edges = torch.from_numpy(np.stack([linked, codes[linked]]).astype(np.int64))
        count = np.bincount(codes[linked], minlength=len(values))
        data[kind].x = torch.from_numpy(np.log1p(count).astype(np.float32)[:, None])
        data["declaration", "to", kind].edge_index = edges
        if reverse:
            data[kind, "rev_to", "declaration"].edge_index = edges.flip(0)
    return data


def _features(X: pd.DataFrame, n_train: int) -> pd.DataFrame:
    """Numbers of each declaration, without labels; codes are chosen by their rows of training."""
    columns: dict[str, Floats] = {}
    if {"Net Mass", "Item Price", "Tax Rate"} <= set(X.columns):
        mass, price, rate = (
            declared_number(X, name) for name in ("Net Mass", "Item Price", "Tax Rate")
        )
        columns["log mass"] = np.log(mass + 0.1)  # 0 kg and 0 KRW occur
        columns["log price"] = np.log(price + 1.0)
        columns["log unit price"] = columns["log price"] - columns["log mass"]
        columns["tax rate"] = rate
        columns["log duty"] = np.log1p(price * rate / 100)
    if columns and "HS6 Code" in X:
        for name in ("log mass", "log price", "log unit price"):
            norm = pd.Series(columns[name]).groupby(X["HS6 Code"].to_numpy()).transform("mean")
            columns[f"{name} against HS6 mean"] = columns[name] - norm.to_numpy(np.float64)
    columns["weekday"] = X["Date"].dt.day_of_week.to_numpy(np.float64)
    columns["day of month"] = X["Date"].dt.day.to_numpy(np.float64)
    for name in X.columns:
        if name in COLUMN and COLUMN[name].role == "code" and name != "HS6 Code":
            count = X[name].iloc[:n_train].value_counts()
            by_count = sorted(count.items(), key=lambda item: (-item[1], str(item[0])))
            for value, _ in by_count[:_MOST_VALUES]:
                columns[f"{name} {value}"] = np.asarray(X[name] == value, dtype=np.float64)
    return pd.DataFrame(columns)


def _scale(values: Floats, n_train: int) -> npt.NDArray[np.float32]:
    """Scale each column to mean 0 and variance 1 over training; a constant one becomes 0."""
    spread = values[:n_train].std(axis=0)
    scaled: Floats = (values - values[:n_train].mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return np.clip(scaled, -_LARGEST, _LARGEST).astype(np.float32)
