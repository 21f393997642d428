"""Embeddings of importers, declarants and sellers from who trades with whom, without labels."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

from customs_baselines.features.transformer import ContextTransformer
from customs_data.columns.grouping import Grouping

Floats = npt.NDArray[np.float64]

TRADERS: Final = ("Importer ID", "Declarant ID", "Seller ID")
_POWER_ITERATIONS: Final = 3


class EntityEmbeddings(ContextTransformer):
    """Numbers that are alike for traders who have the same partners.

    Importers, declarants and sellers are the nodes of one graph; each declaration links its three.
    DeepWalk would walk along the links and learn vectors that predict who is met within a window.
    What it converges to has a closed form: a factorization of the log of how much more often than
    by chance two nodes meet.

    Parameters
    ----------
    n_numbers : int
        Length of a vector.
    window : int
        Longest walk, in links.
    n_negatives : float
        Strength of the shift towards pairs that meet often; it also keeps the matrix sparse.
    random_state : int
        Seed of the factorization.

    References
    ----------
    Qiu et al., 'Network Embedding as Matrix Factorization: Unifying DeepWalk, LINE, PTE, and
    node2vec', WSDM 2018 (NetMF).
    """

    def __init__(
        self,
        n_numbers: int = 32,
        window: int = 2,
        n_negatives: float = 1.0,
        random_state: int = 0,
    ) -> None:
        self.n_numbers = n_numbers
        self.window = window
        self.n_negatives = n_negatives
        self.random_state = random_state

    @property
    def needs_labels(self) -> bool:
        """Whether fitting needs labels: never."""
        return False

    def columns_read(self) -> tuple[str, ...]:
        """Return the traders' columns."""
        return TRADERS

    def feature_names(self) -> list[str]:
        """Return the names of the features, trader by trader."""
        return [f"embedding {i + 1} of {name}" for name in TRADERS for i in range(self.n_numbers)]

    def find_features(self, X: pd.DataFrame) -> Floats:
        """Return vectors of each row's traders, NaN for unknown ones, shape (n_rows, 3 * n)."""
        vectors_of_rows = [
            vectors[trader.find(X)]
            for trader, vectors in zip(self.traders_, self.vectors_, strict=True)
        ]
        return np.hstack(vectors_of_rows)

    def learn_in_context(
        self, X: pd.DataFrame, y: npt.NDArray[np.int8], context: pd.DataFrame
    ) -> Floats:
        """Embed the traders of the context; return the features of training rows."""
        self.traders_ = [Grouping((name,)) for name in TRADERS]
        groups = [trader.fit(context) for trader in self.traders_]
        sizes = [trader.n_groups for trader in self.traders_]
        matrix = meeting_matrix(_link(groups, sizes), self.window, self.n_negatives)
        n_numbers = min(self.n_numbers, matrix.shape[0] - 1)
        left, size, _ = randomized_svd(
            matrix, n_numbers, n_iter=_POWER_ITERATIONS, random_state=self.random_state
        )
        vectors = np.zeros((matrix.shape[0], self.n_numbers))
        vectors[:, :n_numbers] = left * np.sqrt(size)
        nobody = np.full((1, self.n_numbers), np.nan)
        parts = np.split(vectors, np.cumsum(sizes)[:-1])
        self.vectors_ = [np.vstack([part, nobody]) for part in parts]
        return self.find_features(X)


def _link(groups: list[npt.NDArray[np.int64]], sizes: list[int]) -> sparse.csr_matrix:
    """Return the number of declarations of each two traders, shape (n_nodes, n_nodes)."""
    starts = np.cumsum([0, *sizes[:-1]])
    ends: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]] = []
    for i in range(len(groups)):
        for j in range(len(groups)):
            if i != j:
                both = (groups[i] >= 0) & (groups[j] >= 0)
                ends.append((groups[i][both] + starts[i], groups[j][both] + starts[j]))
    rows, columns = (np.concatenate(part) for part in zip(*ends, strict=True))
    n = sum(sizes)
    return sparse.coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(n, n)).tocsr()


def meeting_matrix(links: sparse.csr_matrix, window: int, n_negatives: float) -> sparse.csr_matrix:
    """Return how much more often than by chance two nodes meet on walks, as a logarithm.

    Parameters
    ----------
    links : sparse matrix, shape (n_nodes, n_nodes)
        Symmetric weights.
    window : int
        Longest walk.
    n_negatives : float
        Pairs that meet less than this many times as often as by chance have 0.

    Returns
    -------
    sparse matrix of float64, shape (n_nodes, n_nodes)
        max(0, log(vol / (window * n_negatives) * (P + ... + P^window) D^-1)), with degrees D,
        their sum vol and P = D^-1 links.
    """
    degree = np.asarray(links.sum(axis=1)).ravel()
    inverse = sparse.diags(1.0 / np.maximum(degree, 1.0))
    step = (inverse @ links).tocsr()
    walk, total = step, step
    for _ in range(window - 1):
        walk = walk @ step
        total = total + walk
    meetings = (total @ inverse).tocsr() * (degree.sum() / window / n_negatives)
    meetings.data = np.log(np.maximum(meetings.data, 1.0))
    meetings.eliminate_zeros()
    return meetings
