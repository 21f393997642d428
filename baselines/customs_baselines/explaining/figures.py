"""Figures of an explanation: importance (the paper's Figure 6), one declaration (7), many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from customs_baselines.explaining.explanation import Explanation
from customs_data.reports.pictures import new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_UP, _DOWN = "#c0392b", "#2874a6"
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
        axes.plot(shares, places, "o", color="0.2", label="splits of the trees")
        axes.legend(loc="lower right", frameon=False)
    axes.set_yticks(places, [name_of(bar.columns) for bar in bars])
    axes.xaxis.set_major_formatter("{x:.0%}")
    axes.set_xlabel("share of the total")
    axes.set_title(f"What {explanation.model} looks at", loc="left")
    return figure


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
        axes.annotate(
            explanation.effect(value),
            (value, place),
            xytext=(4 if value >= 0 else -4, 0),
            textcoords="offset points",
            ha="left" if value >= 0 else "right",
            va="center",
            fontsize="small",
        )
    axes.margins(x=0.18)
    axes.axvline(0, color="0.3", linewidth=0.8)
    axes.set_yticks(places, names, fontsize="small")
    axes.set_xlabel(f"adds to the score ({explanation.shap.unit})")
    ident = explanation.declarations.iloc[row]["Declaration ID"]
    axes.set_title(
        f"Why {explanation.model} scores declaration {ident} {explanation.scores[row]:.3f}",
        loc="left",
    )
    return figure


def draw_summary(explanation: Explanation, random_state: int = 0) -> Figure:
    """Draw one dot per declaration and group: how much the group adds to its score."""
    sums = explanation.by_group()
    order = np.argsort(-np.abs(sums).mean(axis=0), kind="stable")[:_N_BARS][::-1]
    figure, axes = new_figure(width=8.0, height=1.4 + _INCHES_PER_BAR * len(order))
    rng = np.random.default_rng(random_state)
    for place, group in enumerate(order):
        value = sums[:, group]
        jitter = rng.uniform(-0.3, 0.3, len(value))
        colors = np.where(value > 0, _UP, _DOWN)
        axes.scatter(value, place + jitter, s=5, c=colors, alpha=0.5, linewidths=0)
    axes.axvline(0, color="0.3", linewidth=0.8)
    axes.set_yticks(np.arange(len(order)), [name_of(explanation.groups[g]) for g in order])
    axes.set_xlabel(f"adds to the score ({explanation.shap.unit})")
    axes.set_title(f"{explanation.model}: {len(sums):,} test declarations", loc="left")
    return figure


def _wrapped(words: str, width: int = 60) -> str:
    if len(words) <= width:
        return words
    cut = words.rfind(", ", 0, width)
    return words if cut < 0 else f"{words[: cut + 1]}\n{_wrapped(words[cut + 2 :], width)}"
