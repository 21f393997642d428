"""Roster: who can declare in which week."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from customs_data.parallel import spans
from customs_data.world.agents.importers import Importers
from customs_data.world.drawing.weighted_draws import find_in_order

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

    def _add_up(self, week: int, running: FloatArray) -> None:
        """Fill in the weights of a week, each added to those before it; shape (n_importers,).

        Who is absent adds nothing, so nobody need be gathered.
        """
        importers = self._importers
        start, end = week * self.DAYS, (week + 1) * self.DAYS
        total = 0.0
        for first, last in spans(len(running)):  # small enough for the processor's cache
            rows = slice(first, last)
            first_week, last_week = self._first_week[rows], self._last_week[rows]
            is_present = (first_week <= week) & (last_week >= week)
            weight = np.multiply(importers.weight[rows], self.DAYS, out=running[rows])
            weight *= is_present
            some = np.flatnonzero(is_present & ((first_week == week) | (last_week == week)))
            days = np.minimum(importers.death[rows].take(some), end)
            days -= np.maximum(importers.birth[rows].take(some), start)
            weight[some] = importers.weight[rows].take(some) * days
            weight[0] += total
            np.cumsum(weight, out=weight)
            total = weight[-1]

    def _find(self, running: FloatArray, wanted: IntArray, u: FloatArray) -> IntArray:
        """Draw an importer of each wanted class; -1 where none of the class is alive.

        The result is that of a `GroupedTable` of those alive, by class. But only the edges near a
        number are computed: the running sums are searched instead, where rounding can put a number
        beside its importer.

        Parameters
        ----------
        running : float64 array, shape (n_importers,)
            Weights added up, see `_add_up`.
        wanted : int64 array, shape (n,)
        u : float64 array, shape (n,)
            Uniform numbers.
        """
        starts = self._class_starts
        sums = np.where(starts > 0, running[np.maximum(starts, 1) - 1], 0.0)
        before, total = sums[:-1].take(wanted), np.diff(sums).take(wanted)
        is_empty = total <= 0.0
        total[is_empty] = 1.0
        number = wanted + u

        def edge(place: IntArray, rows: IntArray | slice) -> FloatArray:
            share = (running.take(place) - before[rows]) / total[rows]
            return np.minimum(share, 1.0) + wanted[rows]

        first = starts[:-1].take(wanted)
        last = np.searchsorted(running, sums[1:]).take(wanted)  # of those alive
        place = np.minimum(find_in_order(running, before + u * total), last)
        rows = np.flatnonzero((edge(place, slice(None)) <= number) & (place < last))
        while len(rows):
            place[rows] += 1
            rows = rows[(edge(place[rows], rows) <= number[rows]) & (place[rows] < last[rows])]
        rows = np.flatnonzero(place > first)
        rows = rows[edge(place[rows] - 1, rows) > number[rows]]
        while len(rows):
            place[rows] -= 1
            rows = rows[place[rows] > first[rows]]
            rows = rows[edge(place[rows] - 1, rows) > number[rows]]
        place[is_empty] = -1
        return place

    def draw(self, day: IntArray, u_class: FloatArray, u: FloatArray) -> NDArray[np.int32]:
        """Draw the importer of each declaration, shape (n,).

        Each call adds up all importers once a week, so pass all declarations of a month at once.
        """
        edges = np.cumsum(self._shares)
        wanted = np.searchsorted(edges, u_class * edges[-1], side="right")
        wanted = np.minimum(wanted, len(edges) - 1).astype(np.int64)
        week = (day // int(self.DAYS)).astype(np.int16)  # which are sorted without comparisons
        chosen = np.empty(len(day), dtype=np.int32)
        order = np.argsort(week, kind="stable")
        bounds = np.searchsorted(week[order], np.arange(self.n_weeks + 1))
        running = np.empty(len(self._importers))  # one for all weeks: new memory costs time
        for number in range(self.n_weeks):
            rows = order[bounds[number] : bounds[number + 1]]
            if len(rows) == 0:
                continue
            self._add_up(number, running)
            drawn = self._find(running, wanted[rows], u[rows])
            absent = np.flatnonzero(drawn < 0)
            drawn[absent] = self._find(running, np.zeros_like(absent), u[rows[absent]])
            chosen[rows] = drawn
        return chosen
