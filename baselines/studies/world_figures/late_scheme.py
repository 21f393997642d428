"""Figure: the scheme that starts late, its share of all fraud, and the rings that use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from customs_data.world.schemes import SCHEMES
from studies.world_figures.scene import Scene
from studies.world_figures.style import (
    FRAUD,
    HONEST,
    INK,
    RULE,
    SOFT,
    mark_months,
    name_periods,
    new_panels,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_late_scheme(scene: Scene) -> Figure:
    """Draw the share of each scheme by month, and every declaration of the late rings."""
    figure, panels = new_panels(2, 1, height=7.4, height_ratios=(5, 4))
    start = pd.Timestamp(scene.blueprint.configuration.period.first_day)
    _draw_shares(panels[0, 0], scene)
    _draw_rings(panels[1, 0], scene)
    for axes in panels[:, 0]:
        low, high = scene.blueprint.configuration.clusters.late_days
        axes.axvspan(low, high, color=RULE, alpha=0.55, linewidth=0, zorder=0)
        mark_months(axes, scene.n_days, start)
    name_periods(panels[0, 0], scene.period_days)
    return figure


def monthly_shares(world: pd.DataFrame) -> pd.DataFrame:
    """Return the share of each scheme (columns) in all cheating, by month (rows)."""
    cheats = world[world["Scheme"] != ""]
    month = cheats["Date"].dt.to_period("M")
    counts = cheats.groupby([month, "Scheme"]).size().unstack(fill_value=0)
    return counts.div(counts.sum(axis=1), axis=0).reindex(columns=list(SCHEMES), fill_value=0.0)


def _draw_shares(axes: Axes, scene: Scene) -> None:
    late = scene.blueprint.configuration.clusters.late_scheme
    world = scene.world
    in_ring = world[world["Cluster"].str.startswith("ring")]
    share = monthly_shares(in_ring)
    start = pd.Timestamp(scene.blueprint.configuration.period.first_day)
    middle = np.array([(month.start_time - start).days + 15 for month in share.index])
    for scheme in share:
        if scheme != late:
            axes.plot(middle, share[scheme], color=SOFT, alpha=0.5, linewidth=1.4, zorder=1)
    axes.plot(middle, share[late], color=FRAUD, linewidth=2.6, marker="o", zorder=3)
    axes.text(middle[0], share[late].iloc[0] + 0.02, late, color=FRAUD, fontweight="bold")
    axes.set_title("What the rings' cheats do (grey: other schemes)", pad=24)
    axes.set_ylim(0, 1.12 * share.to_numpy().max())
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")


def _draw_rings(axes: Axes, scene: Scene) -> None:
    world = scene.world
    late = world[world["Late Cluster"] & world["Cluster"].str.startswith("ring")]
    order = late.groupby("Cluster")["Day"].min().sort_values(kind="stable").index
    for place, name in enumerate(order):
        rows = late[late["Cluster"] == name]
        axes.plot([rows["Day"].min(), rows["Day"].max()], [place, place], color=RULE, zorder=1)
        for fraud, color, mark in ((1, FRAUD, "o"), (0, HONEST, "s")):
            day = rows.loc[rows["Fraud"] == fraud, "Day"]
            axes.scatter(
                day,
                np.full(len(day), place),
                color=color,
                marker=mark,
                s=24,
                linewidths=0,
                zorder=2,
            )
    n_levels = max(len(order), 2)  # a small world may have no late ring
    axes.set_ylim(n_levels - 0.3, -0.8)
    axes.set_yticks(range(len(order)), [str(i + 1) for i in range(len(order))])
    axes.set_ylabel("late rings")
    axes.set_title("Every declaration of the rings that start late")
    axes.text(8, 0, "fraud", color=FRAUD, fontweight="bold", va="center")
    axes.text(8, 1, "honest", color=HONEST, fontweight="bold", va="center")
    low, high = scene.blueprint.configuration.clusters.late_days
    axes.text(
        low - 6,
        n_levels - 1,
        f"they start on\ndays {low} to {high}",
        color=SOFT,
        ha="right",
        va="bottom",
    )
    axes.tick_params(axis="y", length=0, labelcolor=INK)
