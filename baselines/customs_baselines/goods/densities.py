"""How probable mass and price of a declaration are, given its goods."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.goods.codes import GoodsCodes, Integers

Floats = npt.NDArray[np.float64]

_SMALLEST: Final = 1e-3  # kg and KRW; also what an empty cell counts as
_PULL: Final = 2.0  # declarations that the heading's, chapter's and overall mean count as
_PULL_SD: Final = 10.0  # the same for variances
_LOWEST: Final = -9.0  # no goods are excluded for good by one odd number


def ln_mass_and_unit_price(X: pd.DataFrame) -> Floats:
    """Return ln(kg) and ln(KRW per kg) of each declaration, shape (n, 2)."""
    mass, price = (
        np.log(np.maximum(np.nan_to_num(X[name].to_numpy(np.float64)), _SMALLEST))
        for name in ("Net Mass", "Item Price")
    )
    return np.stack([mass, price - mass], axis=1)


class Densities:
    """Normal densities of ln mass and ln unit price by goods, drawn to those of kin.

    Parameters
    ----------
    values : ndarray of float64, shape (n_train, 2)
        As `ln_mass_and_unit_price` returns them.
    goods : ndarray of int64, shape (n_train,)
    codes : GoodsCodes

    Attributes
    ----------
    mean, sd : ndarray of float64, shape (n_codes, 2)
    """

    def __init__(self, values: Floats, goods: Integers, codes: GoodsCodes) -> None:
        self.mean = np.tile(values.mean(axis=0), (len(codes), 1))
        self.sd = np.empty_like(self.mean)
        n = np.bincount(goods, minlength=len(codes)).astype(np.float64)
        for column in range(2):
            x = values[:, column]
            mean = self.mean[:, column]
            for level in (codes.chapter, codes.heading, np.arange(len(codes))):
                place = level[goods]
                size = int(level.max()) + 1
                count = np.bincount(place, minlength=size)
                total = np.bincount(place, weights=x, minlength=size)
                mean = (total[level] + _PULL * mean) / (count[level] + _PULL)
            self.mean[:, column] = mean
            square = np.square(x - mean[goods])
            own = np.bincount(goods, weights=square, minlength=len(codes))
            pooled = max(float(square.mean()), 1e-4)
            variance = (own + _PULL_SD * pooled) / (n + _PULL_SD)
            self.sd[:, column] = np.sqrt(variance * (1.0 + 1.0 / (n + _PULL)))

    def of(self, values: Floats, goods: Integers) -> Floats:
        """Return the log densities of pairs, shape (n_pairs, 2).

        Parameters
        ----------
        values : ndarray of float64, shape (n_pairs, 2)
        goods : ndarray of int64, shape (n_pairs,)
        """
        sd = self.sd[goods]
        z = (values - self.mean[goods]) / sd
        return np.asarray(np.maximum(-0.5 * z * z - np.log(sd), _LOWEST))

    def of_all(self, values: Floats) -> npt.NDArray[np.float32]:
        """Return the log density of mass and price under all goods, shape (n, n_codes)."""
        total = np.zeros((len(values), len(self.sd)), dtype=np.float32)
        for column in range(2):
            sd = self.sd[:, column].astype(np.float32)
            z = values[:, column, None].astype(np.float32)
            z = (z - self.mean[:, column].astype(np.float32)) / sd
            total += np.maximum(-0.5 * z * z - np.log(sd), np.float32(_LOWEST))
        return total
