"""Figures of an explanation: importance (the paper's Figure 6), one declaration (7), many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from customs_baselines.attribution.in_words import HARDLY
from customs_baselines.explaining.explanation import Explanation
from customs_data.reports.pictures import FIRST_COLOR, SECOND_COLOR, finish, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Readable on light and dark backgrounds, like all colours here.
_UP, _DOWN, _GREY = "#d9483b", FIRST_COLOR, "#8b9097"
# From low to high values.
_RAMP: Final = (FIRST_COLOR, "#8e5bb5", "#e0284f")
_N_BARS: Final = 12
_INCHES_PER_BAR: Final = 0.36


def name_of(columns: tuple[str, ...]) -> str:
    """Name of a group of declared columns in figures and tables."""
    return " x ".join(columns)


def draw_importance(explanation: Explanation) -> Figure:
    """Draw the mean absolute SHAP value of each group of columns; as dots, its share of splits."""
    bars = explanation.importance()[:_N_BARS][::-1]
    figure, axes = new_figure(width=8.0, height=1.4 + _INCHES_PER_BAR * len(bars))
    places = np.arange(len(bars))
    axes.barh(places, [bar.share for bar in bars], color=_DOWN, label="mean |SHAP|")
    if all(bar.split_share is not None for bar in bars):
        shares = [bar.split_share or 0.0 for bar in bars]
        axes.plot(shares, places, "o", color=SECOND_COLOR, label="splits of the trees")
        _put_legend_above(axes)
    axes.set_yticks(places, [name_of(bar.columns) for bar in bars])
    axes.xaxis.set_major_formatter("{x:.0%}")
    axes.set_xlabel("share of the total", fontsize="small")
    finish(figure, axes)
    figure.suptitle(f"What {explanation.model} looks at", x=0.01, ha="left", fontsize="medium")
    return figure


def _put_legend_above(axes: Axes) -> None:
    """Place the legend above the panel, where no bar is."""
    axes.legend(
        loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False, fontsize="small",
        borderaxespad=0.2,
    )  # fmt: skip


def draw_declaration(explanation: Explanation, row: int = 0) -> Figure:
    """Draw as bars how much each group of columns adds to one declaration's score."""
    contributions = explanation.contributions(row)
    first, rest = contributions[:_N_BARS], contributions[_N_BARS:]
    values = [sum(one.value for one in rest), *(one.value for one in first[::-1])]
    names = [f"{len(rest)} others together", *(_wrapped(one.in_words) for one in first[::-1])]
    if not rest:
        values, names = values[1:], names[1:]
    figure, axes = new_figure(width=10.0, height=1.6 + _INCHES_PER_BAR * 1.3 * len(names))
    places = np.arange(len(names))
    axes.barh(places, values, color=[_UP if value > 0 else _DOWN for value in values])
    for place, value in zip(places, values, strict=True):
        effect = explanation.effect(value)
        axes.annotate(
            "" if effect == HARDLY else effect,
            (value, place),
            xytext=(4 if value >= 0 else -4, 0),
            textcoords="offset points",
            ha="left" if value >= 0 else "right",
            va="center",
            fontsize="small",
        )
    axes.margins(x=0.18)
    axes.axvline(0, color=_GREY, linewidth=0.8)
    axes.set_yticks(places, names, fontsize="small")
    axes.set_xlabel(f"adds to the score ({explanation.shap.unit})", fontsize="small")
    ident = explanation.declarations.iloc[row]["Declaration ID"]
    finish(figure, axes)
    score = f"{explanation.scores[row]:.3f}"
    title = f"Why {explanation.model} gives declaration {ident} the score {score}"
    figure.suptitle(title, x=0.01, ha="left", fontsize="medium")
    return figure


def draw_summary(explanation: Explanation, random_state: int = 0) -> Figure:
    """Draw one dot per declaration and group: how much the group adds to its score.

    A dot's colour is its value among the explained declarations, where the group has a number; the
    dots of codes are grey.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LinearSegmentedColormap

    sums = explanation.by_group()
    order = np.argsort(-np.abs(sums).mean(axis=0), kind="stable")[:_N_BARS][::-1]
    figure, axes = new_figure(width=8.0, height=1.7 + _INCHES_PER_BAR * 1.1 * len(order))
    rng = np.random.default_rng(random_state)
    ramp = LinearSegmentedColormap.from_list("value", _RAMP, N=64)
    names = []
    for place, g in enumerate(order):
        group = explanation.groups[g]
        jitter = place + rng.uniform(-0.3, 0.3, len(sums))
        name, percentile = explanation.percentiles(group)
        known = ~np.isnan(percentile)
        axes.scatter(sums[~known, g], jitter[~known], s=6, color=_GREY, alpha=0.5, linewidths=0)
        axes.scatter(
            sums[known, g], jitter[known], s=6, c=percentile[known], cmap=ramp, vmin=0, vmax=1,
            alpha=0.7, linewidths=0,
        )  # fmt: skip
        names.append(name_of(group) if name is None else f"{name_of(group)}\n(colour: {name})")
    axes.axvline(0, color=_GREY, linewidth=0.8)
    axes.set_xlabel(f"adds to the score ({explanation.shap.unit})", fontsize="small")
    axes.scatter([], [], s=25, color=_GREY, label="code, or no number")
    _put_legend_above(axes)
    bar = figure.colorbar(ScalarMappable(cmap=ramp), ax=axes, shrink=0.6, aspect=30)
    bar.set_ticks([0, 1], labels=["low", "high"])
    bar.set_label("value, as percentile of the explained", fontsize="small")
    bar.outline.set_visible(False)
    if bar.solids is not None:
        # An SVG without bitmaps; with edges in the colour of the face, no seams show.
        bar.solids.set(rasterized=False, edgecolor="face")
    bar.ax.tick_params(labelsize="small", length=0)
    finish(figure, axes)
    axes.set_yticks(np.arange(len(order)), names, fontsize="small")
    title = f"{explanation.model}: {len(sums):,} test declarations, one dot each"
    figure.suptitle(title, x=0.01, ha="left", fontsize="medium")
    return figure


def _wrapped(words: str, width: int = 60) -> str:
    if len(words) <= width:
        return words
    cut = words.rfind(", ", 0, width)
    return words if cut < 0 else f"{words[: cut + 1]}\n{_wrapped(words[cut + 2 :], width)}"
