"""From declarations to the rows of a model, and back: section 4 of the paper, corrected.

Product, route and tariff become one code (`goods`), so that a model cannot invent combinations.
The price becomes its ratio to the product's average (`prices`). Mass and price are logarithms, with
a code for the rounding of mass. Mass and label remain columns of their own: as parts of the
aggregated code, as in the paper, they can only be repeated. Codes are levels, never numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import pandas as pd

from customs_data.schema import CODE_COLUMNS, COLUMN, ENTITY_COLUMNS, LABEL_COLUMNS
from customs_data.synthesis.encoding.calendar_days import draw_days
from customs_data.synthesis.encoding.goods import GOODS_COLUMNS, GoodsTable
from customs_data.synthesis.encoding.prices import UnitPrices
from customs_data.synthesis.encoding.rounding import N_STEPS, decimals_of, round_to_step, steps_of
from customs_data.synthesis.encoding.rows import Floats, Ints, RowFormat, Rows

GOODS: Final = "Goods"
MASS_STEP: Final = "Net Mass Step"
FREE: Final = "Item Price Zero"
DAY: Final = "Day"
MASS: Final = "Log Net Mass"
RESIDUAL: Final = "Log Price Residual"
#: Codes for whether an entity that may be missing is given.
GIVEN: Final = {f"{name} Given": name for name in ENTITY_COLUMNS if COLUMN[name].may_be_missing}
_FILING: Final = tuple(name for name in CODE_COLUMNS if name not in GOODS_COLUMNS)


@dataclass(frozen=True)
class Codec:
    """Encoding of declarations, learnt from a source before any model is fitted.

    Attributes
    ----------
    goods : GoodsTable
        Combinations of product, route and tariff.
    prices : UnitPrices
        Unit price of each product, with noise.
    levels : dict of str to ndarray of object
        Texts of each filing code.
    labels : ndarray of int8, shape (n_labels, 2)
        Pairs of Fraud and Critical Fraud.
    first_day : datetime64[D]
        First day of the source.
    volume : ndarray of int64, shape (n_days,)
        Declarations of the source by day.
    lightest : float
        Smallest mass above zero, kg; a unit price takes half of it for a mass of zero.
    unit_decimals, price_decimals : int
        Decimals of unit prices and prices.
    highest_mass, highest_price : float
        Largest numbers of the source, which no drawn one exceeds.
    """

    goods: GoodsTable
    prices: UnitPrices
    levels: dict[str, np.ndarray[Any, Any]]
    labels: np.ndarray[Any, np.dtype[np.int8]]
    first_day: np.datetime64
    volume: Ints
    lightest: float
    unit_decimals: int
    price_decimals: int
    highest_mass: float
    highest_price: float

    @classmethod
    def of(cls, source: pd.DataFrame, *, price_noise: float, rng: np.random.Generator) -> Self:
        """Learn levels, prices and calendar from labelled declarations."""
        goods = GoodsTable.of(source)
        mass = source["Net Mass"].to_numpy(np.float64)
        price = source["Item Price"].to_numpy(np.float64)
        lightest = float(mass[mass > 0].min(initial=np.inf))
        lightest = lightest if np.isfinite(lightest) else 1.0
        product = goods.product[goods.encode(source)]
        weighed = _weighed(mass, lightest)
        known = (mass > 0) & (price > 0)
        unit_decimals = decimals_of(price[known] / mass[known])
        prices = UnitPrices.of(
            product, weighed, price, noise=price_noise, decimals=unit_decimals, rng=rng
        )
        days = source["Date"].to_numpy().astype("datetime64[D]")
        return cls(
            goods=goods,
            prices=prices,
            levels={name: np.unique(source[name].to_numpy(object)) for name in _FILING},
            labels=np.unique(source[list(LABEL_COLUMNS)].to_numpy(np.int8), axis=0),
            first_day=days.min(),
            volume=np.bincount((days - days.min()).astype(np.int64)).astype(np.int64),
            lightest=lightest,
            unit_decimals=unit_decimals,
            price_decimals=decimals_of(price),
            highest_mass=float(mass.max()),
            highest_price=float(price.max()),
        )

    @property
    def format(self) -> RowFormat:
        """Columns of the rows."""
        n_levels = {GOODS: len(self.goods), **dict.fromkeys(GIVEN, 2)}
        n_levels |= {name: len(texts) for name, texts in self.levels.items()}
        n_levels |= {MASS_STEP: N_STEPS, FREE: 2}
        return RowFormat(
            len(self.labels), n_levels, (DAY, MASS, RESIDUAL), {GOODS: self.goods.families()}
        )

    def encode(self, source: pd.DataFrame) -> Rows:
        """Encode declarations as rows."""
        goods = self.goods.encode(source)
        mass = source["Net Mass"].to_numpy(np.float64)
        price = source["Item Price"].to_numpy(np.float64)
        codes = {GOODS: goods}
        codes |= {
            name: np.asarray(source[of].notna(), dtype=np.int64) for name, of in GIVEN.items()
        }
        for name, texts in self.levels.items():
            codes[name] = np.searchsorted(texts, source[name].to_numpy(object)).astype(np.int64)
        codes |= {MASS_STEP: steps_of(mass), FREE: (price == 0).astype(np.int64)}
        days = source["Date"].to_numpy().astype("datetime64[D]") - self.first_day
        weighed = _weighed(mass, self.lightest)
        numbers = {
            DAY: days.astype(np.float64),
            MASS: np.log(weighed),
            RESIDUAL: self.prices.residual(self.goods.product[goods], weighed, price),
        }
        return Rows(self.format, self.label_of(source), codes, numbers)

    def label_of(self, source: pd.DataFrame) -> Ints:
        """Return each declaration's pair of labels as a number, shape (n_declarations,)."""
        pairs = source[list(LABEL_COLUMNS)].to_numpy(np.int8)
        label = (pairs[:, None, :] == self.labels).all(axis=2).argmax(axis=1)
        return np.asarray(label, dtype=np.int64)

    def decode(self, rows: Rows, rng: np.random.Generator) -> pd.DataFrame:
        """Decode rows to declarations without IDs.

        Returns
        -------
        DataFrame
            All columns but Declaration ID and entities; `GIVEN` (bool) says which entities that
            may be missing are given.
        """
        goods = rows.codes[GOODS]
        day = draw_days(rows.numbers[DAY], self.volume, rng)
        mass = self.round_mass(rows.numbers[MASS], rows.codes[MASS_STEP])
        frame = self.goods.decode(goods)
        for name, texts in self.levels.items():
            frame[name] = texts[rows.codes[name]]
        for name in GIVEN:
            frame[name] = rows.codes[name].astype(bool)
        frame["Date"] = self.first_day + day
        frame["Net Mass"] = mass
        frame["Item Price"] = self.price(rows, mass)
        frame[list(LABEL_COLUMNS)] = self.labels[rows.label]
        return frame

    def round_mass(self, log_mass: Floats, step: Ints) -> Floats:
        """Return masses in kg, rounded to their steps."""
        mass = np.exp(np.clip(log_mass, np.log(self.lightest / 2), np.log(self.highest_mass)))
        return np.minimum(round_to_step(np.maximum(mass, self.lightest), step), self.highest_mass)

    def price(self, rows: Rows, mass: Floats) -> Floats:
        """Return net mass times unit price, KRW; a price of zero stays zero."""
        product = self.goods.product[rows.codes[GOODS]]
        unit = self.prices.unit_price(product, rows.numbers[RESIDUAL], self.unit_decimals)
        price = np.round(_weighed(mass, self.lightest) * unit, self.price_decimals)
        return np.minimum(np.where(rows.codes[FREE] == 1, 0.0, price), self.highest_price)


def _weighed(mass: Floats, lightest: float) -> Floats:
    """Return the mass, half the smallest one for a mass of zero."""
    return np.where(mass > 0, mass, lightest / 2)
