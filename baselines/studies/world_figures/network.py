"""Figure: a ring and a decoy as networks, which look alike until labels colour them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from studies.world_figures.scene import Scene
from studies.world_figures.style import FRAUD, HONEST, INK, SOFT, new_panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLUMNS: Final = ("Seller ID", "Importer ID", "Declarant ID")
_HEADINGS: Final = ("sellers", "importers", "brokers")


def draw_network(scene: Scene) -> Figure:
    """Draw a ring of median size and the decoy that resembles it most."""
    ring, decoy = _find_pair(scene.world)
    figure, panels = new_panels(2, 2, height=8.4)
    for column, (name, rows) in enumerate((("A", ring), ("B", decoy))):
        n_importers = rows["Importer ID"].nunique()
        _draw(panels[0, column], rows, labelled=False)
        panels[0, column].set_title(
            f"{name}: {len(rows)} declarations\nof {n_importers} importers", loc="center"
        )
        _draw(panels[1, column], rows, labelled=True)
        kind = "the ring" if column == 0 else "the decoy"
        panels[1, column].set_title(
            f"{name} is {kind}: {rows['Fraud'].mean():.0%} fraud", loc="center"
        )
    for row, heading in enumerate(("What a team sees", "With the labels")):
        panels[row, 0].set_ylabel(heading, fontweight="bold")
    _explain(figure)
    return figure


def _find_pair(world: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The ring of median size and the decoy with the nearest counts; late ones are left out."""
    members = world[(world["Cluster"] != "") & ~world["Late Cluster"]]
    count = members.groupby("Cluster").agg(
        rows=("Fraud", "size"), **{name: (name, "nunique") for name in _COLUMNS}
    )
    count = pd.DataFrame(np.log(count.to_numpy(float)), count.index, count.columns)
    is_ring = count.index.str.startswith("ring")
    rings, decoys = count.loc[is_ring], count.loc[~is_ring]
    middle = str((rings["rows"] - rings["rows"].median()).abs().idxmin())
    distance = ((decoys - rings.loc[middle]) ** 2).sum(axis=1)
    return members[members["Cluster"] == middle], members[members["Cluster"] == distance.idxmin()]


def _draw(axes: Axes, rows: pd.DataFrame, *, labelled: bool) -> None:
    """Draw one network: importers by their first day, each partner level with its importers."""
    from matplotlib.collections import LineCollection

    day = rows.groupby("Importer ID")["Day"].min().sort_values(kind="stable")
    height = {"Importer ID": _spread(day.index)}
    level = rows["Importer ID"].map(height["Importer ID"])
    for column in ("Seller ID", "Declarant ID"):
        mean = level.groupby(rows[column]).mean().sort_values(kind="stable")
        height[column] = _spread(mean.index)
    for column, x in (("Seller ID", 0.0), ("Declarant ID", 2.0)):
        pairs = rows.groupby(["Importer ID", column], as_index=False)["Fraud"].agg(["size", "sum"])
        # Honest lines first, so that they cover no fraud.
        pairs = pairs.assign(share=pairs["sum"] / pairs["size"]).sort_values("share")
        axes.add_collection(
            LineCollection(
                [
                    ((1.0, height["Importer ID"][a]), (x, height[column][b]))
                    for a, b in zip(pairs["Importer ID"], pairs[column], strict=True)
                ],
                colors=[
                    (FRAUD if s >= 0.5 else HONEST) if labelled else SOFT for s in pairs["share"]
                ],
                linewidths=0.7 + 0.6 * np.sqrt(pairs["size"]),
                alpha=0.75,
            )
        )
    for column, x in zip(_COLUMNS, (0.0, 1.0, 2.0), strict=True):
        n = rows.groupby(column).size()
        axes.scatter(
            np.full(len(n), x),
            [height[column][name] for name in n.index],
            s=10 + 5 * n.to_numpy(),
            color=INK,
            linewidths=0,
            zorder=3,
        )
    axes.set_xticks((0.0, 1.0, 2.0), _HEADINGS)
    axes.set_yticks(())
    axes.set_xlim(-0.25, 2.25)
    axes.set_ylim(1.05, -0.05)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _spread(names: pd.Index) -> dict[str, float]:
    """Evenly spaced heights in the order of the names."""
    n = len(names)
    return {str(name): (i + 0.5) / n for i, name in enumerate(names)}


def _explain(figure: Figure) -> None:
    from matplotlib.lines import Line2D

    figure.legend(
        handles=[
            Line2D([], [], color=FRAUD, linewidth=2.5, label="mostly fraud"),
            Line2D([], [], color=HONEST, linewidth=2.5, label="mostly honest"),
        ],
        loc="outside lower center",
        ncols=2,
    )
