"""List of the figures of the world, and saving them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from studies.world_figures.degrees import draw_degrees
from studies.world_figures.drift import draw_drift
from studies.world_figures.late_scheme import draw_late_scheme
from studies.world_figures.network import draw_network
from studies.world_figures.prices import draw_prices
from studies.world_figures.scene import Scene
from studies.world_figures.structure import draw_structure
from studies.world_figures.style import drawing, save
from studies.world_figures.volumes import draw_volumes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: File name without its suffix -> function that draws the figure.
FIGURES: Final[dict[str, Callable[[Scene], Figure]]] = {
    "network": draw_network,
    "structure": draw_structure,
    "prices": draw_prices,
    "volumes": draw_volumes,
    "drift": draw_drift,
    "late_scheme": draw_late_scheme,
    "degrees": draw_degrees,
}


def save_figures(scene: Scene, out: Path) -> list[Path]:
    """Draw every figure into a folder as SVG, and return the files.

    Parameters
    ----------
    scene : Scene
        Worlds to draw.
    out : path
        The folder; made if it is missing.

    Raises
    ------
    KitError
        If a file cannot be written.
    """
    out.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, draw in FIGURES.items():
        with drawing():
            save(draw(scene), out / f"{name}.svg")
        paths.append(out / f"{name}.svg")
    return paths
