"""Counting the tables of a calibration profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import nan
from typing import Any

import numpy as np
import pandas as pd

from customs_data.columns.extra_classes import CLASSES, classes_of_numbers
from customs_data.errors import KitError
from customs_data.filling import check_profiled, fill_absent
from customs_data.profile import (
    FILING_FIELDS,
    GIVEN,
    ExtraCounts,
    Goods,
    Profile,
    Values,
    absent_fields,
)
from customs_data.schema import DECLARED_COLUMNS, ENTITY_COLUMNS, KEY

_GOODS_COLUMNS = ("HS6 Code", "Country of Departure", "Country of Origin", "Tax Rate", "Tax Type")
_DECADES = range(-1, 8)


def make_profile(
    declarations: pd.DataFrame,
    min_count: int = 10,
    source: Mapping[str, str] | None = None,
    extra: Mapping[str, str] | None = None,
) -> Profile:
    """Count the tables of a profile.

    Parameters
    ----------
    declarations : DataFrame, shape (n_declarations, n_columns)
        Declared columns; one that is not there is absent. Labels and Declaration IDs are not read.
    min_count : int
        Cells with fewer declarations are left out.
    source : mapping, optional
        Provenance, such as name, licence and reference.
    extra : mapping of str to {'number', 'category'}, optional
        Extra columns to count.

    Returns
    -------
    Profile
        What is absent is filled in from the shipped profile; see `customs_data.filling`.

    Raises
    ------
    KitError
        If columns are missing that no profile can do without, or no cell reaches `min_count`.
    """
    absent = tuple(it for it in DECLARED_COLUMNS if it not in declarations and it != KEY)
    check_profiled(absent)
    lacking = absent_fields(absent)
    frame = declarations.assign(
        **{"HS6 Code": declarations["HS6 Code"].astype(str)},
        **{name: _given(declarations[it]) for name, it in GIVEN.items() if name not in lacking},
    )
    goods = _count_goods(frame, min_count)
    first_day, day_counts = _count_days(frame["Date"], min_count)
    couriers = frame["Courier ID"].dropna().value_counts() if "Courier ID" in frame else ()
    counted = Profile(
        source=dict(source or {}),
        n_declarations=len(frame),
        min_count=min_count,
        goods=goods,
        values=_measure_values(frame, goods.hs6, min_count),
        filing={
            field: {"": {}}
            if field in lacking
            else _count_field(frame, field, [it for it in on if it not in lacking], min_count)
            for field, on in FILING_FIELDS
        },
        first_day=first_day,
        day_counts=day_counts,
        courier_counts=tuple(int(n) for n in couriers if n >= min_count),
        degrees={
            column: _count_degrees(frame[column], min_count) if column in frame else ()
            for column in ENTITY_COLUMNS
        },
        whole_share={
            name: _whole_share(frame[column], min_count)
            for name, column in (("mass", "Net Mass"), ("price", "Item Price"))
            if column in frame
        },
        absent=absent,
        extra={
            name: _count_extra(frame[name], kind, min_count) for name, kind in (extra or {}).items()
        },
    )
    return fill_absent(counted)


def _given(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return "1" for cells that are filled in and "0" for empty ones."""
    return (column.notna() & (column.astype(str) != "")).map({True: "1", False: "0"})


def _count_goods(frame: pd.DataFrame, min_count: int) -> Goods:
    """Return the joint counts of product, route and tariff."""
    present = [column for column in _GOODS_COLUMNS if column in frame]
    counts = frame.groupby(present, sort=True).size()
    counts = counts[counts >= min_count]
    if counts.empty:
        raise KitError(
            f"No combination of {', '.join(present)} occurs {min_count} times. Lower "
            "min_count, or count more declarations."
        )
    columns = {column: counts.index.get_level_values(column) for column in present}

    def texts(column: str) -> tuple[str, ...]:
        return tuple(map(str, columns.get(column, [""] * len(counts))))

    return Goods(
        hs6=texts("HS6 Code"),
        departure=texts("Country of Departure"),
        origin=texts("Country of Origin"),
        tax_rate=tuple(map(float, columns.get("Tax Rate", [nan] * len(counts)))),
        tax_type=texts("Tax Type"),
        count=tuple(int(n) for n in counts),
    )


def _measure_values(frame: pd.DataFrame, hs6: tuple[str, ...], min_count: int) -> Values:
    """Return mean and standard deviation of the logarithms; rare products get their chapter's."""
    # An absent number counts as 1, an absent price as 1 per kg: `filling` replaces both.
    mass = _positive(frame["Net Mass"]) if "Net Mass" in frame else pd.Series(1.0, frame.index)
    price = _positive(frame["Item Price"]) if "Item Price" in frame else mass
    valid = mass.notna() & price.notna()
    log_mass = np.log(mass[valid])
    logs = pd.DataFrame(
        {
            "hs6": frame.loc[valid, "HS6 Code"],
            "mass": log_mass,
            "price": np.log(price[valid]) - log_mass,
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


def _positive(numbers: pd.Series[Any]) -> pd.Series[Any]:
    """Return numbers above 0, NaN elsewhere."""
    values = numbers.astype(float)
    return values.where(values > 0)


def _count_field(
    frame: pd.DataFrame, field: str, condition: Sequence[str], min_count: int
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


def _count_extra(column: pd.Series[Any], kind: str, min_count: int) -> ExtraCounts:
    """Return counts of an extra column: of its values, or of its numbers by classes."""
    if kind == "number":
        places = classes_of_numbers(column.to_numpy(np.float64))
        counts = dict(zip(CLASSES, np.bincount(places, minlength=len(CLASSES)), strict=True))
    else:
        counts = dict(column.astype(object).where(column.notna(), "").value_counts())
    kept = {str(code): int(n) for code, n in counts.items() if n >= min_count}
    return ExtraCounts(kind, kept)
