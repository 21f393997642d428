"""Sorting a table by link, ``?sort=COLUMN&order=ORDER``, and all its rows: ``?all=1``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Order = Literal["asc", "desc"]
#: Number of teams in a table unless all are wanted.
N_TOP: Final = 20


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
    everything : bool
        Whether the table has all teams, not only the first `N_TOP`.
    """

    column: str
    order: Order
    usual: Mapping[str, Order]
    everything: bool = False

    @classmethod
    def of(
        cls, column: str, order: str, usual: Mapping[str, Order], *, everything: bool = False
    ) -> Sorting:
        """Return the requested sorting; unknown columns and orders fall back to the default."""
        if column not in usual:
            column = next(iter(usual))
        if order == "asc":
            return cls(column, "asc", usual, everything)
        return cls(column, "desc" if order == "desc" else usual[column], usual, everything)

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
        return self._link(column, order, everything=self.everything)

    def size(self, size: Literal["top", "all"]) -> str:
        """Return the link to the top teams or to all."""
        return self._link(self.column, self.order, everything=size == "all")

    def _link(self, column: str, order: Order, *, everything: bool) -> str:
        parts = [f"sort={column}"]
        if order != self.usual[column]:
            parts.append(f"order={order}")
        if everything:
            parts.append("all=1")
        return f"?{'&'.join(parts)}#standings"
