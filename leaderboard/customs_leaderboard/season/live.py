"""Worlds in memory: each is simulated from its key when somebody plays it, and may be dropped."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, NamedTuple

import numpy as np

from customs_data.season.arrivals import Arrivals
from customs_scorer.season.environment import InspectionSeason

#: Bytes of declarations that are kept, by default; a world of 54,000 takes about 12 MB.
MOST_BYTES: Final = 1 << 30


class Place(NamedTuple):
    """One of a team's worlds."""

    team_number: int
    attempt: int
    world: int


@dataclass
class LiveWorld:
    """A world in memory, and the season on it as far as the database had it when last read.

    Attributes
    ----------
    lock : Lock
        Taken by whoever uses the season.
    season : InspectionSeason
        Its ``opened`` are the first weeks of the database; never more.
    n_bytes : int
    """

    season: InspectionSeason
    n_bytes: int
    lock: Lock = field(default_factory=Lock)


class LiveWorlds:
    """The worlds that were used last, up to a number of bytes; safe to share between threads.

    Parameters
    ----------
    make : callable
        Returns a season on a place's world, reset; it takes most of a second of CPU time.
    most_bytes : int
        The world in use is kept, however large.
    """

    def __init__(
        self, make: Callable[[Place], InspectionSeason], most_bytes: int = MOST_BYTES
    ) -> None:
        self._make = make
        self._most_bytes = most_bytes
        self._worlds: OrderedDict[Place, LiveWorld] = OrderedDict()
        self._gate = Lock()
        # One world is simulated at a time: more would only take turns on the same cores.
        self._simulating = Lock()

    def find(self, place: Place) -> LiveWorld:
        """Return a place's world, simulated if it is not in memory.

        Raises
        ------
        KitError
            As the callable.
        """
        if (world := self._take(place)) is not None:
            return world
        with self._simulating:
            if (world := self._take(place)) is not None:  # another thread was faster
                return world
            season = self._make(place)
            world = LiveWorld(season, _size_of(season.arrivals))
            with self._gate:
                self._worlds[place] = world
                self._drop()
        return world

    def forget(self, place: Place) -> None:
        """Drop a world."""
        with self._gate:
            self._worlds.pop(place, None)

    def __len__(self) -> int:
        return len(self._worlds)

    def _take(self, place: Place) -> LiveWorld | None:
        with self._gate:
            if place in self._worlds:
                self._worlds.move_to_end(place)
            return self._worlds.get(place)

    def _drop(self) -> None:
        n_bytes = sum(world.n_bytes for world in self._worlds.values())
        while n_bytes > self._most_bytes and len(self._worlds) > 1:
            _, world = self._worlds.popitem(last=False)
            n_bytes -= world.n_bytes


def _size_of(arrivals: Arrivals) -> int:
    arrays = (it for it in vars(arrivals).values() if isinstance(it, np.ndarray))
    declarations = arrivals.declarations.memory_usage(deep=True).sum()
    return int(declarations) + sum(array.nbytes for array in arrays)
