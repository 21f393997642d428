"""Mixes of schemes, one for each combination of what a mix depends on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from customs_data.world.draft import Draft
from customs_data.world.effects import Effects
from customs_data.world.schemes import Occasions

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


class Mixes:
    """Mixes of schemes by section of the tariff, whether in a decoy, and what would change a form.

    There are some hundred, so that what follows from a mix alone is computed once for each.

    Parameters
    ----------
    effects : Effects
    occasions : Occasions

    Attributes
    ----------
    share, running : float64 arrays, shape (n_mixes, n_schemes)
        Share of each scheme, and of it and those before it.
    can : bool array, shape (n_mixes, n_schemes)
        Whether the scheme would change a declaration.
    """

    def __init__(self, effects: Effects, occasions: Occasions) -> None:
        self._occasions = occasions
        self._n_sections = len(effects.scheme_shares)
        running = np.concatenate([effects.scheme_shares, effects.practice_shares])
        self.running = np.repeat(running, len(occasions.kinds), axis=0)
        self.share = np.diff(self.running, axis=1, prepend=0.0)
        self.can = np.tile(occasions.kinds, (len(running), 1))

    def number(self, draft: Draft, in_decoy: BoolArray) -> IntArray:
        """Return the number of each row's mix, by its true goods and marks, shape (n,)."""
        section = self._occasions.market.section.take(draft.cell)
        section += self._n_sections * in_decoy
        return section * len(self._occasions.kinds) + self._occasions.kind(draft)

    def draw(self, mix: IntArray, u: FloatArray) -> IntArray:
        """Draw a scheme of each mix, shape (n,)."""
        return count_reached(self.running, mix, u)

    def draw_with_occasion(self, scheme: IntArray, mix: IntArray, u: FloatArray) -> IntArray:
        """Replace schemes that could change nothing by another of the row's mix that can.

        Otherwise a cheat could leave no trace, and a label would depend on nothing in the file.

        Parameters
        ----------
        scheme : int64 array, shape (n,)
        mix : int64 array, shape (n,)
        u : float64 array, shape (n,)
            Uniform numbers.
        """
        rows = np.flatnonzero(~self.can[mix, scheme])
        possible = np.cumsum(self.share * self.can, axis=1)
        mix = mix[rows]
        replaced = scheme.copy()
        replaced[rows] = count_reached(possible, mix, u[rows] * possible[mix, -1])
        return replaced


def count_reached(running: FloatArray, mix: IntArray, number: FloatArray) -> IntArray:
    """Return how many of the running sums of its mix each number reaches, at most all but one."""
    place = np.zeros(len(mix), dtype=np.int64)
    for column in np.ascontiguousarray(running.T[:-1]):
        place += column.take(mix) <= number
    return place
