"""How probable the declared goods are, given the true ones and the scheme."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from customs_data.world.draft import Draft
from customs_data.world.market import Market
from customs_data.world.schemes import DEPARTURE_FOLLOWS, N_TRIES, Occasions

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_GOLDEN = 0.6180339887498949


@dataclass(frozen=True)
class Declared:
    """Declared goods in codes; arrays of shape (n,).

    Attributes
    ----------
    cell : int64
        Cell of these goods, -1 if they are true of no cell.
    hs6, departure, origin : int64
    road : int64
        Number of the combination of chapter, departure and origin.
    claim : int64
        Number of the combination of origin, tax type and rate.
    rate : float64
    tariff : float64
        Weight of the claim among the cells of product and origin.
    agreement, agreement_here : float64
        Share of the claim among the trade agreements of the product (or its chapter): all, and
        those with the declared departure.
    """

    cell: IntArray
    hs6: IntArray
    departure: IntArray
    origin: IntArray
    road: IntArray
    claim: IntArray
    rate: FloatArray
    tariff: FloatArray
    agreement: FloatArray
    agreement_here: FloatArray


class FalseGoods:
    """Tables of a market for the probabilities of declared goods.

    Parameters
    ----------
    occasions : Occasions
    """

    def __init__(self, occasions: Occasions) -> None:
        market = self._market = occasions.market
        claim = self._claim = occasions.claim
        self._n_claims = int(claim.max()) + 1
        self._n_countries = len(market.country_code)
        self._rates = np.unique(market.rate)
        n_keys = self._n_countries * len(market.tax_type_code) * len(self._rates)
        self._claims = np.zeros(n_keys, dtype=np.int32)
        self._claims[self._claim_key(market.origin, market.tax_type, market.rate)] = claim
        self._cells = _Cells.sort(market, claim)
        self._tariffs = _Weights.add(market.hs6 * self._n_claims + claim, market.weight)
        self._chapter = np.zeros(len(market.hs6_code), dtype=np.int64)
        self._chapter[market.hs6] = market.chapter
        self._road = self._way(market.chapter, market.departure, market.origin)
        # The place of a group's first cell in the ranking is the number of the group.
        _, running, self._route, last = occasions.cheaper_on_route
        self._on_route = running[last] - running[self._route]
        _, running, first, last = occasions.cheaper_for_product
        self._for_product = running[last] - running[first]
        self._weigh_agreements(occasions)
        self._claimed_in_cell = self._weigh_claims(market.hs6, market.departure, claim)
        self.share = market.weight / np.cumsum(market.weight)[-1]
        self._weigh_dearer()

    def _claim_key(self, origin: IntArray, tax_type: IntArray, rate: FloatArray) -> IntArray:
        place = np.searchsorted(self._rates, rate).astype(np.int64)
        n_taxes = len(self._market.tax_type_code)
        return (origin * n_taxes + tax_type) * len(self._rates) + place

    def _way(self, goods: IntArray, departure: IntArray, origin: IntArray) -> IntArray:
        return (goods * self._n_countries + departure) * self._n_countries + origin

    def _weigh_agreements(self, occasions: Occasions) -> None:
        """Weigh the agreements' claims by product, or by chapter where a product has none."""
        market, (cells, _, _) = self._market, occasions.agreements
        n_products = len(market.hs6_code)
        has_own = np.zeros(n_products, dtype=np.bool_)
        has_own[market.hs6[cells]] = True
        self._group = np.where(has_own, np.arange(n_products), n_products + self._chapter)
        group = np.concatenate([market.hs6[cells], n_products + market.chapter[cells]])
        weight = np.tile(market.weight[cells], 2)
        total = np.bincount(group, weights=weight, minlength=n_products + market.n_chapters)
        share = weight / total[group]
        key = group * self._n_claims + np.tile(self._claim[cells], 2)
        self._agreements = _Weights.add(key, share)
        key = key * self._n_countries + np.tile(market.departure[cells], 2)
        self._agreements_here = _Weights.add(key, share)
        true = self._agreements.of(self._group[market.hs6] * self._n_claims + self._claim)
        self._kept_claim = repeats(true)
        self._other_agreement = np.where(
            true < 1.0, (1.0 - self._kept_claim) / np.maximum(1.0 - true, 1e-9), 0.0
        )

    def _weigh_dearer(self) -> None:
        """Weigh the true goods that each scheme turns into a cell, for cover."""
        market = self._market
        self._product_share = np.bincount(market.hs6, weights=self.share)
        #: By product and departure.
        self._product_here = np.bincount(
            market.hs6 * self._n_countries + market.departure,
            weights=self.share,
            minlength=len(market.hs6_code) * self._n_countries,
        )
        self._dearer_on_route = _sum_dearer(self._route, market.rate, self.share, self._on_route)
        way = self._way(market.hs6, market.departure, market.origin)
        self._dearer_for_product = _sum_dearer(way, market.rate, self.share, self._for_product)
        self._any_for_product = _Weights.add(way, _per(self.share, self._for_product))

    def _weigh_claims(self, hs6: IntArray, departure: IntArray, claim: IntArray) -> FloatArray:
        """Return `tariff`, `agreement` and `agreement_here` of `Declared`, shape (3, n)."""
        claimed = self._group[hs6] * self._n_claims + claim
        return np.stack(
            [
                self._tariffs.of(hs6 * self._n_claims + claim),
                self._agreements.of(claimed),
                self._agreements_here.of(claimed * self._n_countries + departure),
            ]
        )

    def encode(self, draft: Draft) -> Declared:
        """Return the declared goods of a draft in codes."""
        key = self._claim_key(draft.origin, draft.tax_type, draft.rate)
        claim = self._claims[key].astype(np.int64)
        cell = self._cells.find(draft.hs6, draft.departure, claim)
        weights = self._claimed_in_cell.take(cell, axis=1)
        new = np.flatnonzero(cell < 0)
        weights[:, new] = self._weigh_claims(draft.hs6[new], draft.departure[new], claim[new])
        return Declared(
            cell=cell,
            hs6=draft.hs6,
            departure=draft.departure,
            origin=draft.origin,
            road=self._way(self._chapter[draft.hs6], draft.departure, draft.origin),
            claim=claim,
            rate=draft.rate,
            tariff=weights[0],
            agreement=weights[1],
            agreement_here=weights[2],
        )

    def are_possible(
        self, declared: Declared, n_cells: IntArray, cell: NDArray[np.int32]
    ) -> BoolArray:
        """Return whether some scheme could declare a form's goods in place of a cell's.

        Parameters
        ----------
        n_cells : int64 array, shape (n,)
            Number of cells to judge for each form.
        cell : int32 array, shape (n_cells.sum(),)
            Cells, form after form.
        """
        same_product = self._market.hs6[cell] == np.repeat(declared.hs6, n_cells)
        same_road = self._road[cell] == np.repeat(declared.road, n_cells)
        return np.asarray(same_product | same_road)

    def misclassified(self, declared: Declared, row: IntArray, cell: IntArray) -> FloatArray:
        """Return the probability of a row's goods if a cell's are misclassified, shape (m,)."""
        other = declared.cell[row]
        fits = (other >= 0) & (self._route[other] == self._route[cell])
        fits &= declared.rate[row] < self._market.rate[cell]
        return np.asarray(fits * _per(self._market.weight[other], self._on_route[cell]))

    def wrongly_rated(self, declared: Declared, row: IntArray, cell: IntArray) -> FloatArray:
        """Return the probability of a row's goods if a cell's get a wrong rate, shape (m,)."""
        market = self._market
        fits = (market.hs6[cell] == declared.hs6[row]) & (
            market.origin[cell] == declared.origin[row]
        )
        fits &= (market.departure[cell] == declared.departure[row]) & (
            declared.rate[row] < market.rate[cell]
        )
        return np.asarray(fits * _per(declared.tariff[row], self._for_product[cell]))

    def falsely_originating(self, declared: Declared, row: IntArray, cell: IntArray) -> FloatArray:
        """Return the probability of a row's goods if a cell's get a false origin, shape (m,)."""
        market = self._market
        same_place = market.departure[cell] == declared.departure[row]
        share = DEPARTURE_FOLLOWS * declared.agreement_here[row] + (
            1.0 - DEPARTURE_FOLLOWS
        ) * np.where(same_place, declared.agreement[row], 0.0)
        same_goods = market.hs6[cell] == declared.hs6[row]
        same_claim = self._claim[cell] == declared.claim[row]
        true = _per(self._kept_claim[cell], declared.agreement[row])
        factor = np.where(same_claim, true, self._other_agreement[cell])
        return np.where(same_goods, share * factor, 0.0)

    def kept(self, cell: IntArray) -> FloatArray:
        """Return the probability that a false origin changes nothing in a cell's goods, (m,)."""
        here = self._claimed_in_cell[2, cell] / np.maximum(self._claimed_in_cell[1, cell], 1e-12)
        stays = DEPARTURE_FOLLOWS * here + (1.0 - DEPARTURE_FOLLOWS)
        return np.asarray(self._kept_claim[cell] * stays)

    def from_cover(self, declared: Declared, row: IntArray, departure: IntArray) -> FloatArray:
        """Return the probability of some rows' goods if the true ones are any, shape (3, m).

        Parameters
        ----------
        departure : int64 array, shape (m,)
            Country of the seller, -1 if unknown.

        Returns
        -------
        float64 array
            For misclassification, wrong tariff rate and false origin.
        """
        cell = declared.cell[row]
        known = cell >= 0
        misclassified = np.where(
            known, self._market.weight[cell] * self._dearer_on_route[cell], 0.0
        )
        hs6, here = declared.hs6[row], declared.departure[row]
        dearer = self._dearer_for_product[cell]
        new = np.flatnonzero(~known)
        way = self._way(hs6[new], here[new], declared.origin[row[new]])
        dearer[new] = self._any_for_product.of(way)
        wrongly_rated = declared.tariff[row] * dearer
        product = hs6 * self._n_countries
        at_seller = self._product_here[product + np.maximum(departure, 0)]
        any_share = np.where(departure >= 0, at_seller, self._product_share[hs6])
        from_here = self._product_here[product + here]
        from_here = np.where((departure < 0) | (departure == here), from_here, 0.0)
        false_origin = (
            DEPARTURE_FOLLOWS * declared.agreement_here[row] * any_share
            + (1.0 - DEPARTURE_FOLLOWS) * declared.agreement[row] * from_here
        )
        return np.stack([misclassified, wrongly_rated, false_origin])


@dataclass(frozen=True)
class _Cells:
    """Cells by product, departure and claim.

    Attributes
    ----------
    n_countries : int
    first : int32 array, shape (n_products * n_countries + 1,)
        First place of each product and departure.
    claim, cell : int64 arrays, shape (n_cells + 1,)
        Claims, rising within product and departure, and the cells that have them; last, none.
    """

    n_countries: int
    first: NDArray[np.int32]
    claim: IntArray
    cell: IntArray

    @classmethod
    def sort(cls, market: Market, claim: IntArray) -> _Cells:
        """Sort the cells of a market."""
        n_countries = len(market.country_code)
        group = market.hs6 * n_countries + market.departure
        order = np.lexsort((claim, group))
        first = np.searchsorted(group[order], np.arange(len(market.hs6_code) * n_countries + 1))
        return cls(
            n_countries, first.astype(np.int32), np.append(claim[order], -1), np.append(order, -1)
        )

    def find(self, hs6: IntArray, departure: IntArray, claim: IntArray) -> IntArray:
        """Return the cells of some products, departures and claims, -1 for none, shape (n,)."""
        group = hs6 * self.n_countries + departure
        place, stop = self.first.take(group), self.first.take(group + 1)
        behind = np.flatnonzero(place < stop)
        while len(behind):  # most groups have few cells
            spot = place[behind]
            moves = (self.claim.take(spot) < claim[behind]) & (spot < stop[behind])
            behind = behind[moves]
            place[behind] += 1
        exists = (place < stop) & (self.claim.take(place) == claim)
        return np.where(exists, self.cell.take(place), -1)


@dataclass(frozen=True)
class _Weights:
    """Total weight of the items of each key."""

    keys: IntArray
    total: FloatArray

    @classmethod
    def add(cls, key: IntArray, weight: FloatArray) -> _Weights:
        keys, place = np.unique(key, return_inverse=True)
        total = np.bincount(place.reshape(-1), weights=weight, minlength=len(keys))
        return cls(keys, total.astype(np.float64))

    def of(self, key: IntArray) -> FloatArray:
        """Return the weight of each key, 0 if it has none."""
        if len(self.keys) == 0:
            return np.zeros(len(key))
        place = np.minimum(np.searchsorted(self.keys, key), len(self.keys) - 1)
        return np.where(self.keys[place] == key, self.total[place], 0.0)


def repeats(share: FloatArray) -> FloatArray:
    """Return the probability that all tries of a scheme draw what is true, shape of `share`.

    The true draws are a piece of the unit interval of length `share`, and the tries are `N_TRIES`
    points on it, one golden step after the other.
    """
    points = np.sort((np.arange(N_TRIES) * _GOLDEN) % 1.0)
    reached = np.zeros_like(share)
    for gap in np.diff(points, append=points[0] + 1.0):
        reached = reached + np.minimum(gap, 1.0 - share)
    return np.maximum(1.0 - reached, 0.0)


def _per(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Return part / whole, 0 where the whole is."""
    return np.where(whole > 0.0, part / np.where(whole > 0.0, whole, 1.0), 0.0)


def _sum_dearer(
    group: IntArray, rate: FloatArray, share: FloatArray, cheaper: FloatArray
) -> FloatArray:
    """Return the sum of share / cheaper over the dearer cells of each cell's group, (n_cells,)."""
    order = np.lexsort((-rate, group))
    running = np.append(0.0, np.cumsum(_per(share, cheaper)[order]))
    new_group = np.append(True, np.diff(group[order]) != 0)
    new_rate = new_group | np.append(True, np.diff(rate[order]) != 0)
    place = np.arange(len(order))
    group_start = np.maximum.accumulate(np.where(new_group, place, 0))
    rate_start = np.maximum.accumulate(np.where(new_rate, place, 0))
    dearer = np.empty(len(order))
    dearer[order] = np.maximum(running[rate_start] - running[group_start], 0.0)
    return dearer
