"""Roster: who can declare in which week."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from customs_data.parallel import spans
from customs_data.world.agents.importers import Importers
from customs_data.world.drawing.weighted_draws import GroupedTable

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class Roster:
    """Importers who are alive in each week.

    Parameters
    ----------
    importers : Importers
    n_days : int
    shares : float64 array, shape (n_classes,)
        Share of declarations of each class of importers, the same in every week.
    importer_class : int8 array, shape (n_importers,)
        Class, in ascending order: ordinary importers, shells of rings, shells of decoys.
    """

    DAYS = 7.0

    def __init__(
        self,
        importers: Importers,
        n_days: int,
        shares: FloatArray,
        importer_class: NDArray[np.int8],
    ) -> None:
        self._importers = importers
        self._shares = shares
        self._class_starts = np.searchsorted(importer_class, np.arange(len(shares) + 1))
        self.n_weeks = -(-n_days // int(self.DAYS))
        # The first and last week in which an importer is alive, also for a part of it.
        first, last = self._week_of(importers.birth), self._week_of(importers.death)
        last[importers.death == last * self.DAYS] -= 1
        last[importers.death <= importers.birth] = -1
        self._first_week, self._last_week = first.astype(np.int16), last.astype(np.int16)

    def _week_of(self, day: FloatArray) -> FloatArray:
        """Return the week of each day, -1 before the window, shape (n,)."""
        week = np.floor(np.clip(day, -1.0, self.n_weeks * self.DAYS) / self.DAYS)
        # The quotient may be rounded up to the next week.
        return np.where(day < week * self.DAYS, np.maximum(week - 1.0, -1.0), week)

    def _table(self, week: int) -> GroupedTable:
        """Return the importers who are alive in a week, by class."""
        importers = self._importers
        start, end = week * self.DAYS, (week + 1) * self.DAYS
        present = np.empty(len(importers.death), dtype=np.int32)
        weight = np.empty(len(importers.death))
        n_present = 0
        for first, last in spans(len(present)):  # small enough for the processor's cache
            first_week, last_week = self._first_week[first:last], self._last_week[first:last]
            is_present = (first_week <= week) & (last_week >= week)
            rows = np.flatnonzero(is_present)
            filled = slice(n_present, n_present + len(rows))
            present[filled] = first + rows
            its_weight = importers.weight[first:last]
            np.multiply(its_weight.take(rows), self.DAYS, out=weight[filled])
            some = np.flatnonzero(is_present & ((first_week == week) | (last_week == week)))
            days = np.minimum(importers.death[first + some], end)
            days -= np.maximum(importers.birth[first + some], start)
            weight[filled][np.searchsorted(rows, some)] = its_weight[some] * days
            n_present += len(rows)
        present, weight = present[:n_present], weight[:n_present]
        of_class = np.diff(np.searchsorted(present, self._class_starts))
        classes = np.repeat(np.arange(len(of_class), dtype=np.int8), of_class)
        return GroupedTable.from_sorted(present, classes, weight, len(self._shares))

    def draw(self, day: IntArray, u_class: FloatArray, u: FloatArray) -> NDArray[np.int32]:
        """Draw the importer of each declaration, shape (n,).

        Each call makes the tables of its weeks, so pass all declarations of a month at once.
        """
        edges = np.cumsum(self._shares)
        wanted = np.searchsorted(edges, u_class * edges[-1], side="right")
        wanted = np.minimum(wanted, len(edges) - 1).astype(np.int64)
        week = day // int(self.DAYS)
        chosen = np.empty(len(day), dtype=np.int32)
        order = np.argsort(week, kind="stable")
        bounds = np.searchsorted(week[order], np.arange(self.n_weeks + 1))
        for number in range(self.n_weeks):
            rows = order[bounds[number] : bounds[number + 1]]
            if len(rows) == 0:
                continue
            table = self._table(number)
            drawn = table.draw(wanted[rows], u[rows])
            absent = np.flatnonzero(drawn < 0)  # no importer of the class is alive
            drawn[absent] = table.draw(np.zeros(len(absent), dtype=np.int64), u[rows[absent]])
            chosen[rows] = drawn
        return chosen
