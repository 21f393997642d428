"""`profile_bayes`: what the public profile says about goods, without one declaration."""

from __future__ import annotations

from typing import Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator

from customs_baselines.goods.codes import best_first
from customs_baselines.goods.densities import ln_mass_and_unit_price
from customs_baselines.goods.histories import Histories
from customs_data.profile import load_profile
from customs_data.world.configuration import load_configuration

_ROUTE: Final = ("Country of Departure", "Country of Origin")
_BACK_OFF: Final = 0.05  # declarations that the wider key counts as, departure or all
_LEAST: Final = 0.01  # declarations that goods without any count as
_ROWS_AT_A_TIME: Final = 2048


class ProfileBayes(BaseEstimator):
    """Bayes' rule with the profile that the simulator is calibrated to.

    The prior of the goods given the route comes from the profile's counts, the densities of mass
    and unit price from its means and deviations and from the practice configuration. Whoever has
    the kit has both, so this is the floor of the task: what a model says beyond it, it learned.

    Notes
    -----
    It learned from the simulator: its results are marked.
    """

    def fit(self, X: pd.DataFrame, codes: npt.NDArray[np.str_]) -> Self:
        """Read the profile.

        Parameters
        ----------
        X : DataFrame, shape (n_train, n_columns)
            Not read.
        codes : ndarray of str, shape (n_train,)
            Not read.
        """
        profile, trade = load_profile(), load_configuration("practice").trade
        values, cells = profile.values, profile.goods
        self.codes_ = np.array(values.hs6, dtype=np.str_)
        place = {code: number for number, code in enumerate(values.hs6)}
        goods = np.array([place[code] for code in cells.hs6], dtype=np.int64)
        weight = np.array(cells.count, dtype=np.float64)
        routes = pd.DataFrame(dict(zip(_ROUTE, (cells.departure, cells.origin), strict=True)))
        keys = (_ROUTE[:1], _ROUTE)
        self.histories_ = Histories(keys, routes, goods, len(self.codes_), weight)
        everywhere = np.bincount(goods, weights=weight, minlength=len(self.codes_)) + _LEAST
        self.prior_ = everywhere / everywhere.sum()
        mass_sd = np.hypot(trade.line_mass_spread * np.array(values.mass_sd), trade.mass_sd)
        price_sd = np.hypot(trade.price_offset_sd, trade.price_sd)
        self.mean_ = np.stack([values.mass_mean, values.price_mean], axis=1)
        self.sd_ = np.stack([mass_sd, np.full(len(mass_sd), price_sd)], axis=1)
        return self

    def rank(self, X: pd.DataFrame, k: int) -> npt.NDArray[np.str_]:
        """Return the most probable codes of the profile, best first, shape (n, k)."""
        groups, values = self.histories_.groups(X), ln_mass_and_unit_price(X)
        ranked = np.empty((len(X), k), dtype=np.int64)
        for start in range(0, len(X), _ROWS_AT_A_TIME):
            rows = slice(start, min(start + _ROWS_AT_A_TIME, len(X)))
            share = np.tile(self.prior_, (rows.stop - rows.start, 1))
            for key, history in self.histories_.by_key.items():
                group = groups[key][rows]
                own = history.counts[group].toarray() + _BACK_OFF * share
                share = own / (history.total[group, None] + _BACK_OFF)
            scores = np.log(share)
            for column in range(2):
                z = (values[rows, column, None] - self.mean_[:, column]) / self.sd_[:, column]
                scores -= 0.5 * z * z + np.log(self.sd_[:, column])
            ranked[rows] = best_first(scores, k)
        return np.append(self.codes_, "")[ranked]


ESTIMATOR = ProfileBayes
RECIPE = None
SUMMARY = "Prior of goods, given route, mass and price, from the public profile: no data at all."
SIMULATOR = True
