"""How well groups of declarations recover the hidden clusters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from customs_data.columns.grouping import Group


@dataclass(frozen=True)
class Recovery:
    """Agreement of groups with clusters; a row of a cluster that is in no group counts 0.

    Attributes
    ----------
    recall : float
        Share of the clusters' rows that are in a group.
    purity : float
        Share of the grouped rows that belong to their group's most frequent cluster.
    precision : float
        B-cubed precision: mean over the clusters' rows of the share of their group that is of
        the same cluster.
    completeness : float
        B-cubed recall: mean over the clusters' rows of the share of their cluster that is in the
        same group.

    References
    ----------
    Bagga and Baldwin, "Entity-Based Cross-Document Coreferencing Using the Vector Space Model",
    COLING-ACL 1998.
    """

    recall: float
    purity: float
    precision: float
    completeness: float

    @property
    def recall_x_purity(self) -> float:
        """Recall times purity."""
        return self.recall * self.purity

    @property
    def b_cubed(self) -> float:
        """B-cubed precision times B-cubed recall."""
        return self.precision * self.completeness


def measure_recovery(group: Group, cluster: Group) -> Recovery:
    """Compare groups with clusters.

    Parameters
    ----------
    group : ndarray of int64, shape (n_rows,)
        Recovered group of each declaration, -1 for none.
    cluster : ndarray of int64, shape (n_rows,)
        Its hidden cluster, -1 for none.

    Examples
    --------
    Clusters of 2 and 2 rows beside one honest row. The group {0, 1, 4} has the whole first cluster
    and an honest row, the group {2} half of the second.

    >>> group, cluster = np.array([0, 0, 1, -1, 0]), np.array([0, 0, 1, 1, -1])
    >>> measured = measure_recovery(group, cluster)
    >>> round(measured.recall, 3), round(measured.purity, 3)
    (0.75, 0.75)
    >>> round(measured.precision, 3), round(measured.completeness, 3)
    (0.583, 0.625)
    """
    in_cluster, in_group = cluster >= 0, group >= 0
    both = in_cluster & in_group
    n_cluster_rows = int(in_cluster.sum())
    if not both.any():
        return Recovery(0.0, 0.0, 0.0, 0.0)
    pair, of_pair = np.unique(
        np.stack([group[both], cluster[both]], axis=1), axis=0, return_inverse=True
    )
    of_pair = of_pair.reshape(-1)
    common = np.bincount(of_pair)
    largest = np.zeros(int(group.max()) + 1, dtype=np.int64)
    np.maximum.at(largest, pair[:, 0], common)
    shared = common[of_pair].astype(np.float64)
    return Recovery(
        recall=float(both.sum()) / n_cluster_rows,
        purity=float(largest.sum()) / float(in_group.sum()),
        precision=float(np.sum(shared / _size(group)[both])) / n_cluster_rows,
        completeness=float(np.sum(shared / _size(cluster)[both])) / n_cluster_rows,
    )


def _size(code: Group) -> npt.NDArray[np.int64]:
    """Return the number of rows with the same code; meaningless for -1."""
    return np.bincount(code[code >= 0]).astype(np.int64)[code]
