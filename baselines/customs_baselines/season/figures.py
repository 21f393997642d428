"""Figures of seasons: what was found, precision, and a lane of weeks for each strategy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from customs_data.reports.pictures import SECOND_COLOR, finish, new_figure, new_panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Weeks of a quarter.
QUARTER: Final = 13
_GREY: Final = "#8b9097"
_COLORS: Final = ("#3b82c4", "#d9722e", "#2a9d6f", "#a259c4", "#c2a11b", "#d9483b", "#5b6b7b")
#: What bounds a strategy; clairvoyant alone is above them, and says nothing but the scale.
_LIMITS: Final = {"oracle": "--", "everything": "-.", "passive": (0, (3, 2, 1, 2)), "random": ":"}
_LEFT_OUT: Final = "clairvoyant"
_ALMOST_BLACK: Final = "#101418"  # black itself becomes the colour of the page's text
_WIDTH: Final = 9.0  # inches

Floats = npt.NDArray[np.float64]


def draw_found(series: Mapping[str, Floats]) -> Figure:
    """Draw the frauds that were found so far, by strategy and week.

    Parameters
    ----------
    series : mapping of str to ndarray of float64, each of shape (n_worlds, 2, n_weeks)
        By strategy: declarations opened and frauds among them.
    """
    return _draw_curves(series, lambda weeks: np.cumsum(weeks[1]), "frauds found")


def draw_precision(series: Mapping[str, Floats]) -> Figure:
    """Draw the precision of 13 weeks, by strategy and week; parameter as of `draw_found`."""
    return _draw_curves(series, moving_precision, "precision")


def moving_precision(weeks: Floats) -> Floats:
    """Return found / opened of the last 13 weeks, or of all so far; shape (n_weeks,).

    Parameters
    ----------
    weeks : ndarray of float64, shape (2, n_weeks)
        Opened and found.
    """
    total = np.concatenate([np.zeros((2, 1)), np.cumsum(weeks, axis=1)], axis=1)
    last = np.arange(1, total.shape[1])
    opened, frauds = total[:, last] - total[:, np.maximum(last - QUARTER, 0)]
    return np.asarray(frauds / np.maximum(opened, 1.0))


def _draw_curves(
    series: Mapping[str, Floats], measure: Callable[[Floats], Floats], label: str
) -> Figure:
    """Draw means over worlds, with bands of one standard error to each side."""
    figure, axes = new_figure(width=_WIDTH, height=4.2)
    styles = _styles([name for name in series if name != _LEFT_OUT])
    values = {name: np.array([measure(one) for one in series[name]]) for name in styles}
    # The legend has the order in which the lines end.
    for name, of_worlds in sorted(values.items(), key=lambda item: -item[1][:, -1].mean()):
        place, mean = np.arange(1, of_worlds.shape[1] + 1), of_worlds.mean(axis=0)
        axes.plot(place, mean, label=name, **styles[name])
        if len(of_worlds) > 1:
            error = of_worlds.std(axis=0, ddof=1) / len(of_worlds) ** 0.5
            color = styles[name]["color"]
            axes.fill_between(place, mean - error, mean + error, color=color, alpha=0.15, lw=0)
    axes.set_xlabel("week")
    axes.set_ylabel(label)
    axes.set_ylim(bottom=0)
    axes.grid(visible=True, alpha=0.3)
    figure.legend(loc="outside right center", frameon=False, fontsize="small")
    return finish(figure, axes)


def _styles(names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return a line for each strategy: limits in grey, the others in colours, then dashed."""
    own = [name for name in names if name not in _LIMITS]
    styles: dict[str, dict[str, Any]] = {
        name: {
            "color": _COLORS[i % len(_COLORS)],
            "linestyle": "-" if i < len(_COLORS) else (0, (5, 1.5)),
        }
        for i, name in enumerate(own)
    }
    grey = {"color": _GREY, "linewidth": 1.6}
    return styles | {it: grey | {"linestyle": _LIMITS[it]} for it in names if it in _LIMITS}


def draw_timeline(
    weeks: Mapping[str, Floats], outbreaks: Mapping[str, Sequence[dict[str, Any]]]
) -> Figure:
    """Draw a world: outbreaks as numbered bars, and a lane for each strategy.

    A cell is a week: the darker, the higher its precision. A flag has the number of the outbreak
    that the strategy detected in this week.

    Parameters
    ----------
    weeks : mapping of str to ndarray of float64, each of shape (2, n_weeks)
        By strategy: opened and found.
    outbreaks : mapping of str to sequence of dict
        By strategy, as of `customs_scorer.season.detection.detect_outbreaks`.
    """
    bars: dict[str, dict[str, Any]] = {}
    for some in outbreaks.values():
        bars |= {it["outbreak"]: it for it in some}
    number = {name: i + 1 for i, name in enumerate(bars)}
    heights = [0.6 + 0.32 * len(weeks)]
    if bars:
        heights = [0.25 + 0.2 * len(bars), *heights]
    figure, panels = new_panels(width=_WIDTH, heights=heights)
    if bars:
        _draw_bars(panels[0], bars, number)
    lanes = panels[-1]
    longest = max(series.shape[1] for series in weeks.values())
    cells = np.full((len(weeks), longest), np.nan)
    for lane, series in zip(cells, weeks.values(), strict=True):
        lane[: series.shape[1]] = series[1] / np.maximum(series[0], 1.0)
    edges = np.arange(longest + 1) + 0.5
    drawn = lanes.pcolormesh(edges, np.arange(len(weeks) + 1), cells, cmap="Blues", vmin=0, vmax=1)
    lanes.set_yticks(np.arange(len(weeks)) + 0.5, list(weeks))
    lanes.invert_yaxis()
    lanes.set_xlabel("week")
    for lane, name in enumerate(weeks):
        flags = defaultdict(list)
        for it in outbreaks.get(name, ()):
            if it["detected_week"] is not None:
                flags[it["detected_week"]].append(number[it["outbreak"]])
        for week, numbers in flags.items():
            _draw_flag(lanes, week, lane + 0.5, numbers)
    figure.colorbar(drawn, ax=panels, label="precision", fraction=0.04)
    for axes in panels:
        finish(figure, axes)
    return figure


def _draw_bars(axes: Axes, bars: Mapping[str, dict[str, Any]], number: Mapping[str, int]) -> None:
    places = np.arange(len(bars))
    first, last = (
        np.array([it[name] for it in bars.values()]) for name in ("first_week", "last_week")
    )
    axes.barh(places, last - first + 1, left=first - 0.5, height=0.7, color=SECOND_COLOR)
    axes.set_yticks(places, [f"{number[name]}  {name}" for name in bars])
    axes.invert_yaxis()
    axes.tick_params(labelbottom=False)


def _draw_flag(axes: Axes, week: int, place: float, numbers: Sequence[int]) -> None:
    box = {"boxstyle": "round,pad=0.2", "facecolor": SECOND_COLOR, "edgecolor": "none"}
    axes.text(
        week,
        place,
        ",".join(map(str, sorted(numbers))),
        fontsize=7,
        ha="center",
        va="center",
        color=_ALMOST_BLACK,
        bbox=box,
    )
