"""Declared values and log-odds in words, for readers of declarations."""

from __future__ import annotations

from typing import Any

import pandas as pd

from customs_data.schema import COLUMN


def in_words(name: str, value: Any) -> str:
    """Return a declared value as a person would write it, with its unit.

    Examples
    --------
    >>> in_words("Item Price", 1234567.0), in_words("Net Mass", 0.5), in_words("Tax Rate", 6.5)
    ('1,234,567 KRW', '0.5 kg', '6.5 %')
    >>> in_words("HS6 Code", "640399"), in_words("Seller ID", float("nan"))
    ('640399 (chapter 64)', 'none declared')
    """
    if pd.isna(value):
        return "none declared"
    column = COLUMN[name]
    if column.role == "time":
        return f"{pd.Timestamp(value):%A, %Y-%m-%d}"
    if column.role == "number":
        unit = "%" if column.unit == "percent" else column.unit
        return f"{value:,.10g} {unit}" if value < 1000 else f"{value:,.0f} {unit}"
    if name == "HS6 Code":
        return f"{value} (chapter {value[:2]})"
    return str(value)


def group_in_words(columns: tuple[str, ...], row: pd.Series[Any]) -> str:
    """Return a group of declared columns with the values of one declaration."""
    return ", ".join(f"{name} {in_words(name, row[name])}" for name in columns)


def times_odds(log_odds: float) -> str:
    """Return a difference of log-odds as a factor of the odds of fraud.

    Examples
    --------
    exp(0.693) = 2.0:

    >>> times_odds(0.693), times_odds(-1.386)
    ('odds x 2.0', 'odds / 4.0')
    """
    from math import exp

    return f"odds x {exp(log_odds):.1f}" if log_odds >= 0 else f"odds / {exp(-log_odds):.1f}"
