"""Campaigns: parts of trade whose risk changes on a certain day.

A *plateau* is a part of trade where fraud is steady and mediocre. A *pocket* is a part that is safe
at first and turns rich during the window. An office that is content with the plateau learns nothing
about the pockets. Volume, prices and traders do not change: only declarations that were opened show
a campaign.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from customs_data.world.configuration import Campaigns
from customs_data.world.drawing.random_streams import Streams
from customs_data.world.market import Market

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

#: Fields of which a segment takes some codes. No scheme changes them.
_FIELDS = ("import_type", "import_use", "payment", "mode")
_BREADTH = 0.5  # share of origins, and of a field's codes, that a segment takes at least
_TOLERANCE = 1.25  # a segment is at most so many times as large as it should be
_LAST_DAY = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Campaign:
    """A segment whose risk changes.

    Attributes
    ----------
    name : str
    cells : bool array, shape (n_cells,)
        True goods of the segment.
    field : str
        Filing field of which it has some codes.
    codes : bool array, shape (n_codes,)
    first_day, last_day : int
        Days since the first, both included.
    log_odds, log_odds_before : float
        Change of the log-odds during the campaign, and before it.
    """

    name: str
    cells: BoolArray
    field: str
    codes: BoolArray
    first_day: int
    last_day: int
    log_odds: float
    log_odds_before: float

    def covers(self, cell: IntArray, filing: dict[str, IntArray]) -> BoolArray:
        """Return whether declarations are in the segment, shape (n,)."""
        return np.asarray(self.cells[cell] & self.codes[filing[self.field]])


@dataclass(frozen=True)
class CampaignTable:
    """The campaigns of a world. In several segments, a declaration counts for the last of them."""

    campaigns: tuple[Campaign, ...] = ()

    @property
    def names(self) -> list[str]:
        """Their names."""
        return [it.name for it in self.campaigns]

    def log_odds(self, cell: IntArray, filing: dict[str, IntArray], day: IntArray) -> FloatArray:
        """Return how much they change the log-odds of declarations, shape (n,)."""
        change = np.zeros(len(cell))
        for it in self.campaigns:
            when = np.where(day <= it.last_day, it.log_odds, 0.0)
            when = np.where(day < it.first_day, it.log_odds_before, when)
            change = np.where(it.covers(cell, filing), when, change)
        return change

    def active(self, cell: IntArray, filing: dict[str, IntArray], day: IntArray) -> IntArray:
        """Return the number of the campaign that is on, -1 for none, shape (n,)."""
        number = np.full(len(cell), -1, dtype=np.int64)
        for i, it in enumerate(self.campaigns):
            is_on = (it.first_day <= day) & (day <= it.last_day)
            number = np.where(it.covers(cell, filing), np.where(is_on, i, -1), number)
        return number


def draw_campaigns(
    settings: Campaigns | None,
    streams: Streams,
    market: Market,
    cell: IntArray,
    filing: dict[str, IntArray],
) -> CampaignTable:
    """Draw the campaigns of a world; none if its configuration has none.

    Parameters
    ----------
    settings : Campaigns or None
    streams : Streams
    market : Market
    cell, filing : int64 array, shape (n,), and dict of such arrays
        Random declarations, on which the sizes of segments are measured.
    """
    if settings is None:
        return CampaignTable()
    u = streams.uniform("campaign", 0, settings.plateaus + settings.pockets, 4)
    campaigns = []
    for number, (u_start, u_length, u_share, u_size) in enumerate(u):
        is_plateau = number < settings.plateaus
        share = settings.plateau_share if is_plateau else settings.pocket_share
        segment = _draw_segment(number, _between(share, u_share), streams, market, cell, filing)
        if is_plateau:
            name, first, last, before = f"plateau-{number + 1}", 0, _LAST_DAY, 0.0
            size = _between(settings.plateau_log_odds, u_size)
        else:
            name = f"pocket-{number - settings.plateaus + 1}"
            first = int(_between(settings.pocket_days, u_start))
            last = first + int(_between(settings.pocket_length, u_length)) - 1
            size, before = (
                _between(settings.pocket_log_odds, u_size),
                settings.pocket_log_odds_before,
            )
        campaigns.append(Campaign(name, *segment, first, last, size, before))
    return CampaignTable(tuple(campaigns))


def _between(limits: tuple[float, float], u: float) -> float:
    low, high = limits
    return float(low + (high - low) * u)


def _draw_segment(
    number: int,
    share: float,
    streams: Streams,
    market: Market,
    cell: IntArray,
    filing: dict[str, IntArray],
) -> tuple[BoolArray, str, BoolArray]:
    """Draw chapters x origins x codes of a filing field that are `share` of trade.

    A single chapter has the campaign's fraud rate in a part of its trade only.
    """
    field = _FIELDS[int(streams.uniform("campaign/field", number, number + 1)[0, 0] * len(_FIELDS))]
    name = f"campaign/{number}"
    codes = _take(streams.permutation(f"{name}/codes", market.filing.size(field)), filing[field])
    origins = _take(streams.permutation(f"{name}/origins", len(market.country_code)),
                    market.origin[cell])  # fmt: skip
    open_rows = codes[filing[field]] & origins[market.origin[cell]]
    size = np.bincount(market.chapter[cell][open_rows], minlength=market.n_chapters) / len(cell)
    chapters = np.zeros(market.n_chapters, dtype=np.bool_)
    total = 0.0
    for chapter in streams.permutation(f"{name}/chapters", market.n_chapters):
        if total < share and total + size[chapter] <= _TOLERANCE * share:
            chapters[chapter] = True
            total += size[chapter]
    return chapters[market.chapter] & origins[market.origin], field, codes


def _take(order: IntArray, values: IntArray) -> BoolArray:
    """Return which codes to take: in an order, until they are `_BREADTH` of the values."""
    size = np.bincount(values, minlength=len(order)) / len(values)
    running = np.cumsum(size[order])
    taken = np.zeros(len(order), dtype=np.bool_)
    taken[order[: int(np.searchsorted(running, _BREADTH)) + 1]] = True
    return taken
