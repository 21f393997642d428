"""Ways of cheating: one function per scheme, and the table of schemes.

A new scheme is a function here, a row of `SCHEMES`, and its weight and depth in the TOML files.
The same function makes honest look-alikes: a sale, a typing error, a free-trade certificate for
goods that were shipped through a third country.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from customs_data.world.configuration import Cheating
from customs_data.world.draft import Draft
from customs_data.world.drawing.weighted_draws import GroupedTable
from customs_data.world.market import Market

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

N_TRIES = 6  # draws of another agreement or mark: a claim of what is true is no fraud
_GOLDEN = 0.6180339887498949
_MARK = "indicator"  # the filing field that says where goods are marked with their origin
SHALLOWEST = 0.1  # ln units: less is not worth the risk; generator specification, B3
DEPARTURE_FOLLOWS = 0.6  # share of false origins with departure from there; the same source


class Occasions:
    """Goods that a scheme can declare in place of the true ones.

    Parameters
    ----------
    market : Market
    """

    def __init__(self, market: Market) -> None:
        self.market = market

    @cached_property
    def agreements(self) -> tuple[IntArray, GroupedTable, GroupedTable]:
        """Cells under a trade agreement (tax types F...), and tables by product and chapter."""
        market = self.market
        is_agreement = np.array([code.startswith("F") for code in market.tax_type_code])
        cells = np.flatnonzero(is_agreement[market.tax_type])
        weight, product, chapter = market.weight[cells], market.hs6[cells], market.chapter[cells]
        return (
            cells,
            GroupedTable.from_weights(product, weight, len(market.hs6_code)),
            GroupedTable.from_weights(chapter, weight, market.n_chapters),
        )

    def agreement_cell(self, cell: IntArray, u: FloatArray) -> IntArray:
        """Draw the product under a trade agreement, else another of its chapter, else -1.

        Drawn again, a few times, while origin, tax type and rate are those of the true goods.
        """
        cells, by_product, by_chapter = self.agreements
        if len(cells) == 0:
            return np.full(len(cell), -1, dtype=np.int64)
        product, chapter = self.market.hs6[cell], self.market.chapter[cell]
        drawn = np.full(len(cell), -1, dtype=np.int64)
        for number in range(N_TRIES):
            again = np.flatnonzero((drawn < 0) | (self.claim[drawn] == self.claim[cell]))
            v = (u[again] + number * _GOLDEN) % 1.0
            place = by_product.draw(product[again], v)
            place = np.where(place >= 0, place, by_chapter.draw(chapter[again], v))
            drawn[again] = np.where(place >= 0, cells[np.maximum(place, 0)], -1)
        return drawn

    @cached_property
    def cheaper_on_route(self) -> tuple[IntArray, FloatArray, IntArray, IntArray]:
        """Cells by chapter and route (see `_rank_by_rate`)."""
        market = self.market
        n_countries = len(market.country_code)
        route = (market.chapter * n_countries + market.departure) * n_countries + market.origin
        return _rank_by_rate(route, market.rate, market.weight)

    @cached_property
    def cheaper_for_product(self) -> tuple[IntArray, FloatArray, IntArray, IntArray]:
        """Cells by product and origin (see `_rank_by_rate`)."""
        market = self.market
        product_and_origin = market.hs6 * len(market.country_code) + market.origin
        return _rank_by_rate(product_and_origin, market.rate, market.weight)

    def can(self, draft: Draft) -> BoolArray:
        """Return whether each scheme would change a declaration, shape (n, n_schemes)."""
        return self.kinds.take(self.kind(draft), axis=0)

    def kind(self, draft: Draft) -> IntArray:
        """Return the row of `kinds` of each declaration, shape (n,)."""
        kind = self._kind_of_goods.take(draft.cell)
        kind += self.market.filing.has_choice(_MARK, draft.filing)
        return kind

    @cached_property
    def kinds(self) -> BoolArray:
        """Whether each scheme would change a declaration of some kind, shape (n_kinds, n_schemes).

        The kinds are the combinations of conditions, counted in binary: the last one is the mark's.
        """
        conditions = [*self._conditions_of_goods, "origin marking"]
        n_kinds = 2 ** len(conditions)
        kinds = np.ones((n_kinds, len(SCHEMES)), dtype=np.bool_)
        for place, name in enumerate(reversed(conditions)):
            kinds[:, list(SCHEMES).index(name)] = np.arange(n_kinds) >> place & 1
        return kinds

    @cached_property
    def _conditions_of_goods(self) -> dict[str, BoolArray]:
        """Whether a scheme would change the goods of each cell, by the scheme's name."""
        _, _, first_on_route, last_on_route = self.cheaper_on_route
        _, _, first, last = self.cheaper_for_product
        return {
            "misclassification": last_on_route > first_on_route,
            "wrong tariff rate": last > first,
            "false origin": self._has_other_agreement,
        }

    @cached_property
    def _kind_of_goods(self) -> IntArray:
        """The kind of each cell's declarations without a choice of marks, shape (n_cells,)."""
        kind = np.zeros(self.market.n_cells, dtype=np.int64)
        for condition in self._conditions_of_goods.values():
            kind = 2 * (kind + condition)
        return kind

    @cached_property
    def claim(self) -> IntArray:
        """Code of what a claim of origin changes: origin, tax type and rate, shape (n_cells,)."""
        market = self.market
        claim = np.stack([market.origin, market.tax_type, market.rate], axis=1)
        return np.unique(claim, axis=0, return_inverse=True)[1].reshape(-1)

    @cached_property
    def _has_other_agreement(self) -> BoolArray:
        """Whether an agreement would change a cell's origin, tax type or rate."""
        cells, by_product, by_chapter = self.agreements
        market = self.market
        if len(cells) == 0:
            return np.zeros(market.n_cells, dtype=np.bool_)
        other = np.zeros(market.n_cells, dtype=np.bool_)
        direct = by_product.has(market.hs6)
        for table, group, applies in (
            (by_product, market.hs6, direct), (by_chapter, market.chapter, ~direct)
        ):  # fmt: skip
            n_groups = len(table.starts) - 1
            claim_of = self.claim[cells[table.items]]
            group_of = np.repeat(np.arange(n_groups), np.diff(table.starts))
            low = np.full(n_groups, np.iinfo(np.int64).max)
            high = np.full(n_groups, -1)
            np.minimum.at(low, group_of, claim_of)
            np.maximum.at(high, group_of, claim_of)
            differs = (high[group] >= 0) & (
                (low[group] != self.claim) | (high[group] != self.claim)
            )
            other |= applies & differs
        return other

    def cheaper_product(self, cell: IntArray, u: FloatArray) -> IntArray:
        """Draw a product of the same chapter and route at a lower rate, -1 where there is none."""
        return _draw_cheaper(self.cheaper_on_route, cell, u)

    def cheaper_tariff(self, cell: IntArray, u: FloatArray) -> IntArray:
        """Draw a lower rate of the same product and origin, -1 where there is none."""
        return _draw_cheaper(self.cheaper_for_product, cell, u)


def _rank_by_rate(
    group: IntArray, rate: FloatArray, weight: FloatArray
) -> tuple[IntArray, FloatArray, IntArray, IntArray]:
    """Return cells by group and rate, their running weight, and each cell's cheaper ones."""
    order = np.lexsort((rate, group)).astype(np.int64)
    running = np.concatenate([[0.0], np.cumsum(weight[order])])
    new_group = np.concatenate([[True], np.diff(group[order]) != 0])
    new_rate = new_group | np.concatenate([[True], np.diff(rate[order]) != 0])
    place = np.arange(len(order))
    group_start = np.maximum.accumulate(np.where(new_group, place, 0))
    rate_start = np.maximum.accumulate(np.where(new_rate, place, 0))
    first, last = np.empty_like(order), np.empty_like(order)
    first[order], last[order] = group_start, rate_start
    return order, running, first, last


def _draw_cheaper(
    ranked: tuple[IntArray, FloatArray, IntArray, IntArray], cell: IntArray, u: FloatArray
) -> IntArray:
    """Draw a cheaper cell by frequency, -1 where there is none."""
    order, running, first, last = ranked
    low, high = running[first[cell]], running[last[cell]]
    place = np.searchsorted(running, low + u * (high - low), side="right") - 1
    place = np.minimum(place, last[cell] - 1)
    return np.where(last[cell] > first[cell], order[np.maximum(place, 0)], -1)


@dataclass(frozen=True)
class Chance:
    """Random numbers of the rows of a scheme; arrays of shape (n_rows,).

    Attributes
    ----------
    depth : float64
        Depth in ln units, before the scheme's own lower limit.
    first, second : float64
        Uniform numbers in (0, 1).
    """

    depth: FloatArray
    first: FloatArray
    second: FloatArray


def undervalue(draft: Draft, rows: IntArray, chance: Chance, occasions: Occasions) -> None:
    """Declare a lower price."""
    draft.log_price[rows] -= np.maximum(chance.depth, SHALLOWEST)


def overvalue(draft: Draft, rows: IntArray, chance: Chance, occasions: Occasions) -> None:
    """Declare a higher price, to move profit or capital abroad."""
    draft.log_price[rows] += np.maximum(chance.depth, SHALLOWEST)


def misclassify(draft: Draft, rows: IntArray, chance: Chance, occasions: Occasions) -> None:
    """Declare a product of the same chapter and route at a lower rate."""
    market = occasions.market
    cell = occasions.cheaper_product(draft.cell[rows], chance.first)
    rows, cell = rows[cell >= 0], cell[cell >= 0]
    draft.hs6[rows] = market.hs6[cell]
    draft.rate[rows] = market.rate[cell]
    draft.tax_type[rows] = market.tax_type[cell]


def claim_origin(draft: Draft, rows: IntArray, chance: Chance, occasions: Occasions) -> None:
    """Claim the origin, tax type and rate of a trade agreement; departure often follows."""
    market = occasions.market
    cell = occasions.agreement_cell(draft.cell[rows], chance.first)
    exists = cell >= 0
    rows, cell, follows = rows[exists], cell[exists], chance.second[exists] < DEPARTURE_FOLLOWS
    draft.origin[rows] = market.origin[cell]
    draft.tax_type[rows] = market.tax_type[cell]
    draft.rate[rows] = market.rate[cell]
    draft.departure[rows[follows]] = market.departure[cell[follows]]


def misstate_quantity(draft: Draft, rows: IntArray, chance: Chance, occasions: Occasions) -> None:
    """Declare less than arrives, at the same unit price."""
    hidden = np.maximum(chance.depth, 2.0 * SHALLOWEST)
    draft.log_mass[rows] -= hidden
    draft.log_price[rows] -= hidden


def claim_rate(draft: Draft, rows: IntArray, chance: Chance, occasions: Occasions) -> None:
    """Claim a lower rate or other tax type that exists for this product and origin."""
    market = occasions.market
    cell = occasions.cheaper_tariff(draft.cell[rows], chance.first)
    rows, cell = rows[cell >= 0], cell[cell >= 0]
    draft.rate[rows] = market.rate[cell]
    draft.tax_type[rows] = market.tax_type[cell]


def mark_origin(draft: Draft, rows: IntArray, chance: Chance, occasions: Occasions) -> None:
    """Declare another mark of origin than the goods have."""
    table = occasions.market.filing
    true = draft.filing[_MARK][rows]
    given = {name: draft.filing[name][rows] for name in table.given(_MARK)}
    mark = true.copy()
    # Drawn by honest frequencies, because a code that only cheats use would give them away; drawn
    # again, a few times, where it is the same.
    for number in range(N_TRIES):
        same = np.flatnonzero(mark == true)
        some = {name: code[same] for name, code in given.items()}
        v = (chance.first[same] + number * _GOLDEN) % 1.0
        mark[same] = table.draw_field(_MARK, some, v)
    draft.filing[_MARK][rows] = mark


Scheme = Callable[[Draft, IntArray, Chance, Occasions], None]

SCHEMES: dict[str, Scheme] = {
    "undervaluation": undervalue,
    "overvaluation": overvalue,
    "misclassification": misclassify,
    "false origin": claim_origin,
    "quantity misstatement": misstate_quantity,
    "wrong tariff rate": claim_rate,
    "origin marking": mark_origin,
}

#: Columns of the probability that the inspection records each scheme: given the form, and before it
#: is written.
POSTERIORS = tuple(f"Posterior {name.capitalize()}" for name in SCHEMES)
PRIORS = tuple(f"Prior {name.capitalize()}" for name in SCHEMES)


def check_schemes(cheating: Cheating, late_scheme: str) -> None:
    """Check that a configuration names exactly the schemes of the table.

    Raises
    ------
    ValueError
        If a scheme lacks its weight or depth, or the configuration names an unknown one.
    """
    for setting, named in (("weights", cheating.weights), ("depth", cheating.depth)):
        if set(named) != set(SCHEMES):
            missing, unknown = sorted(set(SCHEMES) - set(named)), sorted(set(named) - set(SCHEMES))
            raise ValueError(f"cheating.{setting}: missing {missing}, unknown {unknown}.")
    if late_scheme not in SCHEMES:
        raise ValueError(
            f"Unknown clusters.late_scheme {late_scheme!r}: choose one of {list(SCHEMES)}."
        )
