"""The profile as tables of codes: goods, routes and filings, and draws from them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from customs_data.profile import FILING_FIELDS, Profile
from customs_data.world.drawing.weighted_draws import GroupedTable

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
TextArray = NDArray[np.object_]

#: Short names of the filing fields, in the profile's order.
FILING_NAMES = (
    "mode",
    "import_type",
    "courier_given",
    "payment",
    "office",
    "import_use",
    "process",
    "indicator",
    "seller_given",
)
#: Filing fields that an importer keeps from shipment to shipment.
HABITS = ("mode", "import_type", "import_use", "payment", "office", "indicator")
_NAME_OF = {field: name for (field, _), name in zip(FILING_FIELDS, FILING_NAMES, strict=True)}

# Last chapter of each section of the Harmonized System (WCO nomenclature, 2017 edition).
_SECTION_ENDS = (5, 14, 15, 24, 27, 38, 40, 43, 46, 49, 63, 67, 70, 71, 83, 85, 89, 92, 93, 96, 97)


def find_sections(chapters: TextArray) -> IntArray:
    """Return the section of the tariff of each chapter, the last one for what is no number."""
    numbers = [int(code) if code.isdigit() else _SECTION_ENDS[-1] for code in chapters]
    section = np.searchsorted(np.array(_SECTION_ENDS), numbers)
    return np.minimum(section, len(_SECTION_ENDS) - 1).astype(np.int64)


class Filing:
    """Filing codes: one conditional table per field.

    Parameters
    ----------
    profile : Profile
        With its `filing` tables; a condition without a table takes the overall one.
    """

    def __init__(self, profile: Profile) -> None:
        self.codes: dict[str, TextArray] = {}
        self._conditions: dict[str, tuple[str, ...]] = {}
        self._tables: dict[str, GroupedTable] = {}
        self._code_of_item: dict[str, IntArray] = {}
        for field, condition in FILING_FIELDS:
            name = _NAME_OF[field]
            tables = profile.filing[field]
            self.codes[name] = np.array(sorted(tables[""]), dtype=object)
            self._conditions[name] = tuple(_NAME_OF[column] for column in condition)
            self._build(name, tables)

    def _build(self, name: str, tables: dict[str, dict[str, int]]) -> None:
        """Turn the counts of one field into a grouped table."""
        place = {code: i for i, code in enumerate(self.codes[name])}
        keys = [""]
        for column in self._conditions[name]:
            keys = [f"{key}|{code}" if key else str(code)
                    for key in keys for code in self.codes[column]]  # fmt: skip
        group, code, weight = [], [], []
        for number, key in enumerate(keys):
            for text, count in tables.get(key, tables[""]).items():
                group.append(number)
                code.append(place[text])
                weight.append(float(count))
        self._tables[name] = GroupedTable.from_weights(
            np.array(group, dtype=np.int64), np.array(weight), len(keys)
        )
        self._code_of_item[name] = np.array(code, dtype=np.int64)

    @cached_property
    def texts(self) -> dict[str, pa.StringArray]:
        """Codes of each field, as Arrow arrays."""
        return {name: pa.array(codes, pa.string()) for name, codes in self.codes.items()}

    def size(self, name: str) -> int:
        """Return the number of codes of a field."""
        return len(self.codes[name])

    def place(self, name: str, code: str) -> int:
        """Return the index of a code, -1 if it does not occur."""
        places = np.flatnonzero(self.codes[name] == code)
        return int(places[0]) if len(places) else -1

    def given(self, name: str) -> tuple[str, ...]:
        """Return the fields that a field depends on."""
        return self._conditions[name]

    def group(self, name: str, given: dict[str, IntArray], n: int) -> IntArray:
        """Return the number of the combination of codes that a field depends on, shape (n,)."""
        group = np.zeros(n, dtype=np.int64)
        for column in self._conditions[name]:
            group = group * self.size(column) + given[column]
        return group

    def has_choice(self, name: str, given: dict[str, IntArray]) -> NDArray[np.bool_]:
        """Return whether a field has several codes, given those it depends on, shape (n,)."""
        group = self.group(name, given, len(given[name]))
        starts = self._tables[name].starts
        return np.asarray(starts[group + 1] - starts[group] > 1)

    def shares(self, name: str) -> FloatArray:
        """Return the shares of a field's codes by `group`, shape (n_groups, n_codes)."""
        table = self._tables[name]
        n_groups = len(table.starts) - 1
        group = np.repeat(np.arange(n_groups), np.diff(table.starts))
        shares = np.zeros((n_groups, self.size(name)))
        edges_before = np.maximum(np.append(0.0, table.edges[:-1]), group)
        shares[group, self._code_of_item[name][table.items]] = table.edges - edges_before
        return shares

    def draw_field(self, name: str, given: dict[str, IntArray], u: FloatArray) -> IntArray:
        """Draw codes of one field, given those of the fields that it depends on, shape (n,)."""
        group = self.group(name, given, len(u))
        return self._code_of_item[name][self._tables[name].draw(group, u)]

    def draw(self, u: FloatArray) -> dict[str, IntArray]:
        """Draw codes of all fields from `u`, shape (n, 9)."""
        drawn: dict[str, IntArray] = {}
        for column, name in enumerate(FILING_NAMES):
            drawn[name] = self.draw_field(name, drawn, u[:, column])
        return drawn


@dataclass(frozen=True)
class Market:
    """Goods of the profile as arrays over its cells: product, route and tariff.

    Attributes
    ----------
    hs6, chapter, section, departure, origin, tax_type : int64 arrays, shape (n_cells,)
        Codes as indices into the code lists.
    rate, weight : float64 arrays, shape (n_cells,)
        Ad valorem duty in percent; number of declarations in the source.
    hs6_code, chapter_code, country_code, tax_type_code : object arrays
        Code lists; departures and origins share one.
    mass_mean, mass_sd, price_mean : float64 arrays, shape (n_products,)
        Mean and sd of ln kg; mean of ln KRW per kg.
    filing : Filing
    """

    hs6: IntArray
    chapter: IntArray
    section: IntArray
    departure: IntArray
    origin: IntArray
    tax_type: IntArray
    rate: FloatArray
    weight: FloatArray
    hs6_code: TextArray
    chapter_code: TextArray
    country_code: TextArray
    tax_type_code: TextArray
    mass_mean: FloatArray
    mass_sd: FloatArray
    price_mean: FloatArray
    filing: Filing

    @classmethod
    def from_profile(cls, profile: Profile) -> Market:
        """Encode the profile's goods."""
        goods = profile.goods
        hs6_code, hs6 = np.unique(np.array(goods.hs6, dtype=object), return_inverse=True)
        chapters = np.array([code[:2] for code in hs6_code], dtype=object)
        chapter_code, chapter_of = np.unique(chapters, return_inverse=True)
        route = np.array(goods.departure + goods.origin, dtype=object)
        country_code, country = np.unique(route, return_inverse=True)
        tax_type_code, tax_type = np.unique(
            np.array(goods.tax_type, dtype=object), return_inverse=True
        )
        chapter = chapter_of[hs6]
        row = {code: i for i, code in enumerate(profile.values.hs6)}
        rows = [row[code] for code in hs6_code]
        n = len(goods.hs6)
        return cls(
            hs6=hs6.astype(np.int64),
            chapter=chapter.astype(np.int64),
            section=find_sections(chapter_code)[chapter],
            departure=country[:n].astype(np.int64),
            origin=country[n:].astype(np.int64),
            tax_type=tax_type.astype(np.int64),
            rate=np.array(goods.tax_rate, dtype=np.float64),
            weight=np.array(goods.count, dtype=np.float64),
            hs6_code=hs6_code,
            chapter_code=chapter_code,
            country_code=country_code,
            tax_type_code=tax_type_code,
            mass_mean=np.array(profile.values.mass_mean)[rows],
            mass_sd=np.array(profile.values.mass_sd)[rows],
            price_mean=np.array(profile.values.price_mean)[rows],
            filing=Filing(profile),
        )

    @cached_property
    def hs6_texts(self) -> pa.StringArray:
        """`hs6_code` as an Arrow array."""
        return pa.array(self.hs6_code, pa.string())

    @cached_property
    def country_texts(self) -> pa.StringArray:
        """`country_code` as an Arrow array."""
        return pa.array(self.country_code, pa.string())

    @cached_property
    def tax_type_texts(self) -> pa.StringArray:
        """`tax_type_code` as an Arrow array."""
        return pa.array(self.tax_type_code, pa.string())

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return len(self.hs6)

    @property
    def n_chapters(self) -> int:
        """Number of chapters that occur."""
        return len(self.chapter_code)

    @property
    def n_sections(self) -> int:
        """Number of sections of the tariff."""
        return len(_SECTION_ENDS)

    @cached_property
    def is_detour(self) -> FloatArray:
        """1 where departure and origin differ, shape (n_cells,)."""
        return np.asarray(self.departure != self.origin, dtype=np.float64)

    @cached_property
    def pool(self) -> IntArray:
        """Pool of sellers of each cell: one per departure and chapter."""
        return self.departure * self.n_chapters + self.chapter

    @cached_property
    def _all(self) -> GroupedTable:
        return GroupedTable.from_weights(np.zeros(self.n_cells, dtype=np.int64), self.weight, 1)

    @cached_property
    def _by_chapter(self) -> GroupedTable:
        return GroupedTable.from_weights(self.chapter, self.weight, self.n_chapters)

    @cached_property
    def _by_departure(self) -> GroupedTable:
        return GroupedTable.from_weights(self.departure, self.weight, len(self.country_code))

    @cached_property
    def _by_pool(self) -> GroupedTable:
        n_pools = len(self.country_code) * self.n_chapters
        return GroupedTable.from_weights(self.pool, self.weight, n_pools)

    def draw_cell(self, u: FloatArray) -> IntArray:
        """Draw cells by frequency, shape (n,)."""
        return self._all.draw(np.zeros(len(u), dtype=np.int64), u)

    def draw_in_chapter(self, chapter: IntArray, u: FloatArray) -> IntArray:
        """Draw cells of the given chapters, by frequency, shape (n,)."""
        return self._by_chapter.draw(chapter, u)

    def draw_from(self, departure: IntArray, u: FloatArray) -> IntArray:
        """Draw cells of the given countries of departure, by frequency, shape (n,)."""
        return self._by_departure.draw(departure, u)

    def draw_on_route(self, departure: IntArray, chapter: IntArray, u: FloatArray) -> IntArray:
        """Draw cells of departure and chapter; of the chapter alone where there is none."""
        group = departure * self.n_chapters + chapter
        direct = self._by_pool.draw(group, u)
        fallback = self.draw_in_chapter(chapter, u)
        return np.asarray(np.where(direct >= 0, direct, fallback), dtype=np.int64)
