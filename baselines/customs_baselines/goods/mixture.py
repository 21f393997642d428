"""The back-off mixture: histories from the widest to the narrowest, times mass and price."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.goods.codes import GoodsCodes, Integers
from customs_baselines.goods.densities import Densities, ln_mass_and_unit_price
from customs_baselines.goods.histories import Histories

Chain = tuple[tuple[tuple[str, ...], float], ...]

_ROUTE: Final = ("Country of Departure", "Country of Origin")
#: Keys from the widest to the narrowest, each with the number of declarations of its own that
#: weigh as much as all wider keys; chosen on worlds of seeds 900 and 901.
CHAIN: Final[Chain] = (
    (_ROUTE, 20.0),
    (("Seller ID",), 2.0),
    (("Seller ID", *_ROUTE), 1.0),
    (("Importer ID",), 1.0),
    (("Importer ID", *_ROUTE), 0.3),
    (("Importer ID", "Seller ID"), 0.3),
)
_ROWS_AT_A_TIME: Final = 2048


class Mixture:
    """Log probabilities of goods, up to a constant of each declaration.

    Parameters
    ----------
    X : DataFrame, shape (n_train, n_columns)
    codes : ndarray of str, shape (n_train,)
        As declared.
    keys : sequence of tuple of str, optional
        Further keys to count, which the mixture does not read.
    chain : sequence of (tuple of str, float), optional
        Keys from the widest to the narrowest, with their weights.

    Attributes
    ----------
    codes : GoodsCodes
    goods : ndarray of int64, shape (n_train,)
    histories : Histories
    densities : Densities
    prior : ndarray of float32, shape (n_codes,)
    """

    def __init__(
        self,
        X: pd.DataFrame,
        codes: npt.NDArray[np.str_],
        keys: tuple[tuple[str, ...], ...] = (),
        chain: Chain = CHAIN,
    ) -> None:
        self.codes, self.goods = GoodsCodes.of(codes)
        self._chain = chain
        every = dict.fromkeys((*(key for key, _ in chain), *keys))
        self.histories = Histories(tuple(every), X, self.goods, len(self.codes))
        self.densities = Densities(ln_mass_and_unit_price(X), self.goods, self.codes)
        counts = np.bincount(self.goods, minlength=len(self.codes)) + 0.5
        self.prior = (counts / counts.sum()).astype(np.float32)

    def log_shares(
        self, groups: dict[tuple[str, ...], Integers], rows: slice
    ) -> npt.NDArray[np.float32]:
        """Return ln of the goods' expected shares, before mass and price, (n_rows, n_codes)."""
        share = np.tile(self.prior, (rows.stop - rows.start, 1))
        for key, weight in self._chain:
            history, group = self.histories.by_key[key], groups[key][rows]
            known = np.flatnonzero(group >= 0)
            own = history.counts[group[known]].toarray()
            own += weight * share[known]
            share[known] = own / (history.total[group[known], None] + weight)
        np.log(share, out=share)
        return share

    def score(self, X: pd.DataFrame) -> Iterator[tuple[slice, npt.NDArray[np.float32]]]:
        """Yield rows and their scores of all goods, shape (n_rows, n_codes), part by part."""
        groups, values = self.histories.groups(X), ln_mass_and_unit_price(X)
        for start in range(0, len(X), _ROWS_AT_A_TIME):
            rows = slice(start, min(start + _ROWS_AT_A_TIME, len(X)))
            yield rows, self.log_shares(groups, rows) + self.densities.of_all(values[rows])
