"""A declaration's neighbourhood as a picture: what it shares, and who shares it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from customs_baselines.attribution.in_words import HARDLY, times_odds
from customs_baselines.graphfc.explanation import ALSO, LABELS, LINKS, Neighbour, Neighbourhood
from customs_data.reports.pictures import new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLORS: Final = {1: "#c0392b", 0: "#1e8449", None: "#8b9097"}
_STAR: Final = "#e08e0b"
_PALE: Final = "#f4f8fb"
# One colour per kind of link, distinct from those of the labels.
_LINES: Final = dict(
    zip(
        (*LINKS, *ALSO),
        ("#3b82c4", "#8e5bb5", "#d9722e", "#2f9e8f", "#b8860b", "#7f8c8d"),
        strict=True,
    )
)
# Three columns: the declaration, what it shares, its neighbours. So no line meets a node that is
# not its own.
_SHARED, _NEIGHBOURS, _RIGHT = 1.0, 2.3, 3.5
_HALF_WIDTH, _HALF_HEIGHT = 0.32, 0.33


def draw_neighbourhood(neighbourhood: Neighbourhood, title: str) -> Figure:
    """Draw the declaration on the left, what it shares in the middle, its neighbours on the right.

    A line joins each neighbour with all that it shares with the declaration.
    """
    shared = _shared_by(neighbourhood)
    neighbours = sorted(neighbourhood.neighbours, key=lambda one: _place_of(one, list(shared)))
    rows = max(len(shared), len(neighbours), 2)
    figure, axes = new_figure(width=10.0, height=1.6 + 0.55 * rows)
    boxes = dict(zip(shared, _spread(len(shared), rows), strict=True))
    for name, y in boxes.items():
        axes.plot([0, _SHARED - _HALF_WIDTH], [rows / 2, y], color=_LINES[name], linewidth=1.4)
        _draw_box(axes, y, shared[name], _LINES[name])
    for one, y in zip(neighbours, _spread(len(neighbours), rows), strict=True):
        for name in (*one.relations, *one.also_shares):
            ends = [_SHARED + _HALF_WIDTH, _NEIGHBOURS], [boxes[name], y]
            axes.plot(*ends, color=_LINES[name], linewidth=1.1, alpha=0.8, zorder=1)
        _draw_neighbour(axes, one, y)
    axes.scatter([0], [rows / 2], s=500, marker="*", color=_STAR, zorder=4)
    if not neighbours:
        axes.text(_NEIGHBOURS, rows / 2, "no neighbour", va="center", fontsize="small")
    _write_legend(axes)
    axes.set_axis_off()
    axes.set_xlim(-0.15, _RIGHT)
    axes.set_ylim(0, rows)
    figure.suptitle(title, x=0.01, ha="left", fontsize="medium")
    return figure


def _shared_by(neighbourhood: Neighbourhood) -> dict[str, str]:
    """Text of each box: traders always, goods, route and office if a neighbour shares them."""
    shared = {}
    for name in LINKS:
        if (trader := getattr(neighbourhood, name)) is not None:
            n = neighbourhood.n_neighbours[name]
            drawn = any(name in one.relations for one in neighbourhood.neighbours)
            shared[name] = f"{name} {trader}\n{n:,} other{'' if n == 1 else 's'}"
            shared[name] += "" if drawn or not n else ", none drawn"
    used = {name for one in neighbourhood.neighbours for name in one.also_shares}
    return shared | {name: f"{name}\n{neighbourhood.goods[name]}" for name in ALSO if name in used}


def _place_of(one: Neighbour, names: list[str]) -> tuple[float, str]:
    """Mean place of what a neighbour shares: few lines cross if the others follow it."""
    places = [names.index(name) for name in (*one.relations, *one.also_shares)]
    return sum(places) / len(places), one.declaration_id


def _spread(n: int, rows: int) -> list[float]:
    """Heights of n nodes from the top, evenly over the picture."""
    return [rows - rows * (i + 0.5) / n for i in range(n)]


def _draw_box(axes: Axes, y: float, text: str, color: str) -> None:
    from matplotlib.patches import FancyBboxPatch

    axes.add_patch(
        FancyBboxPatch(
            (_SHARED - _HALF_WIDTH, y - _HALF_HEIGHT), 2 * _HALF_WIDTH, 2 * _HALF_HEIGHT, zorder=3,
            boxstyle="round,pad=0,rounding_size=0.06", facecolor=_PALE, edgecolor=color,
        )
    )  # fmt: skip
    axes.text(_SHARED, y, text, ha="center", va="center", fontsize="small", zorder=4)


def _draw_neighbour(axes: Axes, one: Neighbour, y: float) -> None:
    effect = times_odds(one.effect)
    size = 50 + 400 * min(abs(one.effect), 1.0)
    axes.scatter([_NEIGHBOURS], [y], s=size, color=_COLORS[one.label], zorder=4)
    words = f"{one.declaration_id}, {one.date}"
    if effect != HARDLY:
        words += f": {effect}"
    axes.text(_NEIGHBOURS + 0.12, y, words, va="center", fontsize="small")


def _write_legend(axes: Axes) -> None:
    axes.scatter([], [], s=160, marker="*", color=_STAR, label="the declaration")
    axes.scatter([], [], s=90, marker="s", facecolor=_PALE, edgecolor="0.5",
                 label="what it shares")  # fmt: skip
    for label, words in LABELS.items():
        known = words if label is not None else "label not known"
        axes.scatter([], [], s=60, color=_COLORS[label], label=f"neighbour, {known}")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=5, frameon=False, fontsize="small",
                handletextpad=0.3, columnspacing=1.2, borderaxespad=0)  # fmt: skip
    axes.annotate(
        "A larger dot has a larger effect; 'odds x 2.0': the neighbour doubles the odds of fraud. "
        "Effects between / 1.05 and x 1.05 have no text.",
        (0, 0), xycoords="axes fraction", xytext=(0, -4), textcoords="offset points", va="top",
        fontsize="x-small",
    )  # fmt: skip
