"""Sorting a table by link: ``?sort=COLUMN&order=ORDER``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Order = Literal["asc", "desc"]


@dataclass(frozen=True)
class Sorting:
    """Sort column and order of a table.

    Attributes
    ----------
    column : str
        Sort column.
    order : {'asc', 'desc'}
        Sort order.
    usual : mapping of str to order
        Columns of the table, the default one first, with the order of a first click.
    """

    column: str
    order: Order
    usual: Mapping[str, Order]

    @classmethod
    def of(cls, column: str, order: str, usual: Mapping[str, Order]) -> Sorting:
        """Return the requested sorting; unknown columns and orders fall back to the default."""
        if column not in usual:
            column = next(iter(usual))
        if order == "asc":
            return cls(column, "asc", usual)
        return cls(column, "desc" if order == "desc" else usual[column], usual)

    @property
    def descends(self) -> bool:
        """Whether the largest value comes first."""
        return self.order == "desc"

    def aria(self, column: str) -> str | None:
        """Return aria-sort of a column's heading; None unless the table is sorted by it."""
        if column != self.column:
            return None
        return "descending" if self.descends else "ascending"

    def link(self, column: str) -> str:
        """Return the link of a column's heading; it reverses the order of the sort column."""
        order = self.usual[column]
        if column == self.column:
            order = "asc" if self.descends else "desc"
        if order == self.usual[column]:
            return f"?sort={column}#standings"
        return f"?sort={column}&order={order}#standings"
