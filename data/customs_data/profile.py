"""The calibration profile: what the generator knows of real trade, as aggregated tables.

A profile holds counts, means and spreads - never a row. The one shipped with the kit is made from
the public release; an administration makes its own from its declarations with a minimum count per
cell, so that no cell describes a handful of traders.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from customs_data.files.atomic import write_atomically

PROFILE_FORMAT = 1
GOODS_COLUMNS = ("HS6 Code", "Country of Departure", "Country of Origin", "Tax Rate", "Tax Type")
ENTITY_COLUMNS = ("Importer ID", "Declarant ID", "Seller ID", "Courier ID")

# How a filing is filled in, field after field: each field is counted given the ones named beside
# it. Chosen from the release's Cramer's V: the courier goes with type and payment, the rest with
# the mode of transport; none depends on the goods.
FILING_FIELDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Mode of Transport", ()),
    ("Import Type", ("Mode of Transport",)),
    ("Courier Given", ("Mode of Transport", "Import Type")),
    ("Payment Type", ("Mode of Transport", "Courier Given")),
    ("Office ID", ("Mode of Transport", "Courier Given")),
    ("Import Use", ("Mode of Transport", "Import Type")),
    ("Process Type", ("Mode of Transport", "Import Type")),
    ("Country of Origin Indicator", ("Mode of Transport", "Courier Given")),
    ("Seller Given", ("Mode of Transport", "Country of Origin Indicator")),
)
_DECADES = range(-1, 8)


@dataclass(frozen=True)
class Goods:
    """Combinations that occur of product, route and tariff, one entry each.

    Attributes
    ----------
    hs6, departure, origin, tax_type : tuple of str, length n_cells
        Codes as text.
    tax_rate : tuple of float, length n_cells
        Percent, ad valorem.
    count : tuple of int, length n_cells
        Declarations of the source with this combination.
    """

    hs6: tuple[str, ...]
    departure: tuple[str, ...]
    origin: tuple[str, ...]
    tax_rate: tuple[float, ...]
    tax_type: tuple[str, ...]
    count: tuple[int, ...]

    def __post_init__(self) -> None:
        lengths = {len(getattr(self, name)) for name in Goods.__dataclass_fields__}
        if len(lengths) != 1 or not self.hs6:
            raise ValueError(f"goods must have equally long, non-empty columns, however: {lengths}")


@dataclass(frozen=True)
class Values:
    """Mass and unit price of each product.

    Attributes
    ----------
    hs6 : tuple of str, length n_products
    mass_mean, mass_sd : tuple of float, length n_products
        Mean and standard deviation of ln(Net Mass / kg).
    price_mean, price_sd : tuple of float, length n_products
        Mean and standard deviation of ln(Item Price / Net Mass), KRW per kg.
    """

    hs6: tuple[str, ...]
    mass_mean: tuple[float, ...]
    mass_sd: tuple[float, ...]
    price_mean: tuple[float, ...]
    price_sd: tuple[float, ...]

    def __post_init__(self) -> None:
        if min(self.mass_sd, default=0.0) < 0 or min(self.price_sd, default=0.0) < 0:
            raise ValueError("spreads must not be negative, however: one is.")


@dataclass(frozen=True)
class Profile:
    """Aggregated tables of a set of declarations.

    Attributes
    ----------
    source : dict of str
        Provenance: name, licence, reference.
    n_declarations : int
        Rows the tables were counted on.
    min_count : int
        Smallest count a cell may have; rarer cells were left out.
    goods : Goods
    values : Values
    filing : dict
        field -> condition (codes joined by "|") -> code -> count; see `FILING_FIELDS`.
    first_day : str
        ISO date of ``day_counts[0]``.
    day_counts : tuple of int
        Declarations on each day.
    courier_counts : tuple of int
        Declarations of each courier, largest first.
    degrees : dict
        Entity column -> list of (declarations, number of entities with so many).
    whole_share : dict
        "mass" and "price" -> decade (floor of log10) -> share of whole numbers among them.
    """

    source: dict[str, str]
    n_declarations: int
    min_count: int
    goods: Goods
    values: Values
    filing: dict[str, dict[str, dict[str, int]]]
    first_day: str
    day_counts: tuple[int, ...]
    courier_counts: tuple[int, ...]
    degrees: dict[str, tuple[tuple[int, int], ...]]
    whole_share: dict[str, dict[str, float]]

    def __post_init__(self) -> None:
        missing = [field for field, _ in FILING_FIELDS if field not in self.filing]
        if missing:
            raise ValueError(f"filing must count every field, however: {missing} are missing.")
        if self.n_declarations < 1 or self.min_count < 1:
            raise ValueError("n_declarations and min_count must be positive, however: one is not.")

    def save(self, path: str | Path) -> None:
        """Write the profile as gzipped JSON; the same profile gives the same bytes."""
        write_atomically(path, gzip.compress(self.to_json().encode(), 9, mtime=0))

    def to_json(self) -> str:
        """Return the profile as canonical JSON: sorted keys, no blanks."""
        content = {"format": PROFILE_FORMAT, **asdict(self)}
        return json.dumps(content, sort_keys=True, separators=(",", ":"))


def make_profile(
    declarations: pd.DataFrame,
    min_count: int = 10,
    source: Mapping[str, str] | None = None,
) -> Profile:
    """Count the tables of a profile.

    Parameters
    ----------
    declarations : DataFrame, shape (n_declarations, 22)
        The schema's columns; labels are not read.
    min_count : int
        Cells of the joint and conditional tables with fewer declarations are left out.
    source : mapping, optional
        Provenance to keep inside: for example name, licence, reference.

    Returns
    -------
    Profile

    Raises
    ------
    ValueError
        If a column is missing or no cell reaches `min_count`.
    """
    needed = [*GOODS_COLUMNS, *ENTITY_COLUMNS, "Date", "Net Mass", "Item Price"]
    absent = [column for column in needed if column not in declarations.columns]
    if absent:
        raise ValueError(f"declarations must have the schema's columns, however: no {absent}.")
    frame = declarations.assign(
        **{
            "Courier Given": _given(declarations["Courier ID"]),
            "Seller Given": _given(declarations["Seller ID"]),
            "HS6 Code": declarations["HS6 Code"].astype(str),
            "Tax Rate": declarations["Tax Rate"].astype(float),
        }
    )
    goods = _count_goods(frame, min_count)
    first_day, day_counts = _count_days(frame["Date"], min_count)
    return Profile(
        source=dict(source or {}),
        n_declarations=len(frame),
        min_count=min_count,
        goods=goods,
        values=_measure_values(frame, goods.hs6, min_count),
        filing={field: _count_field(frame, field, on, min_count) for field, on in FILING_FIELDS},
        first_day=first_day,
        day_counts=day_counts,
        courier_counts=tuple(
            int(n) for n in frame["Courier ID"].dropna().value_counts() if n >= min_count
        ),
        degrees={column: _count_degrees(frame[column], min_count) for column in ENTITY_COLUMNS},
        whole_share={
            "mass": _whole_share(frame["Net Mass"], min_count),
            "price": _whole_share(frame["Item Price"], min_count),
        },
    )


def load_profile(path: str | Path | None = None) -> Profile:
    """Read a profile; without a path, the one shipped with the kit.

    Raises
    ------
    ValueError
        If the file was written in another format.
    """
    if path is None:
        shipped = resources.files("customs_data").joinpath("profiles/released.json.gz")
        raw = shipped.read_bytes()
    else:
        raw = Path(path).read_bytes()
    content: dict[str, Any] = json.loads(gzip.decompress(raw))
    if content.pop("format", None) != PROFILE_FORMAT:
        raise ValueError(f"the profile must have format {PROFILE_FORMAT}, however: it has another.")
    for name, kind in (("goods", Goods), ("values", Values)):
        content[name] = kind(**{key: tuple(column) for key, column in content[name].items()})
    for name in ("day_counts", "courier_counts"):
        content[name] = tuple(content[name])
    content["degrees"] = {
        column: tuple((int(n), int(entities)) for n, entities in pairs)
        for column, pairs in content["degrees"].items()
    }
    return Profile(**content)


def _given(column: pd.Series[Any]) -> pd.Series[Any]:
    """Say where a cell is filled in ("1") and where not ("0")."""
    return (column.notna() & (column.astype(str) != "")).map({True: "1", False: "0"})


def _count_goods(frame: pd.DataFrame, min_count: int) -> Goods:
    """Joint counts of product, route and tariff."""
    counts = frame.groupby(list(GOODS_COLUMNS), sort=True).size()
    counts = counts[counts >= min_count]
    if counts.empty:
        raise ValueError(
            f"some combination of {', '.join(GOODS_COLUMNS)} must occur min_count = {min_count} "
            "times, however: none does. Lower min_count or bring more declarations."
        )
    columns = [counts.index.get_level_values(level) for level in GOODS_COLUMNS]
    hs6, departure, origin, tax_type = (
        tuple(str(code) for code in columns[i]) for i in (0, 1, 2, 4)
    )
    rate = tuple(float(value) for value in columns[3])
    return Goods(hs6, departure, origin, rate, tax_type, tuple(int(n) for n in counts))


def _measure_values(frame: pd.DataFrame, hs6: tuple[str, ...], min_count: int) -> Values:
    """Mean and spread of the logarithms; a rare product takes its chapter's."""
    sound = frame[(frame["Net Mass"].astype(float) > 0) & (frame["Item Price"].astype(float) > 0)]
    mass = np.log(sound["Net Mass"].astype(float))
    logs = pd.DataFrame(
        {
            "hs6": sound["HS6 Code"],
            "mass": mass,
            "price": np.log(sound["Item Price"].astype(float)) - mass,
        }
    )
    logs["chapter"] = logs["hs6"].str[:2]
    own = logs.groupby("hs6")[["mass", "price"]].agg(["mean", "std", "size"])
    wide = logs.groupby("chapter")[["mass", "price"]].agg(["mean", "std", "size"])
    products = sorted(set(hs6))
    overall = logs[["mass", "price"]].agg(["mean", "std"])

    def moment(name: str, statistic: str, least: int) -> tuple[float, ...]:
        values = []
        for product in products:
            for table, key in ((own, product), (wide, product[:2])):
                if key in table.index and table[name, "size"].loc[key] >= least:
                    values.append(round(float(table[name, statistic].loc[key]), 3))
                    break
            else:
                values.append(round(float(overall[name].loc[statistic]), 3))
        return tuple(values)

    few = max(min_count, 1)
    spread = max(min_count, 5)  # a spread of fewer than five values says nothing
    return Values(
        hs6=tuple(products),
        mass_mean=moment("mass", "mean", few),
        mass_sd=moment("mass", "std", spread),
        price_mean=moment("price", "mean", few),
        price_sd=moment("price", "std", spread),
    )


def _count_field(
    frame: pd.DataFrame, field: str, condition: tuple[str, ...], min_count: int
) -> dict[str, dict[str, int]]:
    """Counts of a field's codes, overall (condition "") and given the condition's codes."""
    codes = frame[field].astype(str)
    tables: dict[str, dict[str, int]] = {"": {}}
    for code, count in codes.value_counts().sort_index().items():
        if count >= min_count:
            tables[""][str(code)] = int(count)
    if condition:
        given = frame[condition[0]].astype(str)
        for column in condition[1:]:
            given = given + "|" + frame[column].astype(str)
        pairs = pd.DataFrame({"given": given, "code": codes}).value_counts().sort_index()
        pairs = pairs[pairs >= min_count]
        for pair, count in zip(pairs.index.to_list(), pairs, strict=True):
            tables.setdefault(str(pair[0]), {})[str(pair[1])] = int(count)
    return tables


def _count_days(dates: pd.Series[Any], min_count: int) -> tuple[str, tuple[int, ...]]:
    """First day and declarations of every day up to the last; 0 on days with too few."""
    days = pd.to_datetime(dates).dt.normalize()
    counts = days.value_counts().sort_index()
    span = pd.date_range(counts.index[0], counts.index[-1], freq="D")
    volume = [int(n) for n in counts.reindex(span, fill_value=0)]
    return span[0].strftime("%Y-%m-%d"), tuple(n if n >= min_count else 0 for n in volume)


def _count_degrees(column: pd.Series[Any], min_count: int) -> tuple[tuple[int, int], ...]:
    """How many entities appear on how many declarations, each class of `min_count` or more."""
    degree, entities = np.unique(column.dropna().value_counts().to_numpy(), return_counts=True)
    classes: list[tuple[int, int]] = []
    rows, members = 0, 0
    for n, many in zip(degree.tolist(), entities.tolist(), strict=True):
        rows, members = rows + n * many, members + many
        if members >= min_count:
            classes.append((round(rows / members), members))
            rows, members = 0, 0
    if members and classes:  # the few largest join the class below them
        last, size = classes.pop()
        classes.append((round((rows + last * size) / (members + size)), members + size))
    return tuple(classes)


def _whole_share(column: pd.Series[Any], min_count: int) -> dict[str, float]:
    """Share of whole numbers among the values of each decade that holds enough of them."""
    values = column.astype(float)
    values = values[values > 0]
    decade = np.floor(np.log10(values)).clip(min(_DECADES), max(_DECADES)).astype(int)
    by_decade = (values % 1 == 0).groupby(decade)
    whole = by_decade.mean()[by_decade.size() >= min_count]
    return {str(n): round(float(whole.get(n, float(n > 3))), 3) for n in _DECADES}
