"""Colours and labels of the two tables in every figure of a report."""

from __future__ import annotations

from typing import Final

from customs_data.reports.pictures import FIRST_COLOR, SECOND_COLOR

COLORS: Final = (FIRST_COLOR, SECOND_COLOR)
LABELS: Final = ("source", "synthetic")
