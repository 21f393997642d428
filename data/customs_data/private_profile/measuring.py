"""Measure noisy tables: the only module that reads declarations and adds noise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from customs_data.columns.extra_classes import CLASSES
from customs_data.parallel import spans
from customs_data.private_profile.accounting import Price, price_known, price_thresholded
from customs_data.private_profile.contributions import Contributions
from customs_data.private_profile.counting import (
    Keys,
    add_up,
    chapters_of,
    count_by_size,
    count_users,
    weigh,
)
from customs_data.private_profile.days import month_names, months_of, weekday_of, window_of
from customs_data.private_profile.moments import (
    LONGEST,
    MASS_CLASSES,
    NUMBERS,
    PRICE_CLASSES,
    classes_of,
    logarithms,
    n_sums,
    sum_moments,
    whole_classes,
)
from customs_data.private_profile.noise import UNIT, Noise
from customs_data.private_profile.plan import (
    MOST_DECLARANTS,
    Plan,
    extra_table,
    values_table,
)
from customs_data.private_profile.tables import NoisyTables, Released
from customs_data.private_profile.values import (
    DECADES,
    SIZE_EDGES,
    Standard,
    product_scale,
    standard_of_all,
    standard_of_chapters,
)
from customs_data.profile import NoisyTable

IntArray = NDArray[np.int64]

# Declarations that are looked at together.
_PART: Final = 1 << 20


def measure(
    contributions: Contributions,
    plan: Plan,
    noise: Noise,
    on_step: Callable[[str], None] = lambda name: None,
) -> NoisyTables:
    """Release all tables of a plan, one by one.

    Parameters
    ----------
    contributions : Contributions
        Bounded by `bound` to the plan's `most_declarations`.
    plan : Plan
    noise : Noise
    on_step : callable
        Called with the name of each table before it is counted.

    Returns
    -------
    NoisyTables
    """
    measurer = _Measurer(contributions, plan, noise, on_step)
    measurer.measure_all()
    return measurer.tables


class _Measurer:
    """Tables measured so far, and what the next ones need."""

    def __init__(
        self,
        contributions: Contributions,
        plan: Plan,
        noise: Noise,
        on_step: Callable[[str], None],
    ) -> None:
        self.tables = NoisyTables()
        self._rows, self._plan, self._noise, self._on_step = contributions, plan, noise, on_step
        self._weight = weigh(contributions, plan.weight)
        self._weight_of_values = weigh(contributions, plan.weight_of_values)

    def measure_all(self) -> None:
        """Release the tables of the plan; later ones depend on earlier ones."""
        for column in self._plan.vocabularies:
            self.count_values(column)
        for name, columns in self._plan.counted.items():
            self.count(name, columns)
        self.count_days()
        if "declarants" in self._plan.known:
            self.count_sizes()
        self.sum_values()
        for column, kind in self._plan.extra.items():
            if kind == "number":
                self.count_classes(column)

    def count_values(self, column: str) -> None:
        """Count the importers that use each value of a column."""
        name = values_table(column)
        self._on_step(name)
        keys = Keys(self._rows, (column,))
        users = count_users(self._rows.importer, keys.place, len(keys.numbers))
        self._release_above(name, (column,), keys, users, norm=1.0)

    def count(self, name: str, columns: tuple[str, ...]) -> None:
        """Count combinations of codes."""
        self._on_step(name)
        keys = Keys(self._rows, columns)
        sums = add_up(keys.place, self._weight, len(keys.numbers))
        self._release_above(name, columns, keys, sums, norm=self._plan.weight)

    def count_days(self) -> None:
        """Count months of two centuries, weekdays, and then the days of the months with trade."""
        months = [(name,) for name in month_names()]
        self._count_known("months", months, lambda rows: months_of(rows.day))
        weekdays = [(str(i),) for i in range(7)]
        self._count_known("weekdays", weekdays, lambda rows: weekday_of(rows.day))
        first, n_days = window_of(self.tables["months"])
        days = [(str(np.datetime64(first + i, "D")),) for i in range(n_days)]

        def day_of(rows: Contributions) -> IntArray:
            inside = (rows.day >= first) & (rows.day < first + n_days)
            return np.where(inside, rows.day - first, -1)

        self._count_known("days", days, day_of)

    def count_sizes(self) -> None:
        """Count declarants by the number of their declarations."""
        self._on_step("declarants")
        rows = self._rows
        agent = rows.codes["Declarant ID"]
        sizes = count_by_size(rows.importer, agent, MOST_DECLARANTS, SIZE_EDGES)
        # All of an importer's declarants may move from one class to another.
        norm = MOST_DECLARANTS * sqrt(2.0)
        self._release_known("declarants", [(str(edge),) for edge in SIZE_EDGES], sizes, norm)

    def sum_values(self) -> None:
        """Sum masses and prices: of all goods, then of chapters, then of products."""
        decades = [(str(decade), whole) for decade in DECADES for whole in "01"]
        for name, number in (("whole masses", "Net Mass"), ("whole prices", "Item Price")):
            if name in self._plan.known:
                self._count_known(name, decades, partial(_whole_class, number))
        for name, number, classes in (
            ("masses", "Net Mass", MASS_CLASSES),
            ("prices", "Item Price", PRICE_CLASSES),
        ):
            if name not in self._plan.known:
                continue
            cells = [(str(i),) for i in range(classes[2])]
            self._count_known(name, cells, partial(_logarithm_class, number, classes))
        # The same for all chapters.
        overall = standard_of_all(self.tables).repeat(100)
        chapters = [(f"{number:02d}",) for number in range(100)]
        self._sum_known("moments of chapters", chapters, overall, chapters_of)
        products = sorted(product_scale(self.tables))
        row = {code: i for i, code in enumerate(products)}
        codes = self._rows.values["HS6 Code"]
        place = np.array([row.get(code, -1) for code in codes], dtype=np.int64)
        self._sum_known(
            "moments of products",
            [(code,) for code in products],
            standard_of_chapters(self.tables),
            lambda rows: place[rows.codes["HS6 Code"]],
        )

    def count_classes(self, column: str) -> None:
        """Count the numbers of an extra column by classes."""
        cells = [(name,) for name in CLASSES]
        self._count_known(
            extra_table(column), cells, lambda rows: rows.classes[column].astype(np.int64)
        )

    def _count_known(
        self,
        name: str,
        cells: Sequence[tuple[str, ...]],
        cell_of: Callable[[Contributions], IntArray],
    ) -> None:
        """Count declarations by known cells."""
        self._on_step(name)
        sums = np.zeros(len(cells), dtype=np.int64)
        for rows, weight in self._parts(self._weight):
            sums += add_up(cell_of(rows), weight, len(cells))
        self._release_known(name, cells, sums, self._plan.weight)

    def _sum_known(
        self,
        name: str,
        cells: Sequence[tuple[str, ...]],
        standard: Standard,
        cell_of: Callable[[Contributions], IntArray],
    ) -> None:
        """Add up moments by known cells; `standard` has one entry per chapter."""
        self._on_step(name)
        numbers = [number for number in NUMBERS if number in self._plan.known[name]]
        sums = np.zeros((len(cells), n_sums(len(numbers))), dtype=np.int64)
        for rows, weight in self._parts(self._weight_of_values):
            logs, valid = logarithms(rows)
            chapter = chapters_of(rows)
            standardized = [
                (logs[number] - standard.mean[number][chapter]) / standard.sd[number][chapter]
                for number in numbers
            ]
            sums += sum_moments(
                standardized, np.where(valid, cell_of(rows), -1), weight, len(cells)
            )
        self._release_known(name, cells, sums, LONGEST * self._plan.weight_of_values)

    def _parts(self, weight: IntArray) -> Iterator[tuple[Contributions, IntArray]]:
        """Yield declarations and their weights, part by part, to save memory."""
        for start, stop in spans(len(self._rows), size=_PART):
            part = slice(start, stop)
            yield self._rows.take(part), weight[part]

    def _release_known(
        self, name: str, cells: Sequence[tuple[str, ...]], sums: IntArray, norm: float
    ) -> None:
        """Add noise to the sums of known cells, shape (n_cells,) or (n_cells, n_sums)."""
        price = price_known(self._plan, self._plan.share(name), norm)
        noisy = self._noise.add(sums.ravel(), price.scale).reshape(sums.shape)
        most = self._plan.most_declarations * (sums.shape[1] if sums.ndim > 1 else 1)
        self._keep(name, self._plan.known[name], cells, noisy, norm, price, most, known=True)

    def _release_above(
        self, name: str, columns: tuple[str, ...], keys: Keys, sums: IntArray, norm: float
    ) -> None:
        """Add noise to the sums of cells that the data shows; keep those above a threshold."""
        most = self._plan.most_declarations
        price = price_thresholded(
            self._plan, self._plan.share(name), self._plan.n_thresholded, most, norm
        )
        places, noisy = self._noise.add_above(sums, price.scale, price.threshold)
        # Ordered by their texts: numbers of cells follow the order of the declarations.
        texts = keys.texts(places)
        order = sorted(range(len(texts)), key=texts.__getitem__)
        if columns == ("Courier ID",):  # without names: by size
            order = sorted(order, key=lambda i: -int(noisy[i]))
        cells = [texts[i] for i in order]
        self._keep(name, columns, cells, noisy[order], norm, price, most, known=False)

    def _keep(
        self,
        name: str,
        columns: tuple[str, ...],
        cells: Sequence[tuple[str, ...]],
        noisy: IntArray,
        norm: float,
        price: Price,
        most: int,
        known: bool,
    ) -> None:
        record = NoisyTable(
            name=name,
            columns=columns,
            known_cells=known,
            most_cells=most,
            norm=norm,
            scale=price.scale / UNIT,
            threshold=price.threshold / UNIT,
            rho=price.rho,
            delta=price.delta,
            n_cells=len(cells),
        )
        self.tables.released[name] = Released(list(cells), noisy / UNIT, record)


def _whole_class(number: str, rows: Contributions) -> IntArray:
    """Return decade and wholeness of each mass or price, or -1; see `whole_classes`."""
    return whole_classes(rows.mass if number == "Net Mass" else rows.price, DECADES)


def _logarithm_class(
    number: str, classes: tuple[float, float, int], rows: Contributions
) -> IntArray:
    """Return the class of ln(kg) or ln(KRW per kg) of each declaration, or -1."""
    logs, valid = logarithms(rows)
    return np.where(valid, classes_of(logs[number], classes), -1)
