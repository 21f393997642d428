"""Features of the two-sample test: declared and derived columns, and histories of traders."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from customs_data.columns.digits import count_decimals, count_trailing_zeros
from customs_data.fidelity.comparison import Comparison, to_numbers
from customs_data.fidelity.judges.out_of_fold import quantile_bins
from customs_data.fidelity.metrics import Codes, Floats
from customs_data.schema import COLUMN

_FINE_BINS: Final = 256
#: Unit of dates, which are counted in days since 1970.
DATE: Final = "date"


@dataclass(frozen=True)
class Feature:
    """One feature of both tables, the source's rows first.

    Attributes
    ----------
    name : str
        Declared column, or description of a derived one.
    values : ndarray of float64, shape (2 * n_rows,)
        Numbers, or codes of a category.
    labels : tuple of str
        Meaning of each code of a category; empty for a number.
    unit : str
        Unit of a number; 'date' for days since 1970.
    """

    name: str
    values: Floats
    labels: tuple[str, ...] = ()
    unit: str = ""

    @cached_property
    def codes(self) -> Codes:
        """Categories as they are, numbers in fine bins."""
        return (
            self.values.astype(np.int64) if self.labels else quantile_bins(self.values, _FINE_BINS)
        )

    def text(self, value: float) -> str:
        """Return a value as people write it: a category's label, a date, or a number and unit."""
        if self.labels:
            return self.labels[int(value)]
        if self.unit == DATE:
            return str(np.datetime64(int(value), "D"))
        number = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
        return f"{number} {self.unit}".rstrip()

    def coarse(self, n_bins: int) -> Codes:
        """Return categories as they are, numbers in `n_bins` bins."""
        return self.values.astype(np.int64) if self.labels else quantile_bins(self.values, n_bins)


def declared_features(pair: Comparison) -> list[Feature]:
    """Return all columns but the key and the four entities."""
    features = [
        Feature(name, np.concatenate(pair.numbers(name)).astype(np.float64), unit=_unit_of(name))
        for name in pair.numerical
    ]
    for name in pair.categorical:
        values = np.concatenate(pair.codes(name))
        known = sorted(set(pair.source[name].dropna()) | set(pair.synthetic[name].dropna()))
        labels = (*(str(value) for value in known), "nothing")
        features.append(Feature(name, values.astype(np.float64), labels))
    return features


def derived_features(pair: Comparison) -> list[Feature]:
    """Return unit price, day of the week, and decimals and zeros of numbers."""
    both = pd.concat([pair.source, pair.synthetic], ignore_index=True)
    features = []
    if {"Net Mass", "Item Price"} <= set(both):
        mass = both["Net Mass"].to_numpy(np.float64)
        price = both["Item Price"].to_numpy(np.float64)
        unit_price = np.divide(price, mass, out=np.zeros_like(price), where=mass > 0)
        name = "unit price (Item Price / Net Mass)"
        features.append(Feature(name, unit_price, unit="KRW per kg"))
    if "Date" in both:
        day = (to_numbers(both["Date"]) + 3) % 7  # 1970-01-01 was a Thursday
        names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
        features.append(Feature("day of the week", day, names))
    for name in ("Net Mass", "Item Price"):
        if name in both:
            decimals = count_decimals(both[name]).astype(np.float64)
            zeros = count_trailing_zeros(both[name]).astype(np.float64)
            features.append(Feature(f"decimals of {name}", decimals))
            features.append(Feature(f"zeros at the end of {name}", zeros))
    return features


def _unit_of(name: str) -> str:
    """Unit of a declared number; a date's is `DATE`."""
    column = COLUMN[name]
    if column.role == "time":
        return DATE
    return "%" if column.unit == "percent" else column.unit


def entity_features(pair: Comparison) -> list[Feature]:
    """Return features of traders' histories and partners, counted in the whole tables.

    IDs are not features: they are re-issued, so they distinguish any two tables.
    """
    sides = [
        _histories(whole, pair.entities).loc[rows.index]
        for whole, rows in (
            (pair.whole_source, pair.source),
            (pair.whole_synthetic, pair.synthetic),
        )
    ]
    both = pd.concat(sides, ignore_index=True)
    return [Feature(str(name), both[name].to_numpy(np.float64)) for name in both]


def _histories(frame: pd.DataFrame, entities: tuple[str, ...]) -> pd.DataFrame:
    columns: dict[str, pd.Series[Any]] = {}
    order = to_numbers(frame["Date"]) if "Date" in frame else np.arange(len(frame), dtype=float)
    by_time = frame.iloc[np.argsort(order, kind="stable")]
    for name in entities:
        group = by_time.groupby(name)[name]
        # 0 is a missing cell, because a trader has at least one declaration.
        columns[f"declarations of the {name}"] = group.transform("size").fillna(0)
        columns[f"place among the declarations of the {name}"] = (group.cumcount() + 1).where(
            by_time[name].notna(), 0
        )
    if {"Importer ID", "Declarant ID"} <= set(entities):
        partners = by_time.groupby("Importer ID")["Declarant ID"].transform("nunique")
        columns["declarants of the importer"] = partners
        together = by_time.groupby(["Importer ID", "Declarant ID"])["Importer ID"]
        columns["declarations of importer and declarant together"] = together.transform("size")
    return pd.DataFrame(columns, index=by_time.index).loc[frame.index].astype(np.float64)
