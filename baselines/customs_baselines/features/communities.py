"""Communities of lines of trade, recovered without labels, as one more entity with a history.

A line is an importer with a country of departure and a chapter. Lines are alike if they share a
seller, or a declarant with the same country, chapter or office: what the shells of one ring share.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from customs_baselines.features.risk import RiskProfiles
from customs_baselines.features.transformer import ContextTransformer
from customs_data.columns.grouping import Grouping, declared_columns
from customs_data.schema import KEY

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

LINE: Final = ("Importer ID", "Country of Departure", "Chapter")
#: What makes lines alike if they share it.
TIES: Final = (
    ("Seller ID",),
    ("Declarant ID", "Country of Departure", "Chapter"),
    ("Declarant ID", "Country of Departure", "Office ID"),
)
# A tie of one line joins nothing, one of very many lines says nothing.
_MOST_LINES: Final = 200
_MOST_ROUNDS: Final = 40
_COLUMN: Final = "Community"


class CommunityRisk(ContextTransformer):
    """Fraud history of the community that a declaration's line belongs to.

    Parameters
    ----------
    resolution : float
        Larger values make smaller communities.
    smoothing : float
        Imaginary declarations at the overall fraud rate added to each history.
    random_state : int
        Key of the folds, and seed of the order in which communities are tried.
    """

    def __init__(
        self, resolution: float = 100.0, smoothing: float = 2.0, random_state: int = 0
    ) -> None:
        self.resolution = resolution
        self.smoothing = smoothing
        self.random_state = random_state

    def columns_read(self) -> tuple[str, ...]:
        """Return the columns of lines and ties, and those that deal rows into cells."""
        names = dict.fromkeys(name for key in (LINE, *TIES) for name in declared_columns(key))
        return (*names, "Date", KEY)

    def feature_names(self) -> list[str]:
        """Return the names of the two features."""
        return ["risk of the community", "evidence of the community"]

    def find_features(self, X: pd.DataFrame) -> Floats:
        """Return the histories of other declarations; those of unknown lines say nothing."""
        return self.profiles_.transform(self._with_community(X))

    def learn_in_context(
        self, X: pd.DataFrame, y: npt.NDArray[np.int8], context: pd.DataFrame
    ) -> Floats:
        """Find the communities of the context; return the histories of training rows."""
        self.line_ = Grouping(LINE)
        line = self.line_.fit(context)
        columns, start = [], 0
        for key in TIES:
            grouping = Grouping(key)
            tie = grouping.fit(context)
            columns.append(np.where(tie >= 0, tie + start, -1))
            start += grouping.n_groups
        n_lines = self.line_.n_groups
        ties = _tie_matrix(line, columns, n_lines, start)
        self.community_ = find_communities(ties, self.resolution)
        self.profiles_ = RiskProfiles(
            ((_COLUMN,),), smoothing=self.smoothing, random_state=self.random_state
        )
        return self.profiles_.fit_transform(self._with_community(X), y)

    def _with_community(self, X: pd.DataFrame) -> pd.DataFrame:
        line = self.line_.find(X)
        name = pd.Series(np.append(self.community_, -1)[line]).astype("str")
        return X.assign(**{_COLUMN: name.mask(line < 0).to_numpy()})


def _tie_matrix(
    line: Integers, columns: list[Integers], n_lines: int, n_ties: int
) -> sparse.csr_matrix:
    """Return the weight of each tie of each line, shape (n_lines, n_ties)."""
    rows = np.concatenate([line for _ in columns])
    ties = np.concatenate(columns)
    known = (rows >= 0) & (ties >= 0)
    pairs = np.unique(rows[known] * n_ties + ties[known])
    rows, ties = pairs // n_ties, pairs % n_ties
    n_sharing = np.bincount(ties, minlength=n_ties)
    kept = (n_sharing[ties] > 1) & (n_sharing[ties] <= _MOST_LINES)
    rows, ties = rows[kept], ties[kept]
    weight = 1.0 / np.sqrt(n_sharing[ties])
    return sparse.coo_matrix((weight, (rows, ties)), shape=(n_lines, n_ties)).tocsr()


def find_communities(ties: sparse.csr_matrix, resolution: float = 1.0) -> Integers:
    """Return the community of each line, shape (n_lines,), numbered from 0.

    Communities that are each other's best partners are joined, round after round, as long as the
    links between them are more than `resolution` times those that chance would make: modularity,
    maximized greedily.

    Parameters
    ----------
    ties : sparse matrix, shape (n_lines, n_ties)
        Weights of links.
    resolution : float
        Weight of chance.

    References
    ----------
    Newman, 'Fast algorithm for detecting community structure in networks', Physical Review E 69
    (2004).
    """
    likeness = (ties @ ties.T).tocsr()
    community = np.arange(ties.shape[0])
    likeness.setdiag(0.0)
    strength = np.asarray(likeness.sum(axis=1)).ravel()
    total = max(float(strength.sum()), 1e-12)
    for _ in range(_MOST_ROUNDS):
        partner = _best_partners(likeness, resolution * strength / total, strength)
        mutual = (partner >= 0) & (partner[partner] == np.arange(len(partner)))
        if not mutual.any():
            break
        first = np.where(mutual, np.minimum(np.arange(len(partner)), partner), -1)
        joined = np.unique(np.where(mutual, first, np.arange(len(partner))), return_inverse=True)[1]
        community = joined[community]
        members = sparse.coo_matrix(
            (np.ones(len(joined)), (joined, np.arange(len(joined)))),
            shape=(int(joined.max()) + 1, len(joined)),
        ).tocsr()
        likeness = (members @ likeness @ members.T).tocsr()
        likeness.setdiag(0.0)
        strength = members @ strength
    return community


def _best_partners(likeness: sparse.csr_matrix, expected: Floats, strength: Floats) -> Integers:
    """Return the partner with the highest likeness above chance, -1 for none, shape (n,)."""
    row = np.repeat(np.arange(likeness.shape[0]), np.diff(likeness.indptr))
    gain = likeness.data - expected[row] * strength[likeness.indices]
    kept = gain > 0.0
    row, partner, gain = row[kept], likeness.indices[kept].astype(np.int64), gain[kept]
    # Equal gains: the lower pair of numbers first, the same seen from both sides.
    low, high = np.minimum(row, partner), np.maximum(row, partner)
    order = np.lexsort((-high, -low, gain, row))
    last = np.flatnonzero(np.diff(row[order], append=-1))
    best = np.full(likeness.shape[0], -1, dtype=np.int64)
    best[row[order][last]] = partner[order][last]
    return best
