"""Sorting a table by a link: ``?sort=COLUMN`` and, the other way round, ``&order=``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Order = Literal["asc", "desc"]


@dataclass(frozen=True)
class Sorting:
    """How a table is sorted.

    Attributes
    ----------
    column : str
        One of the table's.
    order : {'asc', 'desc'}
        Which way.
    usual : mapping of str to order
        The table's columns, the usual one first, and which way each is sorted at first.
    """

    column: str
    order: Order
    usual: Mapping[str, Order]

    @classmethod
    def of(cls, column: str, order: str, usual: Mapping[str, Order]) -> Sorting:
        """Return what was asked for; what is no column, or no order, is sorted as usual."""
        if column not in usual:
            column = next(iter(usual))
        if order == "asc":
            return cls(column, "asc", usual)
        return cls(column, "desc" if order == "desc" else usual[column], usual)

    @property
    def descends(self) -> bool:
        """Whether the largest comes first."""
        return self.order == "desc"

    def aria(self, column: str) -> str | None:
        """Return aria-sort of a column's heading; None where it is not the sorted one."""
        if column != self.column:
            return None
        return "descending" if self.descends else "ascending"

    def link(self, column: str) -> str:
        """Return where a column's heading leads: to the other order, if it is the sorted one."""
        order = self.usual[column]
        if column == self.column:
            order = "asc" if self.descends else "desc"
        if order == self.usual[column]:
            return f"?sort={column}#standings"
        return f"?sort={column}&order={order}#standings"
