"""Traces: how a declaration differs from the others of its importer and of its goods.

Each violation leaves one. A false value departs from the price that the goods and this importer
usually have, a false mass from that of earlier shipments of the same goods; false goods, rates and
origins are new for an importer who usually brings others from the same seller, which would cost
more. No label is read.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.features.folds import days_of
from customs_baselines.features.norms import deviations_from_others
from customs_baselines.violations.pairs import Pairs, pairs_in_groups
from customs_data.columns.grouping import Codebook, Grouping

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_SMALLEST: Final = 1e-3  # kg and KRW
_MOST_OTHERS: Final = 40  # declarations of an importer that each is compared with
#: Widths of what is usual, in ln units: masses of one importer's goods, and unit prices of goods.
_MASS_SD: Final = 0.35
_PRICE_SD: Final = 0.5
# An importer's usual deviation of prices is shrunk to 0: the other declarations that this counts
# for, and the largest deviation that one of them may have.
_PRICE_SHRINKAGE: Final = 6.0
_FARTHEST: Final = 1.5
#: Tax types that claim a trade agreement begin with this letter.
_AGREEMENT: Final = "F"


def find_traces(X: pd.DataFrame) -> pd.DataFrame:
    """Return the traces of declarations, each compared with all others of the table.

    Parameters
    ----------
    X : DataFrame, shape (n, 20)
        Declared columns, such as those of training and test together.

    Returns
    -------
    DataFrame of float64, shape (n, n_traces)
        NaN where there is nothing to compare with.
    """
    goods = _Goods(X)
    traces = goods.alone()
    compared: dict[str, Floats] = {}
    for pairs in pairs_in_groups(goods.importer, days_of(X), _MOST_OTHERS):
        for name, values in goods.compare(pairs).items():
            compared.setdefault(name, np.empty(len(X)))[pairs.block] = values
    return pd.DataFrame(traces | compared)


class _Goods:
    """Declarations as codes and logarithms; arrays of shape (n,)."""

    def __init__(self, X: pd.DataFrame) -> None:
        coded = Codebook().fit(X)

        def group(*key: str) -> Integers:
            return Grouping(key).fit(coded)

        self.importer = group("Importer ID")
        self.product = group("HS6 Code")
        self.chapter = group("Chapter")
        self.departure = group("Country of Departure")
        self.origin = group("Country of Origin")
        self.seller = group("Seller ID")
        self.mark = group("Country of Origin Indicator")
        # The mark depends on how goods travel.
        has_courier = X["Courier ID"].notna().to_numpy()
        self.travel = 2 * group("Mode of Transport") + has_courier
        self.route = group("Chapter", "Country of Departure", "Country of Origin")
        self.product_and_origin = group("HS6 Code", "Country of Origin")
        self.rate = np.unique(X["Tax Rate"].to_numpy(np.float64), return_inverse=True)[1]
        self.claim = group("Country of Origin", "Tax Type", "Tax Rate")
        self.line = group("HS6 Code", "Country of Departure", "Country of Origin", "Tax Type")
        self.has_agreement = (X["Tax Type"].astype(str).str[:1] == _AGREEMENT).to_numpy()
        log = {
            name: np.log(np.maximum(X[name].to_numpy(np.float64), _SMALLEST))
            for name in ("Net Mass", "Item Price")
        }
        self.log_mass = log["Net Mass"]
        self.log_unit_price = log["Item Price"] - self.log_mass
        self.price_of_goods = deviations_from_others(coded, self.log_unit_price)
        self.mass_of_goods = deviations_from_others(coded, self.log_mass)
        usual = np.clip(self.price_of_goods, -_FARTHEST, _FARTHEST)
        self.n_others = np.bincount(self.importer)[self.importer] - 1.0
        of_others = np.bincount(self.importer, weights=usual)[self.importer] - usual
        self.usual_price = of_others / (self.n_others + _PRICE_SHRINKAGE)

    def alone(self) -> dict[str, Floats]:
        """Return what compares a declaration with all trade."""
        travel_and_mark = self.travel * (int(self.mark.max()) + 1) + self.mark
        return {
            "price against goods": self.price_of_goods,
            "price against goods and importer": self.price_of_goods - self.usual_price,
            "mass against goods": self.mass_of_goods,
            "other declarations": np.log1p(self.n_others),
            "dearer share, product and origin": _dearer_share(self.product_and_origin, self.rate),
            "dearer share, product": _dearer_share(self.product, self.rate),
            "dearer share, route": _dearer_share(self.route, self.rate),
            "claims an agreement": self.has_agreement.astype(np.float64),
            "share of origin in product": _share_in(self.product_and_origin, self.product),
            "share of mark in way of travel": _share_in(travel_and_mark, self.travel),
        }

    def compare(self, pairs: Pairs) -> dict[str, Floats]:
        """Return what compares each row of a block with its importer's others, (n_rows,) each."""
        row, other = pairs.row, pairs.other
        same_seller = (self.seller[row] >= 0) & (self.seller[row] == self.seller[other])
        mass = self.log_mass[row] - self.log_mass[other]
        mass_fits = np.exp(-0.5 * (mass / _MASS_SD) ** 2)
        n_pairs = np.maximum(pairs.sums(np.ones(len(row))), 1.0)
        n_same_seller = pairs.sums(same_seller)
        traces = {"same seller": n_same_seller}
        for name, related in self._relations(row, other).items():
            count, of_seller = pairs.sums(related), pairs.sums(related & same_seller)
            traces |= {
                name: count,
                f"share, {name}": count / n_pairs,
                f"same seller, {name}": of_seller,
                f"share of the seller, {name}": of_seller / np.maximum(n_same_seller, 1.0),
                f"mass fits, {name}": pairs.sums(related * mass_fits),
                f"mass fits, seller's {name}": pairs.sums(related * mass_fits * same_seller),
            }
            if name in ("dearer goods", "other claim in chapter"):
                fits = self._price_fits(row, other)
                traces |= {
                    f"price fits, {name}": pairs.sums(related * fits) / np.maximum(count, 1.0),
                    f"both fit, {name}": pairs.sums(related * fits * mass_fits),
                    f"both fit, seller's {name}": pairs.sums(
                        related * fits * mass_fits * same_seller
                    ),
                }
        same_product = self.product[row] == self.product[other]
        price = self.log_unit_price[row] - self.log_unit_price[other]
        same_mark = self.mark[row] == self.mark[other]
        same_travel = self.travel[row] == self.travel[other]
        return traces | {
            "mass against line": _mean(pairs, mass, self.line[row] == self.line[other]),
            "mass against own product": _mean(pairs, mass, same_product),
            "mass against seller": _mean(pairs, mass, same_seller),
            "price against own product": _mean(pairs, price, same_product),
            "same mark": pairs.sums(same_mark),
            "share, same mark": pairs.sums(same_mark) / n_pairs,
            "share, same mark and way": pairs.sums(same_mark & same_travel)
            / np.maximum(pairs.sums(same_travel), 1.0),
        }

    def _relations(self, row: Integers, other: Integers) -> dict[str, Mask]:
        """Return what another declaration may be to a row, each of shape (n_pairs,)."""
        same_product = self.product[row] == self.product[other]
        in_chapter = (self.chapter[row] == self.chapter[other]) & ~same_product
        same_origin = self.origin[row] == self.origin[other]
        on_route = same_origin & (self.departure[row] == self.departure[other])
        dearer = self.rate[other] > self.rate[row]
        other_claim = self.has_agreement[row] & (self.claim[row] != self.claim[other])
        return {
            "line": (self.line[row] == self.line[other]) & (self.rate[row] == self.rate[other]),
            "dearer rate": same_product & same_origin & dearer,
            "dearer goods": in_chapter & on_route & dearer,
            "other claim": same_product & other_claim,
            "other claim in chapter": in_chapter & other_claim,
            "product": same_product,
            "chapter": in_chapter | same_product,
        }

    def _price_fits(self, row: Integers, other: Integers) -> Floats:
        """Return how well a row's price would suit the other's goods, in (0, 1]; (n_pairs,)."""
        norm = self.log_unit_price[other] - self.price_of_goods[other]
        distance = (self.log_unit_price[row] - norm - self.usual_price[row]) / _PRICE_SD
        return np.asarray(np.exp(-0.5 * distance * distance))


def _mean(pairs: Pairs, values: Floats, related: Mask) -> Floats:
    """Return the mean over related pairs, NaN for a row without any; (n_rows,)."""
    count = pairs.sums(related)
    mean = pairs.sums(values * related) / np.maximum(count, 1.0)
    return np.where(count > 0, mean, np.nan)


def _share_in(fine: Integers, coarse: Integers) -> Floats:
    """Return the share of a row's fine group among the others of its coarse one, (n,)."""
    numbers = (np.bincount(group)[group] - 1.0 for group in (fine, coarse))
    fine_number, coarse_number = numbers
    return np.asarray(fine_number / np.maximum(coarse_number, 1.0))


def _dearer_share(group: Integers, rate: Integers) -> Floats:
    """Return the share of a row's group that has a higher rate, (n,)."""
    n_rates = int(rate.max()) + 1
    key = group * n_rates + rate
    ordered = np.sort(key)
    below = np.searchsorted(ordered, group * n_rates, side="left")
    above = np.searchsorted(ordered, (group + 1) * n_rates, side="left")
    dearer = above - np.searchsorted(ordered, key, side="right")
    return dearer / (above - below)
