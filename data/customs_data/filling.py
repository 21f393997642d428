"""Filling in what the source of a profile lacks, from the shipped profile.

The simulator needs every column: the honest trade, the risk and the ceiling of a world depend on
all of them. What an absent column says is taken from the public release, given what the source
does say, so it costs no privacy.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import product as combinations
from typing import Final

from customs_data.columns.column_set import needed_of
from customs_data.errors import KitError
from customs_data.profile import (
    FILING_FIELDS,
    GIVEN,
    Goods,
    Profile,
    Values,
    absent_fields,
    load_profile,
)

# A cell of goods by the names of its parts, and the same for groups of cells.
_Key = tuple[str, ...]
_PARTS: Final = ("hs6", "departure", "origin", "tax_rate", "tax_type")
_PART_OF: Final = {
    "Country of Departure": "departure",
    "Country of Origin": "origin",
    "Tax Rate": "tax_rate",
    "Tax Type": "tax_type",
}
# What an absent part is drawn given, if the shipped profile has it; else given the next, at last
# given nothing. Routes come first, so that a tariff may depend on the origin.
_GIVEN_THAT: Final[dict[tuple[str, ...], tuple[tuple[str, ...], ...]]] = {
    ("departure",): (("chapter", "origin"), ("origin",)),
    ("origin",): (("chapter", "departure"), ("departure",)),
    ("departure", "origin"): (("hs6",), ("chapter",), ()),
    ("tax_rate",): (("hs6", "tax_type"), ("hs6",), ("chapter", "tax_type"), ("chapter",), ()),
    ("tax_type",): (("hs6", "tax_rate"), ("tax_rate", "chapter"), ("hs6",), ("chapter",), ()),
    ("tax_rate", "tax_type"): (
        ("hs6", "origin"),
        ("hs6",),
        ("chapter", "origin"),
        ("chapter",),
        (),
    ),
}
# Goods of countries that the shipped profile does not have come from where they were made.
_SAME: Final = {"departure": "origin", "origin": "departure"}
_LEAST_SD: Final = 0.1


def check_profiled(absent: Iterable[str]) -> None:
    """Check that a profile can do without some columns.

    Raises
    ------
    KitError
        If it cannot.
    """
    if needed := needed_of(absent):
        raise KitError(
            f"The source lacks {'; '.join(needed)}. A profile needs Date, HS6 Code, one trader "
            "(declarant, importer, seller or courier), and Net Mass or Item Price; any other "
            "column may be absent."
        )


def fill_absent(profile: Profile) -> Profile:
    """Return a profile with the tables that its source lacks.

    Parameters
    ----------
    profile : Profile
        With `absent`. Its goods have "" (a rate NaN) in the place of what is absent, its filing an
        empty table; conditions on an absent field are left out of the others. Without masses, the
        prices per kg are those of items; an absent mean is of no meaning. Everything else that is
        absent is empty.

    Returns
    -------
    Profile
        Complete; as it was if nothing is absent.
    """
    if not profile.absent:
        return profile
    shipped, absent = load_profile(), set(profile.absent)
    sizes = {"mass": "Net Mass", "price": "Item Price"}
    return replace(
        profile,
        goods=_fill_goods(profile.goods, shipped.goods, absent),
        values=_fill_values(profile.values, shipped, absent),
        filing=_fill_filing(profile.filing, shipped.filing, absent),
        courier_counts=(shipped if "Courier ID" in absent else profile).courier_counts,
        degrees=profile.degrees
        | {it: shipped.degrees[it] for it in ("Declarant ID",) if it in absent},
        whole_share=profile.whole_share
        | {name: shipped.whole_share[name] for name, it in sizes.items() if it in absent},
    )


def unlike_shipped(profile: Profile) -> list[str]:
    """Return absent columns of which a profile says what the shipped one does not.

    Nothing of it can come from `fill_absent`: the profile was changed, or filled in by a release
    that ships another one.
    """
    shipped, absent = load_profile(), set(profile.absent)
    odd = {
        GIVEN.get(field, field)
        for field in absent_fields(absent)
        if profile.filing[field] != shipped.filing[field]
    }
    same = {
        "Courier ID": profile.courier_counts == shipped.courier_counts,
        "Declarant ID": profile.degrees["Declarant ID"] == shipped.degrees["Declarant ID"],
        "Net Mass": profile.whole_share["mass"] == shipped.whole_share["mass"],
        "Item Price": profile.whole_share["price"] == shipped.whole_share["price"],
    }
    for column, part in _PART_OF.items():
        public = {*getattr(shipped.goods, part)}
        public |= {*getattr(profile.goods, _SAME[part])} if part in _SAME else set()
        same[column] = {*getattr(profile.goods, part)} <= public
    return sorted(odd | {column for column in absent if not same.get(column, True)})


def _fill_goods(goods: Goods, shipped: Goods, absent: set[str]) -> Goods:
    """Divide each cell among what the shipped profile has in the absent parts."""
    lacking = [part for column, part in _PART_OF.items() if column in absent]
    cells, known = _as_cells(goods), _as_cells(shipped)
    for parts in (("departure", "origin"), ("tax_rate", "tax_type")):
        if missing := tuple(part for part in parts if part in lacking):
            cells = _divide(cells, missing, known)
    ordered = sorted(cells)
    columns = {part: tuple(cell[i] for cell in ordered) for i, part in enumerate(_PARTS)}
    rates = tuple(float(rate) for rate in columns.pop("tax_rate"))
    return Goods(**columns, tax_rate=rates, count=tuple(cells[cell] for cell in ordered))


def _as_cells(goods: Goods) -> dict[_Key, int]:
    """Return counts by the texts of a cell, in the order of `_PARTS`."""
    columns = (map(str, getattr(goods, part)) for part in _PARTS)
    return dict(zip(zip(*columns, strict=True), goods.count, strict=True))


def _divide(
    cells: Mapping[_Key, int], missing: tuple[str, ...], known: Mapping[_Key, int]
) -> dict[_Key, int]:
    places = [_PARTS.index(part) for part in missing]
    groups = {names: _group(known, places, names) for names in _GIVEN_THAT[missing]}
    divided: Counter[_Key] = Counter()
    for cell, count in cells.items():
        weights = next(
            (group[key] for names, group in groups.items() if (key := _key(cell, names)) in group),
            None,
        )
        if weights is None:  # an unknown country: a route without a detour
            weights = {(cell[_PARTS.index(_SAME[missing[0]])],): 1}
        for values, part in _apportion(count, weights).items():
            filled = list(cell)
            for place, value in zip(places, values, strict=True):
                filled[place] = value
            divided[tuple(filled)] += part
    return dict(divided)


def _key(cell: _Key, names: Sequence[str]) -> _Key:
    return tuple(cell[0][:2] if it == "chapter" else cell[_PARTS.index(it)] for it in names)


def _group(
    known: Mapping[_Key, int], places: Sequence[int], names: Sequence[str]
) -> dict[_Key, dict[_Key, int]]:
    """Return counts of the parts at some places, by the named parts."""
    groups: dict[_Key, dict[_Key, int]] = defaultdict(lambda: defaultdict(int))
    for cell, count in known.items():
        groups[_key(cell, names)][tuple(cell[place] for place in places)] += count
    return groups


def _apportion(count: int, weights: Mapping[_Key, int]) -> dict[_Key, int]:
    """Divide a count in proportion to weights, by largest remainder; no part is 0."""
    total = sum(weights.values())
    parts = {key: count * weight // total for key, weight in weights.items()}
    by_remainder = sorted(weights, key=lambda key: (-(count * weights[key] % total), key))
    for key in by_remainder[: count - sum(parts.values())]:
        parts[key] += 1
    return {key: part for key, part in parts.items() if part}


def _fill_values(values: Values, shipped: Profile, absent: set[str]) -> Values:
    """Return masses and unit prices, of which the source has one or both."""
    if not absent & {"Net Mass", "Item Price"}:
        return values
    of = _Standards(shipped)
    own = {name: list(column) for name, column in vars(values).items() if name != "hs6"}
    for i, product in enumerate(values.hs6):
        known = of.product(product)
        if "Item Price" in absent:
            own["price_mean"][i], own["price_sd"][i] = known["price_mean"], known["price_sd"]
            continue
        # The price of an item is that of a kg times the mass; taken as independent of each other.
        rest = own["price_sd"][i] ** 2 - known["mass_sd"] ** 2
        own["price_mean"][i] = round(own["price_mean"][i] - known["mass_mean"], 3)
        own["price_sd"][i] = round(max(rest, _LEAST_SD**2) ** 0.5, 3)
        own["mass_mean"][i], own["mass_sd"][i] = known["mass_mean"], known["mass_sd"]
    return Values(values.hs6, **{name: tuple(column) for name, column in own.items()})


class _Standards:
    """Means and standard deviations of the shipped profile, by product, chapter and overall."""

    def __init__(self, shipped: Profile) -> None:
        values = shipped.values
        columns = {name: column for name, column in vars(values).items() if name != "hs6"}
        self._own = {
            code: {name: column[i] for name, column in columns.items()}
            for i, code in enumerate(values.hs6)
        }
        weight: Counter[str] = Counter()
        for code, count in zip(shipped.goods.hs6, shipped.goods.count, strict=True):
            weight[code] += count
        self._above: dict[str, dict[str, float]] = {}
        for group in {"", *(code[:2] for code in values.hs6)}:
            members = [code for code in values.hs6 if code.startswith(group)]
            total = sum(weight[code] for code in members)
            self._above[group] = {
                name: round(sum(self._own[it][name] * weight[it] for it in members) / total, 3)
                for name in columns
            }

    def product(self, code: str) -> dict[str, float]:
        """Return mean and standard deviation of a product, or of its chapter, or of all."""
        return self._own.get(code) or self._above.get(code[:2]) or self._above[""]


Tables = dict[str, dict[str, int]]


def _fill_filing(
    filing: Mapping[str, Tables], shipped: Mapping[str, Tables], absent: set[str]
) -> dict[str, Tables]:
    """Return tables of all fields, in their order."""
    lacking = absent_fields(absent)
    filled: dict[str, Tables] = {}
    for field, condition in FILING_FIELDS:
        if field in lacking:
            filled[field] = shipped[field]
        else:
            filled[field] = _repeat(filing[field], condition, lacking, filled)
    return filled


def _repeat(
    tables: Tables, condition: tuple[str, ...], lacking: set[str], filled: Mapping[str, Tables]
) -> Tables:
    """Repeat the tables of a field under each code of the conditions that are absent."""
    if not lacking & {*condition} or lacking >= {*condition}:  # without any, the overall counts
        return tables
    result: Tables = {"": tables[""]}
    for key, counts in tables.items():
        if not key:
            continue
        given = iter(key.split("|"))
        codes = [[*filled[it][""]] if it in lacking else [next(given)] for it in condition]
        result |= {"|".join(chosen): counts for chosen in combinations(*codes)}
    return result
