"""Chart of a team's own inspections: precision so far, week by week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from customs_leaderboard.service.charts.scales import Scale, round_range, value_ticks
from customs_leaderboard.service.text_formats import format_score

_WIDTH: Final = 640
_HEIGHT: Final = 200
_LEFT: Final = 48
_RIGHT: Final = 12
_TOP: Final = 10
_BOTTOM: Final = 28
_MOST_TICKS: Final = 9


@dataclass(frozen=True)
class PrecisionChart:
    """The chart, in pixels.

    Attributes
    ----------
    width, height, left, right, top, bottom : int
        Size, and ends of the axes.
    path : str
        Precision of everything reported so far.
    dots : list of (float, float, str)
        Precision of each week, with its text.
    y_ticks, x_ticks : list of (float, str)
    """

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    path: str
    dots: list[tuple[float, float, str]]
    y_ticks: list[tuple[float, str]]
    x_ticks: list[tuple[float, str]]


def draw_precision(weeks: Sequence[tuple[int, int, int]], n_weeks: int) -> PrecisionChart | None:
    """Draw the chart; None without a report.

    Parameters
    ----------
    weeks : sequence of (int, int, int)
        Number of a week, declarations opened, frauds among them; in order, all reported.
    n_weeks : int
        Weeks of the season.
    """
    if not weeks:
        return None
    n_opened = n_fraud = 0
    so_far, by_week = [], []
    for week, opened, fraud in weeks:
        n_opened, n_fraud = n_opened + opened, n_fraud + fraud
        so_far.append((week, n_fraud / n_opened))
        by_week.append((week, fraud / opened))
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    low, high, step = round_range([0.0, *(share for _, share in (*so_far, *by_week))])
    x, y = Scale(1, max(n_weeks, 2), _LEFT + 8, right - 8), Scale(low, high, bottom, _TOP)
    places = [(x(week), y(share)) for week, share in so_far]
    path = "M" + "L".join(f"{a} {b}" for a, b in places)
    dots = [
        (x(week), y(share), f"Week {week}: {format_score(share, 2)}") for week, share in by_week
    ]
    every = -(-n_weeks // _MOST_TICKS)
    numbers = [1, *range(every, n_weeks + 1, every)] if every > 1 else range(1, n_weeks + 1)
    return PrecisionChart(
        _WIDTH, _HEIGHT, _LEFT, right, _TOP, bottom, path, dots,
        [(y(tick), format_score(tick, 2)) for tick in value_ticks(low, high, step)],
        [(x(number), str(number)) for number in numbers],
    )  # fmt: skip
