"""How probable a form is under each scheme, against honest trade.

The generator's oracle (`customs_data.world.posterior`) knows the lines of an importer. Here the
importer's other declarations stand in for them: each goods that they name may be a line, with their
number as its weight, and a new line is always possible.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from customs_baselines.likelihood.public_draft import read_draft
from customs_data.profile import load_profile
from customs_data.world.configuration import Configuration
from customs_data.world.draft import Draft
from customs_data.world.market import Market
from customs_data.world.posterior.false_goods import Declared, FalseGoods, repeats
from customs_data.world.posterior.hypotheses import FALSE_GOODS, goods_of_lines
from customs_data.world.schemes import SCHEMES, SHALLOWEST, Occasions

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_NAMES = list(SCHEMES)
_UNDER, _OVER = _NAMES.index("undervaluation"), _NAMES.index("overvaluation")
_QUANTITY, _MARK = _NAMES.index("quantity misstatement"), _NAMES.index("origin marking")
#: Column of the density of an honest form.
HONEST = len(_NAMES)

_NEW_LINE = 1.5  # declarations that the chance of another line counts for; judged on own worlds
_IN_CHAPTER = 30.0  # goods are so much commoner in an importer's chapters than in all trade
_FALSE_PRICES = 0.14  # variance that schemes add to ln unit prices
_FARTHEST = 1.5  # ln units; a price farther off says no more about an importer
# Under cover of any goods, mass and price are those of another product of the chapter.
_OTHER_MASS, _OTHER_PRICE = 1.5, 1.2  # variances of ln
_DEPTHS = 5  # factors on the depth, which worlds draw
_ROWS_AT_A_TIME = 8192


def weigh_forms(declarations: pd.DataFrame, configuration: Configuration) -> FloatArray:
    """Return the density of each form under each scheme and under none.

    Parameters
    ----------
    declarations : DataFrame, shape (n, 20)
        Declared columns of a whole edition.
    configuration : Configuration

    Returns
    -------
    float64 array, shape (n, n_schemes + 1)
        Divided by the largest of the row. All 1 where the profile does not know the form.
    """
    market = Market.from_profile(load_profile())
    draft, is_known = read_draft(declarations, market)
    density = np.ones((len(declarations), len(_NAMES) + 1))
    if len(draft):
        own = _Forms(draft, market, configuration).densities().T
        density[is_known] = own / np.maximum(own.max(axis=1, keepdims=True), 1e-300)
    return density


class _Forms:
    """Forms of an edition, and what the other declarations of their importers say.

    Parameters
    ----------
    draft : Draft
        At least one declaration.
    market : Market
    configuration : Configuration
    """

    def __init__(self, draft: Draft, market: Market, configuration: Configuration) -> None:
        self.draft, self.market = draft, market
        self.trade, self.cheating = configuration.trade, configuration.cheating
        self.occasions = Occasions(market)
        self.goods = FalseGoods(self.occasions)
        self.declared = self.goods.encode(draft)
        self.importer = draft.importer.astype(np.int64)
        self.others = np.bincount(self.importer)[self.importer] - 1.0
        self.unit_price = draft.log_price - draft.log_mass
        self.usual_price, self.price_variance = self._know_prices()
        self.line_variance = (market.mass_sd * self.trade.line_mass_spread) ** 2
        self.lines = _Lines.of(self.importer, self.declared.cell, draft.log_mass)

    def _know_prices(self) -> tuple[FloatArray, FloatArray]:
        """Return mean and variance of ln unit prices minus the product's, from other rows; (n,)."""
        own, noise = self.trade.price_offset_sd**2, self.trade.price_sd**2
        deviation = self.unit_price - self.market.price_mean[self.draft.hs6]
        deviation = np.clip(deviation, -_FARTHEST, _FARTHEST)
        others = np.bincount(self.importer, weights=deviation)[self.importer] - deviation
        blurred = noise + _FALSE_PRICES
        certainty = own * self.others + blurred
        mean, variance = own * others / certainty, noise + own * blurred / certainty
        return np.asarray(mean, dtype=np.float64), np.asarray(variance, dtype=np.float64)

    def densities(self) -> FloatArray:
        """Return the densities of all forms, shape (n_schemes + 1, n)."""
        total = np.empty((len(_NAMES) + 1, len(self.draft)))
        for start in range(0, len(self.draft), _ROWS_AT_A_TIME):
            row = np.arange(start, min(start + _ROWS_AT_A_TIME, len(self.draft)))
            total[:, row] = self._from_lines(row) + self._from_new_line(row)
        total[_MARK] *= self._false_marks()
        same_goods = [number for number in range(len(_NAMES)) if number not in FALSE_GOODS]
        total[same_goods] /= self._share_with_occasion()
        return total

    def _from_lines(self, rows: IntArray) -> FloatArray:
        """Return the part of the densities that is due to lines seen, (n_schemes + 1, n_rows)."""
        market, lines, start = self.market, self.lines, int(rows[0])
        n_lines = lines.n_lines[self.importer[rows]]
        line = np.repeat(lines.first[self.importer[rows]] - (np.cumsum(n_lines) - n_lines), n_lines)
        line += np.arange(len(line))
        row = np.repeat(rows, n_lines)
        own = lines.of_row[row] == line
        seen = lines.count[line] - own
        kept = np.flatnonzero(
            (seen > 0) & self.goods.are_possible(_take(self.declared, rows), n_lines,
                                                 lines.cell[line].astype(np.int32))
        )  # fmt: skip
        row, line, own, seen = row[kept], line[kept], own[kept], seen[kept]
        cell = lines.cell[line]
        goods = goods_of_lines(self.goods, self.declared, row, cell)
        possible = np.flatnonzero(goods.max(axis=0) > 0.0)
        row, cell, seen, goods = row[possible], cell[possible], seen[possible], goods[:, possible]
        of_others = lines.log_mass[line[possible]] - own[possible] * self.draft.log_mass[row]
        product, within = market.hs6[cell], self.trade.mass_sd**2
        between = np.maximum(self.line_variance[product], 1e-4)
        certainty = 1.0 / between + seen / within
        usual = (market.mass_mean[product] / between + of_others / within) / certainty
        weight = seen / (self.others[row] + _NEW_LINE)
        density = goods * weight * self._values(
            self.draft.log_mass[row] - usual,
            within + 1.0 / certainty,
            self.unit_price[row] - market.price_mean[product] - self.usual_price[row],
            self.price_variance[row],
        )  # fmt: skip
        return np.stack(
            [np.bincount(row - start, weights=part, minlength=len(rows)) for part in density]
        )

    def _from_new_line(self, rows: IntArray) -> FloatArray:
        """Return the part of the densities that is due to another line, shape as above."""
        cell, product = self.declared.cell[rows], self.draft.hs6[rows]
        weight = _IN_CHAPTER * _NEW_LINE / (self.others[rows] + _NEW_LINE)
        goods = np.tile(np.where(cell >= 0, self.goods.share[cell], 0.0), (len(_NAMES) + 1, 1))
        unknown_seller = np.full(len(rows), -1, dtype=np.int64)
        goods[list(FALSE_GOODS)] = self.goods.from_cover(self.declared, rows, unknown_seller)
        mass = self.draft.log_mass[rows] - self.market.mass_mean[product]
        price = self.unit_price[rows] - self.market.price_mean[product] - self.usual_price[rows]
        mass_variance = self.line_variance[product] + self.trade.mass_sd**2
        price_variance = self.price_variance[rows]
        values = self._values(mass, mass_variance, price, price_variance)
        values[FALSE_GOODS[0]] = _normal(mass, mass_variance + _OTHER_MASS) * _normal(
            price, price_variance + _OTHER_PRICE
        )
        return np.asarray(weight * goods * values)

    def _values(
        self,
        mass: FloatArray,
        mass_variance: FloatArray,
        price: FloatArray,
        price_variance: FloatArray,
    ) -> FloatArray:
        """Return the densities of deviations of mass and price; shape (n_schemes + 1, m)."""
        true_mass, true_price = _normal(mass, mass_variance), _normal(price, price_variance)
        values = np.tile(true_mass * true_price, (len(_NAMES) + 1, 1))
        for number, sign in ((_UNDER, -1.0), (_OVER, 1.0)):
            moved = self._moved(sign * price, price_variance, _NAMES[number], SHALLOWEST)
            values[number] = true_mass * moved
        hidden = self._moved(-mass, mass_variance, "quantity misstatement", 2.0 * SHALLOWEST)
        values[_QUANTITY] = hidden * true_price
        return values

    def _moved(
        self, deviation: FloatArray, variance: FloatArray, name: str, least: float
    ) -> FloatArray:
        """Return the density of a value that a scheme raised, on average over its depths; (m,)."""
        low, high = self.cheating.depth_range
        total = np.zeros(len(deviation))
        for factor in np.linspace(low, high, _DEPTHS):
            mean, spread = (factor * size for size in self.cheating.depth[name])
            whole = variance + spread**2
            expected = (mean * variance + deviation * spread**2) / whole
            sd = max(spread, 1e-6) * np.sqrt(variance / whole)
            deep = _normal(deviation - mean, whole) * ndtr((expected - least) / sd)
            # Depths below the least become the least.
            shallow = ndtr((least - mean) / max(spread, 1e-6))
            total += deep + shallow * _normal(deviation - least, variance)
        return total / _DEPTHS

    def _false_marks(self) -> FloatArray:
        """Return how much more often each mark of origin is false than true, shape (n,)."""
        filing, mark = self.market.filing, self.draft.filing["indicator"]
        group = filing.group("indicator", self.draft.filing, len(mark))
        share = filing.shares("indicator")[group]
        seen = np.zeros((int(self.importer.max()) + 1, share.shape[1]))
        np.add.at(seen, (self.importer, mark), 1.0)
        row = np.arange(len(mark))
        habit = seen[self.importer] + share
        habit[row, mark] -= 1.0
        habit /= habit.sum(axis=1, keepdims=True)
        true = self.trade.habit * habit + (1.0 - self.trade.habit) * share
        changes = (1.0 - repeats(share)) / np.maximum(1.0 - share, 1e-9)
        behind = true * changes
        behind[row, mark] = 0.0
        false = share[row, mark] * behind.sum(axis=1)
        return np.asarray(false / np.maximum(true[row, mark], 1e-9))

    def _share_with_occasion(self) -> FloatArray:
        """Return the share of the mix of schemes that could change the declared goods; (n,).

        The others' share goes to those that can.
        """
        weight = np.array([self.cheating.weights[name] for name in _NAMES])
        weight /= weight.sum()
        draft = self.draft
        supposed = Draft(**{**vars(draft), "cell": np.maximum(self.declared.cell, 0)})
        return np.where(self.declared.cell >= 0, self.occasions.can(supposed) @ weight, 1.0)


@dataclass(frozen=True)
class _Lines:
    """Goods of each importer, sorted by importer; shape (n_lines,) unless noted.

    Attributes
    ----------
    cell : int64
    count : float64
        Number of declarations.
    log_mass : float64
        Sum of their ln masses.
    first, n_lines : int64, shape (n_importers,)
        First line of each importer, and their number.
    of_row : int64, shape (n,)
        Line of each declaration, -1 if its goods are no cell.
    """

    cell: IntArray
    count: FloatArray
    log_mass: FloatArray
    first: IntArray
    n_lines: IntArray
    of_row: IntArray

    @classmethod
    def of(cls, importer: IntArray, cell: IntArray, log_mass: FloatArray) -> _Lines:
        known = np.flatnonzero(cell >= 0)
        n_cells = int(cell.max(initial=0)) + 1
        key, place = np.unique(importer[known] * n_cells + cell[known], return_inverse=True)
        place = place.reshape(-1)
        of_row = np.full(len(cell), -1, dtype=np.int64)
        of_row[known] = place
        n_lines = np.bincount(key // n_cells, minlength=int(importer.max()) + 1)
        return cls(
            key % n_cells,
            np.bincount(place, minlength=len(key)).astype(np.float64),
            np.bincount(place, weights=log_mass[known], minlength=len(key)).astype(np.float64),
            np.cumsum(n_lines) - n_lines,
            n_lines,
            of_row,
        )


def _take(declared: Declared, rows: IntArray) -> Declared:
    """Return some rows of declared goods."""
    return Declared(**{name: part[rows] for name, part in vars(declared).items()})


def _normal(x: FloatArray, variance: FloatArray) -> FloatArray:
    """Return the density of a normal number of mean 0, times the root of 2 pi."""
    return np.asarray(np.exp(-0.5 * x * x / variance) / np.sqrt(variance))
