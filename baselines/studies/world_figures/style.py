"""Style of the figures: few colours that colour-blind readers can distinguish, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from customs_data.reports.pictures import save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PAPER: Final = "#ffffff"
INK: Final = "#1f2328"
SOFT: Final = "#636c76"
RULE: Final = "#d1d9e0"
#: Vermilion, blue and green also differ in lightness, for every kind of colour vision (hues of
#: Okabe and Ito, 2008, dark enough for text on white).
FRAUD: Final = "#c04a00"
HONEST: Final = "#0068a8"
OTHER: Final = "#007a5e"
#: The same in dark mode.
DARK: Final = {
    PAPER: "#0d1117",
    INK: "#e6edf3",
    SOFT: "#9aa4ae",
    RULE: "#3d444d",
    FRAUD: "#ff9a56",
    HONEST: "#6cb6ff",
    OTHER: "#4fd1a5",
}

#: Inches. A phone shows a figure at half its size, so text must be large.
WIDTH: Final = 6.4
_STYLE: Final[dict[Any, Any]] = {
    "font.size": 11.5,
    "axes.titlesize": 12.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 11.5,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "legend.fontsize": 11,
    "legend.frameon": False,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.edgecolor": SOFT,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "grid.color": RULE,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "figure.constrained_layout.h_pad": 0.08,
    "figure.constrained_layout.w_pad": 0.08,
}


@contextmanager
def drawing() -> Iterator[None]:
    """Apply the style of the guide to everything drawn and saved inside."""
    import matplotlib as mpl

    with mpl.rc_context(_STYLE):
        yield


def new_panels(
    rows: int, columns: int, *, height: float, **layout: Any
) -> tuple[Figure, npt.NDArray[np.object_]]:
    """Return a figure of panels, shape (rows, columns); height in inches.

    Parameters
    ----------
    rows, columns : int
        Panels.
    height : float
        Height of the figure; its width is `WIDTH`.
    **layout
        Passed to ``Figure.subplots``.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, **layout)


def name_periods(axes: Axes, period_days: tuple[int, ...]) -> None:
    """Write the names of the three periods above a panel of days, and draw rules between them."""
    names = ("training", "public test", "private test")
    for name, (start, stop) in zip(names, pairwise((0, *period_days)), strict=True):
        if start:
            axes.axvline(start, color=SOFT, linewidth=0.8, linestyle=(0, (4, 3)))
        axes.text(
            (start + stop) / 2,
            1.01,
            name,
            transform=axes.get_xaxis_transform(),
            ha="center",
            va="bottom",
            color=SOFT,
            fontsize=10.5,
        )


def mark_months(axes: Axes, n_days: int, first_day: Any, *, every: int = 3) -> None:
    """Label the days axis with months."""
    import pandas as pd

    starts = pd.date_range(first_day, periods=n_days // 28 + 1, freq=f"{every}MS")
    days = [(start - starts[0]).days for start in starts]
    ticks = [(day, start) for day, start in zip(days, starts, strict=True) if day <= n_days]
    axes.set_xticks(
        [day for day, _ in ticks],
        [f"{start:%b}\n{start:%Y}" if start.month == 1 else f"{start:%b}" for _, start in ticks],
    )
    axes.set_xlim(0, n_days)


def save(figure: Figure, path: Path) -> None:
    """Save a figure; the colours of an SVG follow the reader's light or dark mode."""
    save_figure(figure, path, dark=DARK)
