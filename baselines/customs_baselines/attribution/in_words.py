"""Declared values and log-odds in words, for readers of declarations."""

from __future__ import annotations

from math import exp
from typing import Any, Final

import pandas as pd

from customs_data.hs_chapters import name_chapter
from customs_data.schema import COLUMN

#: A factor of the odds that rounds to 1.0.
HARDLY: Final = "hardly any"


def in_words(name: str, value: Any) -> str:
    """Return a declared value as a person would write it, with its unit.

    Examples
    --------
    >>> in_words("Item Price", 1234567.0), in_words("Net Mass", 0.5), in_words("Tax Rate", 6.5)
    ('1,234,567 KRW', '0.5 kg', '6.5 %')
    >>> in_words("HS6 Code", "640399"), in_words("Seller ID", float("nan"))
    ('640399 (64 footwear)', 'none declared')
    """
    if pd.isna(value):
        return "none declared"
    if name not in COLUMN:  # an extra column
        return f"{value:,.10g}" if isinstance(value, float) else str(value)
    column = COLUMN[name]
    if column.role == "time":
        return f"{pd.Timestamp(value):%A, %Y-%m-%d}"
    if column.role == "number":
        unit = "%" if column.unit == "percent" else column.unit
        return f"{value:,.10g} {unit}" if value < 1000 else f"{value:,.0f} {unit}"
    if name == "HS6 Code":
        return f"{value} ({name_chapter(value[:2])})"
    return str(value)


def group_in_words(columns: tuple[str, ...], row: pd.Series[Any]) -> str:
    """Return a group of declared columns with the values of one declaration."""
    return ", ".join(f"{name} {in_words(name, row[name])}" for name in columns)


def times_odds(log_odds: float) -> str:
    """Return a difference of log-odds as a factor of the odds of fraud.

    Examples
    --------
    exp(0.693) = 2.0 and exp(0.04) = 1.04:

    >>> times_odds(0.693), times_odds(-1.386), times_odds(0.04)
    ('odds x 2.0', 'odds / 4.0', 'hardly any')
    """
    factor = f"{exp(abs(log_odds)):.1f}"
    if factor == "1.0":
        return HARDLY
    return f"odds {'x' if log_odds > 0 else '/'} {factor}"
