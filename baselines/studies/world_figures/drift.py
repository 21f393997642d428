"""Figure: how the risk of goods changes from one year to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from studies.world_figures.scene import Scene
from studies.world_figures.style import FRAUD, HONEST, INK, SOFT, new_panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_N_CHAPTERS = 16  # those with the most declarations


def draw_drift(scene: Scene) -> Figure:
    """Draw the mean true risk of the largest chapters in the same months of both years."""
    risk = yearly_risk(scene.world)
    before, after = (risk[year].to_numpy() for year in risk)
    place = np.arange(len(risk))
    figure, panels = new_panels(1, 1, height=0.29 * len(risk) + 1.3)
    axes = panels[0, 0]
    rises = after >= before
    for color, rows in ((FRAUD, rises), (HONEST, ~rises)):
        axes.hlines(place[rows], before[rows], after[rows], color=color, linewidth=2.2)
    for color, mark, rows in ((FRAUD, ">", rises), (HONEST, "<", ~rises)):
        axes.scatter(after[rows], place[rows], color=color, marker=mark, s=60, linewidths=0)
    axes.scatter(before, place, color=SOFT, s=26, linewidths=0, zorder=3)
    axes.set_yticks(place, risk.index)
    axes.set_ylabel("HS chapter")
    axes.set_ylim(len(risk) - 0.4, -0.6)
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    axes.set_xlim(left=0)
    axes.set_xlabel("true risk of fraud")
    first, last = risk.columns
    axes.set_title(f"The same months of {first} (dot) and {last} (arrow)")
    axes.grid(visible=True, axis="x", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    return figure


def yearly_risk(world: pd.DataFrame) -> pd.DataFrame:
    """Return the mean true fraud probability of the largest chapters (rows) by year (columns).

    Only months that both years have count, so that seasons cancel. Sorted by the change.
    """
    date = world["Date"].dt
    months = [set(date.month[date.year == year]) for year in sorted(set(date.year))]
    chapter = world["HS6 Code"].str[:2].rename("Chapter")
    kept = chapter.isin(chapter.value_counts().index[:_N_CHAPTERS])
    kept &= date.month.isin(set.intersection(*months))
    risk = world.loc[kept, "Fraud Probability"]
    table = risk.groupby([chapter[kept], date.year[kept].rename("Year")]).mean().unstack()
    change = table.iloc[:, -1] - table.iloc[:, 0]
    order = change.sort_values(ascending=False, kind="stable").index
    return pd.DataFrame(table.loc[order].dropna())
