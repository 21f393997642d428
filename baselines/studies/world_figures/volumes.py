"""Figure: declarations per day, by month, weekday and holiday."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from studies.world_figures.scene import Scene
from studies.world_figures.style import (
    HONEST,
    INK,
    OTHER,
    RULE,
    SOFT,
    mark_months,
    name_periods,
    new_panels,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = npt.NDArray[Any]

_WEEK = 7
_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
#: Korea's long holidays in the three periods: name, first day, days, side of the name.
_HOLIDAYS: Final = (
    ("Lunar New Year", "2020-01-24", 4, "left"),
    ("Chuseok", "2020-09-30", 5, "right"),
    ("Lunar New Year", "2021-02-11", 4, "right"),
)


def draw_volumes(scene: Scene) -> Figure:
    """Draw the daily volume with holidays, and weekday shares of the world and the release."""
    figure, panels = new_panels(2, 1, height=6.6, height_ratios=(3, 2))
    start = pd.Timestamp(scene.blueprint.configuration.period.first_day)
    daily = np.bincount(scene.world["Day"], minlength=scene.n_days)
    release = np.array(scene.profile.day_counts)
    released_start = pd.Timestamp(scene.profile.first_day)
    _draw_days(panels[0, 0], daily, start)
    released_day = np.arange(len(release)) + (released_start - start).days
    # The volume of the release, scaled to the size of this world.
    means = _week_means(released_day, release * daily.sum() / release.sum())
    panels[0, 0].plot(*means, color=HONEST, linewidth=1.6, linestyle=(0, (2, 1)))
    name_periods(panels[0, 0], scene.period_days)
    _draw_weekdays(
        panels[1, 0],
        _weekday_share(daily, start.weekday()),
        _weekday_share(release, released_start.weekday()),
    )
    return figure


def _draw_days(axes: Axes, daily: Floats, start: pd.Timestamp) -> None:
    """Draw each day as a line, the mean of a week, and the holidays."""
    day = np.arange(len(daily))
    axes.vlines(day, 0, daily, color=RULE, linewidth=0.9)
    axes.plot(*_week_means(day, daily), color=INK, linewidth=1.8)
    top = 1.02 * daily.max()
    for name, first, length, side in _HOLIDAYS:
        place = (pd.Timestamp(first) - start).days
        axes.axvspan(
            place - 0.5, place + length - 0.5, ymax=0.86, color=OTHER, alpha=0.3, linewidth=0
        )
        edge = place if side == "left" else place + length - 1
        axes.text(edge, 0.87 * top, name, color=OTHER, ha=side, va="bottom", fontsize=10.5)
    axes.set_ylim(0, top)
    axes.set_ylabel("declarations per day")
    axes.set_title("Each day; mean of a week (dashed: the release's)", pad=24)
    mark_months(axes, len(daily), start)


def _week_means(day: Floats, volume: Floats) -> tuple[Floats, Floats]:
    """Middle days of all spans of seven days, and the means over the spans."""
    means = np.convolve(volume, np.full(_WEEK, 1 / _WEEK), mode="valid")
    return day[_WEEK // 2 : _WEEK // 2 + len(means)], means


def _draw_weekdays(axes: Axes, world: Floats, release: Floats) -> None:
    place = np.arange(_WEEK)
    axes.bar(place, world, width=0.62, color=SOFT, alpha=0.55, label="this world")
    axes.scatter(
        place, release, color=HONEST, s=45, marker="D", label="the public release", zorder=3
    )
    axes.set_xticks(place, _WEEKDAYS)
    axes.tick_params(axis="x", length=0)
    axes.set_yticks((0, 0.1, 0.2, 0.3), ("0", "10 %", "20 %", "30 %"))
    axes.set_ylabel("share")
    axes.set_title("Weekdays")
    axes.legend(loc="upper right", reverse=True)


def _weekday_share(daily: Floats, first_weekday: int) -> Floats:
    """Share of each weekday, Monday first."""
    weekday = (first_weekday + np.arange(len(daily))) % _WEEK
    return np.asarray(np.bincount(weekday, weights=daily, minlength=_WEEK) / daily.sum())
