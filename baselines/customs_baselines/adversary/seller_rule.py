"""The rule that broke version 1 of the world: join importers through sellers of several pools.

In version 1 a seller with goods of several (departure, chapter) pairs served a ring or a decoy,
and an honest seller never did. In version 2 trading houses do it, too.
"""

from __future__ import annotations

from math import log

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from customs_baselines.adversary.keyed_rows import IMPORTER, POOL, SELLER, KeyedRows
from customs_data.columns.grouping import Group, group_sums

# Log-likelihood ratio of a seller of several pools: a row outside its most frequent pool happens
# to an honest one by a false declaration only. Rates of version 1.
_OUT, _IN, _PRIOR, _LIMIT = log(0.75 / 0.06), log(0.25), -1.6, 2.2
_FEWEST_POOLS, _SHARE_OUTSIDE = 4, 0.4


def join_by_sellers(rows: KeyedRows) -> Group:
    """Return the component of each row's importer, -1 for an importer alone, shape (n_rows,)."""
    joins = _serves_several_pools(rows)[rows[SELLER,]] & (rows[SELLER,] >= 0)
    n_importers, n_sellers = rows.n_groups((IMPORTER,)), rows.n_groups((SELLER,))
    importer, seller = rows[IMPORTER,][joins], rows[SELLER,][joins]
    n = n_importers + n_sellers
    links = coo_array((np.ones(len(importer)), (importer, n_importers + seller)), shape=(n, n))
    component = connected_components(links, directed=False)[1][:n_importers]
    is_alone = np.bincount(component)[component] < 2
    return np.where(is_alone, -1, component)[rows[IMPORTER,]].astype(np.int64)


def _serves_several_pools(rows: KeyedRows) -> npt.NDArray[np.bool_]:
    """Return which sellers look like those of version 1's rings, shape (n_sellers + 1,)."""
    key = (SELLER, *POOL)
    n_sellers = rows.n_groups((SELLER,))
    n_rows = group_sums(rows[SELLER,], n_sellers)
    of_pool = group_sums(rows[key], rows.n_groups(key))[:-1]
    known = rows[key] >= 0
    seller_of = np.zeros(len(of_pool), dtype=np.int64)
    seller_of[rows[key][known]] = rows[SELLER,][known]
    largest = np.zeros(n_sellers + 1)
    np.maximum.at(largest, seller_of, of_pool)
    n_pools = np.bincount(seller_of, minlength=n_sellers + 1)
    outside = n_rows - largest
    evidence = outside * _OUT + np.maximum(n_rows - outside - 1, 0) * _IN + _PRIOR
    many = (n_pools >= _FEWEST_POOLS) & (outside >= _SHARE_OUTSIDE * n_rows)
    return np.asarray((evidence > _LIMIT) | many)
