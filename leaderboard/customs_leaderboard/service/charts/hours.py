"""The chart of submissions by hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

_WIDTH: Final = 720
_HEIGHT: Final = 150
_TOP: Final = 18
_BOTTOM: Final = 24
_GAP: Final = 4
_EVERY: Final = 6


@dataclass(frozen=True)
class Bar:
    """One hour: place and height of its bar, its count, and a label for some of them."""

    x: float
    y: float
    width: float
    height: float
    n: int
    hour: str
    label: str


@dataclass(frozen=True)
class HoursChart:
    """The chart, ready for a template."""

    width: int
    height: int
    base: int
    most: int
    bars: list[Bar]


def draw_hours(by_hour: Sequence[tuple[datetime, int]]) -> HoursChart:
    """Lay out the chart: one bar per hour (UTC), labelled at midnight, 6, 12 and 18 o'clock.

    Examples
    --------
    >>> from datetime import UTC
    >>> chart = draw_hours([(datetime(2026, 3, 1, hour, tzinfo=UTC), hour) for hour in (0, 1, 2)])
    >>> [(bar.n, bar.height, bar.label) for bar in chart.bars]
    [(0, 0.0, '00:00'), (1, 54.0, ''), (2, 108.0, '')]
    """
    most = max((n for _, n in by_hour), default=0)
    step = _WIDTH / max(len(by_hour), 1)
    base = _HEIGHT - _BOTTOM
    bars = []
    for i, (at, n) in enumerate(by_hour):
        height = round((base - _TOP) * n / most, 1) if most else 0.0
        hour = f"{at.hour:02}:00"
        label = hour if at.hour % _EVERY == 0 else ""
        x, width = round(i * step + _GAP / 2, 1), round(step - _GAP, 1)
        bars.append(Bar(x, round(base - height, 1), width, height, n, hour, label))
    return HoursChart(_WIDTH, _HEIGHT, base, most, bars)
