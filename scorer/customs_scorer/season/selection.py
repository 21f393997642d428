"""What a strategy opens in one week, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.errors import KitError
from customs_data.schema import KEY

_SHOWN = 5


@dataclass(frozen=True, eq=False)
class Selection:
    """Distinct declarations of one week.

    Attributes
    ----------
    rows : ndarray of int64, shape (k,)
        Positions among the week's arrivals.
    reason : ndarray of str, shape (k,)
        Which part of a strategy chose the row: ``highest``, ``random``.
    propensity : ndarray of float64, shape (k,)
        Chance with which the row was chosen, given everything before; 1 where nothing was drawn.
    spare : ndarray of int64
        Rows that follow in the order of preference. They replace rows that another selection has
        already taken.
    draws_from : int
        Number of rows that were drawn from with equal chances; 0 where nothing was drawn.
    """

    rows: npt.NDArray[np.int64]
    reason: npt.NDArray[np.str_]
    propensity: npt.NDArray[np.float64]
    spare: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    draws_from: int = 0

    @classmethod
    def of(cls, rows: npt.ArrayLike, reason: str) -> Self:
        """Return a selection of certain rows, for one reason."""
        rows = np.asarray(rows, dtype=np.int64)
        return cls(rows, np.full(len(rows), reason), np.ones(len(rows)))

    @classmethod
    def first(
        cls, order: npt.NDArray[np.int64], n: int, reason: str, *, draws_from: int = 0
    ) -> Self:
        """Return the first `n` rows of an order, the others in reserve."""
        rows = order[:n]
        chance = len(rows) / draws_from if draws_from else 1.0
        return cls(
            rows, np.full(len(rows), reason), np.full(len(rows), chance), order[n:], draws_from
        )

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return what `as_dict` returned. Rows that are no integers stay so, to be refused."""
        return cls(
            np.array(data["rows"]) if data["rows"] else np.empty(0, dtype=np.int64),
            np.array(data["reason"], dtype=str),
            np.array(data["propensity"], dtype=np.float64),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return rows, reasons and propensities as plain data for JSON."""
        return {
            # A team may have put lists into it.
            "rows": np.asarray(self.rows).tolist(),
            "reason": np.asarray(self.reason, dtype=str).tolist(),
            "propensity": np.asarray(self.propensity).tolist(),
        }

    def __len__(self) -> int:
        return len(self.rows)

    def __or__(self, other: Selection) -> Selection:
        """Return both selections, as many rows as they have together.

        A row that both have stays with the first, and the second takes another in reserve.
        """
        n_wanted = len(other)
        rows = np.concatenate([other.rows, other.spare])
        reason = np.concatenate([other.reason, np.repeat(other.reason[-1:], len(other.spare))])
        propensity = np.concatenate(
            [other.propensity, np.repeat(other.propensity[-1:], len(other.spare))]
        )
        free = np.flatnonzero(~np.isin(rows[: len(reason)], self.rows))[:n_wanted]
        chosen, chances = rows[free], propensity[free]
        if other.draws_from:
            left = other.draws_from - len(self)
            chances = np.full(len(chosen), len(chosen) / left if left else 1.0)
        return Selection(
            np.concatenate([self.rows, chosen]),
            np.concatenate([self.reason, reason[free]]),
            np.concatenate([self.propensity, chances]),
        )


def read_selection(
    answer: Any, arrivals: pd.DataFrame, earlier: pd.Series[str], n_inspections: int, week: int
) -> Selection:
    """Return what a strategy answered as a selection.

    Parameters
    ----------
    answer : Selection, or array_like of int or str
        Positions among the arrivals, or Declaration IDs.
    arrivals : DataFrame, shape (n, n_columns)
        The week's declarations, at least their Declaration IDs.
    earlier : Series of str
        Declaration IDs of earlier weeks, for the message.
    n_inspections : int
        How many rows there must be.
    week : int
        Number of the week, for the message.

    Raises
    ------
    KitError
        If the answer does not name exactly so many different declarations of this week.
    """
    if isinstance(answer, Selection):
        selection = answer
    else:
        selection = Selection.of(_positions(answer, arrivals, earlier, week), "own choice")
    rows = selection.rows
    where = f"in week {week}"
    if not len(rows) == len(selection.reason) == len(selection.propensity):
        raise KitError(
            f"select returned a Selection of {len(rows)} rows {where}, but of "
            f"{len(selection.reason)} reasons and {len(selection.propensity)} propensities."
        )
    if rows.dtype.kind not in "iu":
        raise KitError(f"The rows of a Selection must be integers {where}, not {rows.dtype}.")
    chance = selection.propensity
    if not np.all((chance > 0.0) & (chance <= 1.0)):
        raise KitError(
            f"select returned a Selection {where} whose propensities are not above 0 and at most 1."
        )
    if len(outside := rows[(rows < 0) | (rows >= len(arrivals))]):
        raise KitError(
            f"select returned row {outside[0]} {where}, which has rows 0 to {len(arrivals) - 1}."
        )
    values, counts = np.unique(rows, return_counts=True)
    if len(twice := values[counts > 1]):
        shown = ", ".join(map(str, twice[:_SHOWN]))
        raise KitError(f"select returned rows twice {where}: {shown}.")
    if len(rows) != n_inspections:
        raise KitError(
            f"select must return {n_inspections} rows {where}, but it returned {len(rows)}."
        )
    return selection


def _positions(
    answer: Any, arrivals: pd.DataFrame, earlier: pd.Series[str], week: int
) -> npt.NDArray[np.int64]:
    try:
        values = np.asarray(answer)
    except ValueError:
        values = np.empty((0, 0))
    if values.ndim != 1:
        raise KitError(
            f"select must return a list of rows or Declaration IDs in week {week}, but it returned "
            f"{type(answer).__name__}."
        )
    if values.dtype.kind in "iu":
        return values.astype(np.int64)
    if values.dtype.kind == "b" or (values.dtype.kind == "f" and len(values)):
        raise KitError(
            f"select must return row numbers or Declaration IDs in week {week}, but it returned "
            f"{values.dtype}. np.flatnonzero turns a mask into row numbers."
        )
    ids = [str(value) for value in values]
    rows = pd.Index(arrivals[KEY]).get_indexer(ids)
    strangers: Sequence[str] = [one for one, row in zip(ids, rows, strict=True) if row < 0]
    if strangers:
        known = (earlier == strangers[0]).any()
        raise KitError(
            f"select must return declarations of week {week}, but Declaration ID {strangers[0]} "
            + ("was filed earlier." if known else "does not exist.")
        )
    return np.asarray(rows, dtype=np.int64)
