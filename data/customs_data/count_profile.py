"""Counting the tables of a calibration profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from customs_data.errors import KitError
from customs_data.profile import FILING_FIELDS, Goods, Profile, Values
from customs_data.schema import ENTITY_COLUMNS

_GOODS_COLUMNS = ("HS6 Code", "Country of Departure", "Country of Origin", "Tax Rate", "Tax Type")
_DECADES = range(-1, 8)


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
        Cells with fewer declarations are left out.
    source : mapping, optional
        Provenance, such as name, licence and reference.

    Returns
    -------
    Profile

    Raises
    ------
    KitError
        If a column is missing or no cell reaches `min_count`.
    """
    needed = [*_GOODS_COLUMNS, *ENTITY_COLUMNS, "Date", "Net Mass", "Item Price"]
    if absent := [column for column in needed if column not in declarations]:
        raise KitError(f"Missing columns: {', '.join(absent)}.")
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


def _given(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return "1" for cells that are filled in and "0" for empty ones."""
    return (column.notna() & (column.astype(str) != "")).map({True: "1", False: "0"})


def _count_goods(frame: pd.DataFrame, min_count: int) -> Goods:
    """Return the joint counts of product, route and tariff."""
    counts = frame.groupby(list(_GOODS_COLUMNS), sort=True).size()
    counts = counts[counts >= min_count]
    if counts.empty:
        raise KitError(
            f"No combination of {', '.join(_GOODS_COLUMNS)} occurs {min_count} times. Lower "
            "min_count, or count more declarations."
        )
    columns = [counts.index.get_level_values(level) for level in _GOODS_COLUMNS]
    hs6, departure, origin, tax_type = (
        tuple(str(code) for code in columns[i]) for i in (0, 1, 2, 4)
    )
    rate = tuple(float(value) for value in columns[3])
    return Goods(hs6, departure, origin, rate, tax_type, tuple(int(n) for n in counts))


def _measure_values(frame: pd.DataFrame, hs6: tuple[str, ...], min_count: int) -> Values:
    """Return mean and standard deviation of the logarithms; rare products get their chapter's."""
    valid = frame[(frame["Net Mass"].astype(float) > 0) & (frame["Item Price"].astype(float) > 0)]
    mass = np.log(valid["Net Mass"].astype(float))
    logs = pd.DataFrame(
        {
            "hs6": valid["HS6 Code"],
            "mass": mass,
            "price": np.log(valid["Item Price"].astype(float)) - mass,
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
    spread = max(min_count, 5)  # of fewer than five values it would be noise
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
    """Return counts of a field's codes, overall (condition "") and by the condition's codes."""
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
    """Return the first day, and the declarations of every day; 0 on days with too few."""
    days = pd.to_datetime(dates).dt.normalize()
    counts = days.value_counts().sort_index()
    span = pd.date_range(counts.index[0], counts.index[-1], freq="D")
    volume = [int(n) for n in counts.reindex(span, fill_value=0)]
    return span[0].strftime("%Y-%m-%d"), tuple(n if n >= min_count else 0 for n in volume)


def _count_degrees(column: pd.Series[Any], min_count: int) -> tuple[tuple[int, int], ...]:
    """Return pairs of declarations and entities, each of `min_count` entities or more."""
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
    """Return the share of whole numbers in each decade; a default where values are too few."""
    values = column.astype(float)
    values = values[values > 0]
    decade = np.floor(np.log10(values)).clip(min(_DECADES), max(_DECADES)).astype(int)
    by_decade = (values % 1 == 0).groupby(decade)
    whole = by_decade.mean()[by_decade.size() >= min_count]
    return {str(n): round(float(whole.get(n, float(n > 3))), 3) for n in _DECADES}
