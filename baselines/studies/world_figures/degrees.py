"""Figure: declarations per importer, broker and seller, in worlds and in the release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from studies.world_figures.scene import Scene
from studies.world_figures.style import HONEST, INK, new_panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLUMNS: Final = {
    "Importer ID": "importers",
    "Declarant ID": "brokers",
    "Seller ID": "sellers",
}

Numbers = npt.NDArray[np.number[Any]]


def draw_degrees(scene: Scene) -> Figure:
    """Draw the share of traders with at least n declarations, for every world and the release."""
    figure, panels = new_panels(1, 3, height=4.0, sharey=True)
    for axes, (column, name) in zip(panels[0], _COLUMNS.items(), strict=True):
        for world in scene.worlds:
            counts = world[column].value_counts()
            axes.plot(
                *_at_least(counts.to_numpy(), np.ones(len(counts))),
                color=INK,
                linewidth=0.8,
                alpha=0.5,
            )
        degree, entities = np.array(scene.profile.degrees[column], dtype=float).T
        axes.plot(
            *_at_least(degree, entities), color=HONEST, linewidth=2.6, linestyle=(0, (3, 1.5))
        )
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_title(name)
        axes.grid(visible=True, linewidth=0.6)
        axes.set_xticks((1, 10, 100, 1000), ("1", "10", "100", "1,000"))
        axes.set_xlim(0.8, 2500)
        axes.minorticks_off()
    panels[0, 0].set_ylabel("share with so many or more")
    panels[0, 0].yaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
    panels[0, 1].set_xlabel("declarations")
    _explain(figure, len(scene.worlds))
    return figure


def _at_least(degree: Numbers, entities: Numbers) -> tuple[Numbers, Numbers]:
    """Distinct numbers of declarations, and the share of traders with at least as many."""
    values, place = np.unique(degree, return_inverse=True)
    count = np.bincount(place, weights=entities)
    return values, count[::-1].cumsum()[::-1] / count.sum()


def _explain(figure: Figure, n_worlds: int) -> None:
    from matplotlib.lines import Line2D

    figure.legend(
        handles=[
            Line2D([], [], color=INK, linewidth=1.2, label=f"{n_worlds} worlds"),
            Line2D(
                [],
                [],
                color=HONEST,
                linewidth=2.6,
                linestyle=(0, (3, 1.5)),
                label="the public release",
            ),
        ],
        loc="outside upper center",
        ncols=2,
    )
