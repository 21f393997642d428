"""Features that tell a cluster's declarations from ordinary ones, without a label."""

from __future__ import annotations

from typing import Final

import numpy as np

from customs_baselines.adversary.keyed_rows import (
    BROKER,
    CELL,
    IMPORTER,
    POOL,
    PORT,
    PRODUCT,
    SELLER,
    Floats,
    Key,
    KeyedRows,
)
from customs_data.columns.column_set import declared_number
from customs_data.columns.grouping import Group, group_sums

#: Keys whose declarations, importers and mean importer are described.
_KEYS: Final[tuple[Key, ...]] = (
    (SELLER,),
    (BROKER,),
    (SELLER, BROKER),
    (BROKER, PORT),
    (BROKER, *POOL),
    (BROKER, *CELL),
    (SELLER, *POOL),
    (BROKER, "Office ID", PORT),
    CELL,
)
#: What is counted within an importer's declarations: distinct values of each.
_COUNTED: Final[tuple[Key, ...]] = (
    POOL, (PORT,), ("Chapter",), (PRODUCT,), (BROKER,), (SELLER,), ("Office ID",),
    ("Mode of Transport",), ("Payment Type",), ("Import Type",),
)  # fmt: skip


def describe_rows(rows: KeyedRows) -> Floats:
    """Return features of each declaration, shape (n_rows, n_features).

    The importer's life, size and variety; and for each key the number of declarations and
    importers, and the mean life, size and variety of these importers.
    """
    importer, n = rows[IMPORTER,], rows.n_groups((IMPORTER,))
    first, last = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(first, importer, rows.day)
    np.maximum.at(last, importer, rows.day)
    size = group_sums(importer, n)[:-1]
    own = [np.log1p(last - first), np.log(size), first, last]
    own += [np.log1p(_n_distinct(rows, (IMPORTER,), key)) for key in _COUNTED]
    of_row = np.stack(own, axis=1)[importer]
    columns = [of_row, np.log1p(np.abs(np.log1p(declared_number(rows.X, "Net Mass"))))[:, None]]
    told = of_row[:, :6]
    for key in _KEYS:
        group, n_groups = rows[key], rows.n_groups(key)
        n_rows = group_sums(group, n_groups)
        n_importers = np.append(_n_distinct(rows, key, (IMPORTER,)), 0.0)
        mean = [_mean_of_others(group, n_groups, told[:, i]) for i in range(told.shape[1])]
        counts = [np.log1p(n_rows)[group], np.log1p(n_importers)[group]]
        counts.append(_span(rows, group, n_groups))
        columns.append(np.stack([*counts, *mean], axis=1))
    return np.hstack(columns).astype(np.float32).astype(np.float64)


def _n_distinct(rows: KeyedRows, key: Key, value: Key) -> Floats:
    """Return the number of distinct values in each group of a key, shape (n_groups,)."""
    group, code = rows[key], rows[value]
    known = (group >= 0) & (code >= 0)
    pair = np.unique(group[known] * rows.n_groups(value) + code[known])
    return np.bincount(pair // max(rows.n_groups(value), 1), minlength=rows.n_groups(key)).astype(
        np.float64
    )


def _mean_of_others(group: Group, n_groups: int, value: Floats) -> Floats:
    """Return the mean of the group's other rows, NaN without any, shape (n_rows,)."""
    total, n = group_sums(group, n_groups, value)[group], group_sums(group, n_groups)[group]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(n > 1, (total - value) / (n - 1), np.nan)


def _span(rows: KeyedRows, group: Group, n_groups: int) -> Floats:
    """Return the days between first and last declaration of each row's group, shape (n_rows,)."""
    first, last = np.full(n_groups + 1, np.inf), np.full(n_groups + 1, -np.inf)
    np.minimum.at(first, group, rows.day)
    np.maximum.at(last, group, rows.day)
    return np.asarray(np.where(group < 0, np.nan, (last - first)[group]))
