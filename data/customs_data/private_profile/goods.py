"""Goods: combinations of product, route and tariff, from noisy counts of parts and of the whole."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from customs_data.errors import KitError
from customs_data.private_profile.plan import COUNTED, values_table
from customs_data.private_profile.tables import NoisyTables
from customs_data.private_profile.values import fill_in, product_scale
from customs_data.profile import Goods

#: Departure, origin, tax rate and tax type; a product comes first.
_Cell = tuple[str, str, str, str, str]
Shares = dict[tuple[str, str], float]

# Combinations of a product that are composed of its parts: the likeliest ones.
_MOST_COMPOSED: Final = 12
# Products that a rarely seen country or kind of tariff is given to: the most frequent ones.
_CARRIERS: Final = 3


def estimate_goods(tables: NoisyTables) -> Goods:
    """Return the goods of a profile.

    Combinations that are released keep their counts. What a product has beyond them is divided
    among the routes of its chapter and the tariffs of the product (or its chapter), where origins
    have the kinds of tariffs that they have elsewhere.

    What the source lacks is "" in every combination, a rate NaN.

    Raises
    ------
    KitError
        If no product, route or tariff reaches a threshold.
    """
    weight: dict[_Cell, float] = defaultdict(float)
    for cell, count in _complete(tables, "goods").items():
        product, departure, origin, rate, kind = cell
        weight[product, departure, origin, rate, kind] += max(count, 0.0)
    known: dict[str, float] = defaultdict(float)
    for cell, count in weight.items():
        known[cell[0]] += count
    composer = _Composer(tables)
    for product, size in composer.products.items():
        rest = size - known[product]
        # Below the noise of a product's count, the rest is no sign of further combinations.
        if product not in known or rest > tables["products"].record.scale:
            for cell, share in composer.compose(product).items():
                weight[cell] += max(rest, 1.0) * share
    composer.add_rare(weight)
    cells = sorted(cell for cell, count in weight.items() if round(count) >= 1)
    if not cells:
        raise KitError(_TOO_FEW)
    return Goods(
        hs6=tuple(cell[0] for cell in cells),
        departure=tuple(cell[1] for cell in cells),
        origin=tuple(cell[2] for cell in cells),
        tax_rate=tuple(float(cell[3] or "nan") for cell in cells),
        tax_type=tuple(cell[4] for cell in cells),
        count=tuple(round(weight[cell]) for cell in cells),
    )


_TOO_FEW: Final = (
    "No combination of product, route and tariff is frequent enough for this epsilon. Raise "
    "epsilon, or give more declarations."
)


def _complete(tables: NoisyTables, name: str) -> dict[tuple[str, ...], float]:
    """Return the cells of a table of goods with "" where a column is absent; {} without it."""
    if name not in tables.released:
        return {}
    cells = tables[name].as_dict()
    present = tables[name].record.columns
    if present == COUNTED[name]:
        return cells
    place = {column: i for i, column in enumerate(present)}
    return {
        tuple(cell[place[it]] if it in place else "" for it in COUNTED[name]): weight
        for cell, weight in cells.items()
    }


class _Composer:
    """Shares of routes and tariffs, by product and by chapter."""

    def __init__(self, tables: NoisyTables) -> None:
        self.products = product_scale(tables)
        self._routes = _group(_complete(tables, "routes"))
        self._own_tariffs = _group(_complete(tables, "tariffs"))
        self._tariffs = _group(_complete(tables, "tariffs of chapters"))
        agreements = _complete(tables, "agreements")
        self._kinds = {(cell[0], cell[1]): max(n, 0.0) for cell, n in agreements.items()}
        self._of_kind: dict[str, float] = defaultdict(float)
        self._of_origin: dict[str, float] = defaultdict(float)
        for (origin, kind), count in self._kinds.items():
            self._of_kind[kind] += count
            self._of_origin[origin] += count
        self._rare = {
            place: fill_in(_complete(tables, table), tables[values_table(column)].as_dict(), at)
            if values_table(column) in tables.released
            else {"": 1.0}
            for place, (table, at, column) in {
                1: ("routes", 2, "Country of Departure"),
                2: ("routes", 3, "Country of Origin"),
                3: ("tariffs of chapters", 2, "Tax Rate"),
                4: ("tariffs of chapters", 3, "Tax Type"),
            }.items()
        }
        if not self._routes:
            departures, origins = self._rare[1], self._rare[2]
            self._routes = {"": {(c, c): n for c, n in origins.items()}}
            if "" in departures:
                self._routes = {"": {("", c): n for c, n in origins.items()}}
            elif "" in origins:
                self._routes = {"": {(c, ""): n for c, n in departures.items()}}
        if not self._tariffs:
            self._tariffs = {
                "": {
                    (rate, kind): n * m
                    for rate, n in self._rare[3].items()
                    for kind, m in self._rare[4].items()
                }
            }
        if not (any(self._routes.values()) and any(self._tariffs.values())):
            raise KitError(_TOO_FEW)
        self._any_route, self._any_tariff = _sum(self._routes), _sum(self._tariffs)

    def compose(self, product: str) -> dict[_Cell, float]:
        """Return likely combinations of a product, with shares that add up to 1."""
        chapter = product[:2]
        routes = self._routes.get(chapter) or self._any_route
        tariffs = self._own_tariffs.get(product) or self._tariffs.get(chapter) or self._any_tariff
        cells: dict[_Cell, float] = {
            (product, departure, origin, rate, kind): n * m * self._affinity(origin, kind)
            for (departure, origin), n in routes.items()
            for (rate, kind), m in tariffs.items()
        }
        likely = dict(sorted(cells.items(), key=lambda item: (-item[1], item[0]))[:_MOST_COMPOSED])
        total = sum(likely.values())
        if total <= 0.0:
            return {cell: 1.0 / len(likely) for cell in likely}
        return {cell: share / total for cell, share in likely.items() if share > 0.0}

    def _affinity(self, origin: str, kind: str) -> float:
        """Return how much more often a kind of tariff is used for an origin than at random."""
        of_origin, of_kind = self._of_origin.get(origin, 0.0), self._of_kind.get(kind, 0.0)
        if of_origin <= 0.0 or of_kind <= 0.0:
            return 0.05
        total = sum(self._of_kind.values())
        return self._kinds.get((origin, kind), 0.0) / of_origin / of_kind * total

    def add_rare(self, weight: dict[_Cell, float]) -> None:
        """Give countries, rates and kinds that no combination has to frequent combinations."""
        frequent = sorted(weight, key=lambda cell: (-weight[cell], cell))[:_CARRIERS]
        for place, values in self._rare.items():
            present = {cell[place] for cell in weight}
            for value, size in values.items():
                if value in present:
                    continue
                for cell in frequent:
                    parts = list(cell)
                    parts[place] = value
                    weight[parts[0], parts[1], parts[2], parts[3], parts[4]] += size / len(frequent)


def _group(counts: dict[tuple[str, ...], float]) -> dict[str, Shares]:
    """Return counts of pairs by the first text of each cell."""
    groups: dict[str, Shares] = defaultdict(dict)
    for (first, second, third), count in counts.items():
        if count > 0.0:
            groups[first][second, third] = count
    return dict(groups)


def _sum(groups: dict[str, Shares]) -> Shares:
    total: Shares = defaultdict(float)
    for shares in groups.values():
        for pair, count in shares.items():
            total[pair] += count
    return dict(total)
