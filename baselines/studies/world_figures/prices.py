"""Figure: how far prices are from the norm: cheats, look-alikes and honest trade."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from customs_data.world.schemes import SCHEMES
from studies.world_figures.scene import Scene
from studies.world_figures.style import FRAUD, HONEST, RULE, SOFT, new_panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_GRID: Final = np.linspace(-3.0, 3.0, 121)
_BANDWIDTH = 0.18  # ln units
_LIFT = 1.15  # distance of the rows, in heights of the tallest curve
_AUC_PLACES: Final = (3.35, 4.15)
_DASHES: Final = (0, (4, 1.5))

Floats = npt.NDArray[np.float64]


def draw_prices(scene: Scene) -> Figure:
    """Draw the distribution of ln(unit price / norm), one row per scheme."""
    world = scene.world
    deviation, look, scheme = (
        world[name].to_numpy() for name in ("Price Deviation", "Look-alike", "Scheme")
    )
    others = deviation[(scheme == "") & (look == "")]
    rows = {
        name: (deviation[scheme == name], deviation[look == name])
        for name in SCHEMES
        if (scheme == name).any() and (look == name).any()
    }
    figure, panels = new_panels(1, 1, height=0.92 * len(rows) + 1.7)
    axes = panels[0, 0]
    step = _LIFT * max(density(values).max() for pair in rows.values() for values in pair)
    for place, (name, (cheats, alike)) in enumerate(rows.items()):
        base = -place * step
        axes.fill_between(_GRID, base, base + density(others), color=RULE, linewidth=0)
        axes.plot(_GRID, base + density(alike), color=HONEST, linewidth=2, linestyle=_DASHES)
        axes.plot(_GRID, base + density(cheats), color=FRAUD, linewidth=2)
        level = base + 0.35 * step
        axes.text(-3.1, level, name.replace(" ", "\n", 1), ha="right", va="center")
        axes.text(_AUC_PLACES[0], level, _auc(cheats, others), color=SOFT, ha="center")
        axes.text(_AUC_PLACES[1], level, _auc(cheats, alike), color=HONEST, ha="center")
    for x, name, color in zip(_AUC_PLACES, ("others", "alike"), (SOFT, HONEST), strict=True):
        axes.text(x, 1.02 * step, f"AUC,\n{name}", color=color, ha="center", va="bottom")
    _explain(figure, axes)
    return figure


def _explain(figure: Figure, axes: Axes) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    axes.axvline(0.0, color=SOFT, linewidth=0.8, zorder=0)
    axes.set_xlim(_GRID[0], _AUC_PLACES[1] + 0.4)
    axes.set_yticks(())
    axes.spines["left"].set_visible(False)
    ticks = np.log([0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 10.0])
    axes.set_xticks(ticks, ["1/10", "1/4", "1/2", "norm", "x 2", "x 4", "x 10"])
    axes.set_xlabel("declared price per kg against its product's norm")
    figure.legend(
        handles=[
            Line2D([], [], color=FRAUD, linewidth=2, label="cheats"),
            Line2D(
                [], [], color=HONEST, linewidth=2, linestyle=_DASHES, label="honest look-alikes"
            ),
            Patch(color=RULE, label="other honest"),
        ],
        loc="outside upper center",
        ncols=3,
    )


def density(values: Floats) -> Floats:
    """Return the density of values on a fixed grid, by a Gaussian kernel over fine bins.

    Values beyond the grid count in the total.
    """
    width = _GRID[1] - _GRID[0]
    place = np.rint((values - _GRID[0]) / width).astype(np.int64)
    place = place[(place >= 0) & (place < len(_GRID))]
    share = np.bincount(place, minlength=len(_GRID)) / len(values)
    kernel = np.exp(-0.5 * ((_GRID[:, None] - _GRID[None, :]) / _BANDWIDTH) ** 2)
    return np.asarray(kernel @ share / (_BANDWIDTH * np.sqrt(2.0 * np.pi)))


def _auc(cheats: Floats, others: Floats) -> str:
    """AUC of the deviation, cheats against others; 0.5 if the price says nothing."""
    truth = np.repeat([1, 0], [len(cheats), len(others)])
    return f"{roc_auc_score(truth, np.concatenate([cheats, others])):.2f}".removeprefix("0")
