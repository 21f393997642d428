"""Masses, prices and sizes, from noisy sums and classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from customs_data.private_profile.moments import MASS_CLASSES, PRICE_CLASSES, SQUARES, middles
from customs_data.private_profile.tables import NoisyTables, Released
from customs_data.profile import Values

FloatArray = NDArray[np.float64]

#: Decades by which whole numbers are counted, as in every profile.
DECADES: Final = range(-1, 8)
#: Classes of a declarant's number of declarations: 1, 2, 3, 4, 6, 8, 12, ...
SIZE_EDGES: Final = np.array([1, *sorted(n * 2**i for i in range(24) for n in (2, 3))])
#: What is above so many standard deviations of the noise is taken for more than noise.
CLEARLY: Final = 3.0
# Smallest spread, as a share of that of the group above.
_LEAST_SD: Final = 0.1


@dataclass(frozen=True)
class Standard:
    """Means and standard deviations of ln(kg) and ln(KRW per kg).

    Attributes
    ----------
    mean, sd : dict of str
        By `NUMBERS` that the source has: numbers, or float64 arrays by group.
    """

    mean: dict[str, Any]
    sd: dict[str, Any]

    def repeat(self, n_groups: int) -> Standard:
        """Return the same for groups."""
        return self.take(np.zeros(n_groups, dtype=np.int64))

    def take(self, groups: NDArray[np.int64]) -> Standard:
        """Return the standards of some groups, which may repeat."""
        mean, sd = (
            {number: np.atleast_1d(column)[groups] for number, column in columns.items()}
            for columns in (self.mean, self.sd)
        )
        return Standard(mean, sd)


def standard_of_all(tables: NoisyTables) -> Standard:
    """Return mean and standard deviation over all goods, from the noisy histograms."""
    result = Standard({}, {})
    for number, name, classes in (
        ("Net Mass", "masses", MASS_CLASSES),
        ("Item Price", "prices", PRICE_CLASSES),
    ):
        if name not in tables.released:
            continue
        table = tables[name]
        # Without this, the noise of the many empty classes would widen the distribution.
        weight = np.where(table.weight > CLEARLY * table.record.scale, table.weight, 0.0)
        if weight.sum() <= 0.0:
            weight = np.maximum(table.weight, 1e-9)
        mean = float(np.average(middles(classes), weights=weight))
        variance = float(np.average((middles(classes) - mean) ** 2, weights=weight))
        result.mean[number], result.sd[number] = mean, max(variance, classes[1] ** 2) ** 0.5
    return result


def standard_of_chapters(tables: NoisyTables) -> Standard:
    """Return means and standard deviations of the hundred chapters, shape (100,) each."""
    table = tables["moments of chapters"]
    return _shrink(table, standard_of_all(tables).repeat(len(table.cells)))


def product_scale(tables: NoisyTables) -> dict[str, float]:
    """Return the weight of each product that is released, in declarations.

    Products that only the importers' table shows weigh what its users weigh elsewhere. A product
    that only combinations show weighs what they do.
    """
    users = tables["values of HS6 Code"].as_dict()
    scale = fill_in(tables["products"].as_dict(), users, 1)
    unseen: dict[str, float] = {}
    combinations = tables["goods"].as_dict() if "goods" in tables.released else {}
    for cell, weight in combinations.items():
        if cell[0] not in scale:
            unseen[cell[0]] = unseen.get(cell[0], 0.0) + weight
    return scale | {product: weight for product, weight in unseen.items() if weight > 0.0}


def fill_in(
    counted: dict[tuple[str, ...], float], users: dict[tuple[str, ...], float], place: int
) -> dict[str, float]:
    """Return the weight of values: as counted, or by their users where they were not.

    Parameters
    ----------
    counted : dict
        Weight of cells.
    users : dict
        Weighted number of importers of each value, which is the only text of its cell.
    place : int
        Which text of a counted cell is the value, counted from 1.
    """
    weight: dict[str, float] = {}
    for cell, count in counted.items():
        weight[cell[place - 1]] = weight.get(cell[place - 1], 0.0) + max(count, 0.0)
    both = [value for (value,) in users if value in weight]
    of_users = sum(users[(value,)] for value in both)
    ratio = sum(weight[value] for value in both) / of_users if of_users > 0 else 1.0
    for (value,), count in users.items():
        if value not in weight:
            weight[value] = max(count, 0.0) * ratio
    return {value: weight[value] for value in sorted(weight) if weight[value] > 0.0}


def estimate_values(tables: NoisyTables) -> Values:
    """Return mass and unit price of each released product; mean 0 and sd 1 of absent ones."""
    table = tables["moments of products"]
    standard = standard_of_chapters(tables)
    products = [code for (code,) in table.cells]
    chapter = np.array([int(code[:2]) for code in products], dtype=np.int64)
    own = _shrink(table, standard.take(chapter))
    absent = np.zeros(len(products))

    def rounded(column: FloatArray) -> tuple[float, ...]:
        return tuple(round(float(x), 3) for x in column)

    return Values(
        tuple(products),
        rounded(own.mean.get("Net Mass", absent)),
        rounded(own.sd.get("Net Mass", absent + 1.0)),
        rounded(own.mean.get("Item Price", absent)),
        rounded(own.sd.get("Item Price", absent + 1.0)),
    )


def _shrink(table: Released, above: Standard) -> Standard:
    """Return standards of groups, shrunk towards those of the groups above.

    A group's mean keeps the share of its distance from the mean above by which groups differ more
    than noise and chance explain (empirical Bayes).
    """
    noise, n = table.record.scale, table.weight[:, 0]
    enough = n > CLEARLY * noise
    size = np.where(enough, n, np.inf)
    result = Standard({}, {})
    for column, number in enumerate(above.mean, start=1):
        mean = table.weight[:, column] / size
        kept = _share_of_signal(mean, (noise / size) ** 2 + 1.0 / size, n, enough) * mean
        square = 1.0 + table.weight[:, column + len(above.mean)] / size / SQUARES
        variance = square - mean**2 + (noise / size) ** 2  # the square of the mean has noise, too
        usual = float(np.average(variance[enough], weights=n[enough])) if enough.any() else 1.0
        usual = max(usual, _LEAST_SD**2)
        off = np.where(enough, variance - usual, 0.0)
        error = (noise / size / SQUARES) ** 2 + 2.0 / size
        variance = usual + _share_of_signal(off, error, n, enough) * off
        spread = np.sqrt(np.maximum(variance, _LEAST_SD**2))
        result.mean[number] = above.mean[number] + above.sd[number] * kept
        result.sd[number] = above.sd[number] * spread
    return result


def _share_of_signal(
    value: FloatArray, error: FloatArray, n: FloatArray, enough: NDArray[np.bool_]
) -> FloatArray:
    """Return which share of each value is more than error; `error` contains variances."""
    if not enough.any():
        return np.zeros(len(value))
    weights = n[enough]
    surplus = float(np.average(value[enough] ** 2 - error[enough], weights=weights))
    surplus = max(surplus, 1e-4)
    return np.where(enough, surplus / (surplus + error), 0.0)


def whole_shares(table: Released) -> dict[str, float]:
    """Return the share of whole numbers in each decade; a default where values are too few."""
    by_cell = table.as_dict()
    shares = {}
    for decade in DECADES:
        broken, whole = (max(by_cell[str(decade), kind], 0.0) for kind in "01")
        known = broken + whole > CLEARLY * table.record.scale
        share = whole / (broken + whole) if known else float(decade > 3)
        shares[str(decade)] = round(share, 3)
    return shares


def estimate_sizes(table: Released) -> tuple[tuple[int, int], ...]:
    """Return pairs of declarations and declarants; classes of noise alone are left out."""
    sizes = []
    stops = [int(edge) for (edge,) in table.cells[1:]] + [2 * int(table.cells[-1][0])]
    for (edge,), stop, agents in zip(table.cells, stops, table.weight.tolist(), strict=True):
        if agents > CLEARLY * table.record.scale:
            middle = round((int(edge) * max(stop - 1, int(edge))) ** 0.5)
            sizes.append((middle, max(1, round(agents))))
    return tuple(sizes)
