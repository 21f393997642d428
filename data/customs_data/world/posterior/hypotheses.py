"""What could be behind a form: each line of the importer, or cover."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from customs_data.world.configuration import Configuration
from customs_data.world.draft import Draft
from customs_data.world.honest_trade import Population
from customs_data.world.market import Market
from customs_data.world.posterior.false_goods import Declared, FalseGoods
from customs_data.world.posterior.partners import (
    declarant_chance,
    seller_chance,
    sellers_country,
)
from customs_data.world.schemes import SCHEMES

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_NAMES = list(SCHEMES)
#: Numbers of the schemes that declare other goods.
FALSE_GOODS = tuple(
    _NAMES.index(name) for name in ("misclassification", "wrong tariff rate", "false origin")
)
_FALSE_ORIGIN = _NAMES.index("false origin")
_SAME_GOODS = tuple(
    number for number in range(len(_NAMES) + 1) if number not in FALSE_GOODS
)  # the last one is no scheme


@dataclass(frozen=True)
class Hypotheses:
    """What could be behind the forms of a draft; arrays of shape (m,) unless noted.

    Attributes
    ----------
    row : int64
        Place of the form in the draft, rising.
    draft : Draft
        The true goods and the cluster that each would mean, beside what is declared.
    weight : float64
        Probability of line or cover, and of the partners.
    goods : float64, shape (n_schemes + 1, m)
        Probability of the declared goods under each scheme, and under none.
    is_cover : bool
    usual_mass, mass_variance : float64
        Mean and variance of the true ln mass.
    """

    row: IntArray
    draft: Draft
    weight: FloatArray
    goods: FloatArray
    is_cover: NDArray[np.bool_]
    usual_mass: FloatArray
    mass_variance: FloatArray


def list_hypotheses(
    configuration: Configuration,
    market: Market,
    population: Population,
    false_goods: FalseGoods,
    line_variance: float,
    draft: Draft,
) -> Hypotheses:
    """List what could be behind each form.

    Parameters
    ----------
    line_variance : float
        Variance of the usual masses of lines, for a product whose ln mass has sd 1.
    draft : Draft
        As declared; its true goods, cluster and start are not read.
    """
    importers, lines, clusters = population.importers, population.lines, population.clusters
    declared = false_goods.encode(draft)
    n_lines = importers.n_lines[draft.importer].astype(np.int64)
    ends = np.cumsum(n_lines)
    first = importers.first_line[draft.importer].astype(np.int64)
    line = np.repeat(first - (ends - n_lines), n_lines)
    line += np.arange(len(line))
    true = lines.cell[line]
    few = np.flatnonzero(false_goods.are_possible(declared, n_lines, true))
    line, true = line[few], true[few].astype(np.int64)
    row = np.repeat(np.arange(len(draft)), n_lines)[few]
    number = line - first[row]
    goods = goods_of_lines(false_goods, declared, row, true)
    few = np.flatnonzero(goods[[-1, *FALSE_GOODS]].max(axis=0) > 0.0)
    row, number, line, true = row[few], number[few], line[few], true[few]
    goods = goods.take(few, axis=1)
    # A line's share of the importer's rows follows from the square in `compose`.
    most = int(n_lines.max(initial=1))
    ends = np.sqrt(np.arange(most + 1.0) / np.arange(most + 1.0)[1:, None])  # by count
    weight = np.diff(ends, axis=1).take((n_lines[row] - 1) * most + number)
    is_shell = importers.cluster.take(draft.importer) >= 0
    cover_share = clusters.drawn.cover_share
    weight[is_shell.take(row)] *= 1.0 - cover_share

    covered = np.flatnonzero(is_shell)
    m = len(covered)
    row = np.concatenate([row, covered])
    log_mass = lines.log_mass.take(line)
    line = np.append(line, np.full(m, -1))
    true = np.concatenate([true, _goods_of_cover(market, declared, covered)])
    principal = np.where(line >= 0, lines.cluster[line], -1)
    active = clusters.is_active(principal, draft.day[row])
    possible = _suppose(draft, row, true, np.where(active, principal, -1))
    goods = np.concatenate(
        [goods, _goods_under_cover(market, population, false_goods, declared, draft, covered)],
        axis=1,
    )
    weight = np.append(weight, np.full(m, cover_share))
    trade = configuration.trade
    weight = weight * seller_chance(trade, market, population, possible, line)
    weight = weight * declarant_chance(trade, population, possible, line)
    product = market.hs6[true[len(row) - m :]]  # of cover
    spread, other = importers.mass_sd.take(possible.importer), market.mass_sd[product]
    variance = spread * spread
    variance[len(row) - m :] += line_variance * other * other
    return Hypotheses(
        row=row,
        draft=possible,
        weight=weight,
        goods=goods,
        is_cover=line < 0,
        usual_mass=np.append(log_mass, market.mass_mean[product]),
        mass_variance=variance,
    )


def goods_of_lines(
    false_goods: FalseGoods, declared: Declared, row: IntArray, cell: IntArray
) -> FloatArray:
    """Return the probability of the declared goods by scheme, if the true ones are `cell`."""
    goods = np.zeros((len(SCHEMES) + 1, len(row)))
    same = declared.cell[row] == cell
    goods[list(_SAME_GOODS)] = same
    # A scheme that draws what is true, try after try, changes nothing.
    goods[_FALSE_ORIGIN, same] = false_goods.kept(cell[same])
    rest = np.flatnonzero(~same)
    functions = (
        false_goods.misclassified, false_goods.wrongly_rated, false_goods.falsely_originating
    )  # fmt: skip
    for number, function in zip(FALSE_GOODS, functions, strict=True):
        goods[number, rest] = function(declared, row[rest], cell[rest])
    return goods


def _goods_of_cover(market: Market, declared: Declared, row: IntArray) -> IntArray:
    """Return true goods for cover: the declared ones, or others of the same product."""
    any_cell = np.zeros(len(market.hs6_code), dtype=np.int64)
    any_cell[market.hs6] = np.arange(market.n_cells)
    cell = declared.cell[row]
    return np.where(cell >= 0, cell, any_cell[declared.hs6[row]])


def _goods_under_cover(
    market: Market,
    population: Population,
    false_goods: FalseGoods,
    declared: Declared,
    draft: Draft,
    row: IntArray,
) -> FloatArray:
    """Return the probability of the declared goods under each scheme and none, under cover."""
    goods = np.zeros((len(SCHEMES) + 1, len(row)))
    cell = declared.cell[row]
    goods[list(_SAME_GOODS)] = np.where(cell >= 0, false_goods.share[cell], 0.0)
    country = sellers_country(market, population, draft.seller[row])
    goods[list(FALSE_GOODS)] = false_goods.from_cover(declared, row, country)
    return goods


def _suppose(draft: Draft, row: IntArray, cell: IntArray, cluster: IntArray) -> Draft:
    """Return some rows of a draft with other true goods and another cluster."""
    return Draft(
        start=draft.start,
        day=draft.day.take(row),
        importer=draft.importer.take(row),
        declarant=draft.declarant.take(row),
        seller=draft.seller.take(row),
        courier=draft.courier.take(row),
        filing={name: code.take(row) for name, code in draft.filing.items()},
        cell=cell.astype(np.int64),
        hs6=draft.hs6.take(row),
        departure=draft.departure.take(row),
        origin=draft.origin.take(row),
        tax_type=draft.tax_type.take(row),
        rate=draft.rate.take(row),
        log_mass=draft.log_mass.take(row),
        log_price=draft.log_price.take(row),
        cluster=cluster.astype(np.int32),
    )
