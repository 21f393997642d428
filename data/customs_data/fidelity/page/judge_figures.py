"""Figure 5 of the paper (pairs of columns as heat maps), and figures of the judges' results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from customs_data.fidelity.comparison import Comparison
from customs_data.fidelity.judges.judgement import Judgement
from customs_data.fidelity.metrics import Floats
from customs_data.reports.pictures import FIRST_COLOR, SECOND_COLOR, finish, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_N_FEATURES: Final = 14


def draw_heatmap(names: list[str], matrix: Floats, title: str, *, signed: bool = False) -> Figure:
    """Draw a heat map of column pairs.

    Parameters
    ----------
    names : list of str, length n_columns
    matrix : ndarray of float64, shape (n_columns, n_columns)
        In [0, 1], or in [-1, 1] if `signed`.
    title : str
    signed : bool
        Two colours, white at 0.
    """
    figure, axes = new_figure(width=4.6, height=4.4)
    picture = axes.imshow(
        matrix,
        cmap="RdBu_r" if signed else "viridis",
        vmin=-0.5 if signed else 0,
        vmax=0.5 if signed else 1,
        interpolation="nearest",
    )
    short = [_shorten(name) for name in names]
    axes.set_xticks(range(len(names)), short, rotation=90, fontsize="x-small")
    axes.set_yticks(range(len(names)), short, fontsize="x-small")
    axes.set_title(title, fontsize="medium", loc="left")
    axes.spines[:].set_visible(False)
    figure.colorbar(picture, shrink=0.6, aspect=25).ax.tick_params(labelsize="x-small")
    return figure


def _shorten(name: str) -> str:
    return name.replace("Country of Origin Indicator", "Origin Indicator").replace(
        "Country of ", ""
    )


def draw_giveaways(judgement: Judgement) -> Figure:
    """Draw the AUC of each feature alone: 0.5 reveals nothing, 1 everything.

    Declared columns have the first colour, derived features and traders' histories the second.
    """
    features = sorted(judgement.details["features"], key=lambda row: row["auc"])[-_N_FEATURES:]
    figure, axes = new_figure(width=6.4, height=0.9 + 0.28 * len(features))
    places = np.arange(len(features))
    colors = [
        SECOND_COLOR if row["gain_without_entities"] is None else FIRST_COLOR for row in features
    ]
    widths = [max(row["auc"] - 0.5, 0) for row in features]
    axes.barh(places, widths, left=0.5, color=colors, height=0.7)
    axes.set_yticks(places, [row["name"] for row in features], fontsize="small")
    axes.set_xlim(0.5, 1)
    axes.set_xlabel("AUC of the feature alone", fontsize="small")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, axis="x", alpha=0.3)
    return figure


def draw_label_information(judgement: Judgement) -> Figure:
    """Draw the AUC for fraud of each column alone, in both tables."""
    findings = judgement.findings[::-1]
    figure, axes = new_figure(width=6.4, height=0.9 + 0.28 * len(findings))
    places = np.arange(len(findings))
    source = np.array([row.source for row in findings], dtype=np.float64)
    synthetic = np.array([row.synthetic for row in findings], dtype=np.float64)
    axes.hlines(places, source, synthetic, color="#8b9097", linewidth=2)
    axes.plot(source, places, "o", color=FIRST_COLOR, label="source")
    axes.plot(synthetic, places, "o", color=SECOND_COLOR, label="synthetic")
    axes.axvline(0.5, color="#8b9097", linewidth=0.8, linestyle="--")
    axes.set_yticks(places, [row.name for row in findings], fontsize="small")
    axes.set_xlabel("AUC for fraud of the fraud rate by value", fontsize="small")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, axis="x", alpha=0.3)
    axes.legend(frameon=False, fontsize="small", loc="lower right")
    return figure


def draw_degrees(pair: Comparison, name: str) -> Figure:
    """Draw the share of an entity's IDs with at least so many declarations; both axes by decade."""
    figure, axes = new_figure(width=3.9, height=2.9)
    for side, color, label in (
        (pair.whole_source, FIRST_COLOR, "source"),
        (pair.whole_synthetic, SECOND_COLOR, "synthetic"),
    ):
        degree: Any = np.sort(side[name].value_counts().to_numpy())
        if len(degree):
            share = 1 - np.arange(len(degree)) / len(degree)
            # One point per distinct degree, the one with the largest share.
            distinct, first = np.unique(degree, return_index=True)
            axes.loglog(distinct, share[first], color=color, label=label, drawstyle="steps-pre")
    axes.set_xlabel("declarations of one ID, at least", fontsize="small")
    axes.grid(visible=True, alpha=0.3)
    return finish(figure, axes, name)
