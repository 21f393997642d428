"""Saving figures as PNG and SVG; the same figure gives the same bytes."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from markupsafe import Markup

from customs_data.errors import KitError
from customs_data.files.atomic import write_atomically

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Suffixes of picture files.
PICTURES: Final = (".png", ".svg")
#: Two colours that are distinct for all readers, on light and dark backgrounds.
FIRST_COLOR: Final = "#3b82c4"
SECOND_COLOR: Final = "#d9722e"
_DPI: Final = 150
# Provenance of an SVG, which no browser reads.
_METADATA: Final = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)


def new_figure(*, width: float, height: float) -> tuple[Figure, Axes]:
    """Return a figure of one panel; width and height in inches."""
    # Not pyplot, which needs a window system and keeps its figures.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def new_panels(*, width: float, heights: Sequence[float]) -> tuple[Figure, list[Axes]]:
    """Return a figure of panels one below the other, with one horizontal axis; in inches."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, sum(heights)), layout="constrained")
    panels = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights, squeeze=False)
    return figure, list(panels[:, 0])


def finish(figure: Figure, axes: Axes, title: str = "") -> Figure:
    """Set the title and small labels, and leave only the left and bottom side of the frame."""
    if title:
        axes.set_title(title, fontsize="medium", loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize="small")
    return figure


def percent(share: float, place: float) -> str:
    """Return a share in percent, as a label of an axis."""
    return f"{100 * share:.3g}%"


def _save(figure: Figure, stream: IO[Any], kind: str) -> None:
    import matplotlib as mpl

    # Without these settings an SVG contains the time and random names.
    metadata = {"Date": None} if kind == "svg" else {"Software": None}
    with mpl.rc_context({"svg.hashsalt": "customs-kit", "svg.fonttype": "path"}):
        figure.savefig(stream, format=kind, dpi=_DPI, metadata=metadata)


def save_figure(figure: Figure, path: Path, *, dark: Mapping[str, str] | None = None) -> None:
    """Save a figure as PNG or SVG, by the suffix of its name.

    Parameters
    ----------
    figure : Figure
        To save.
    path : path
        ``.png`` or ``.svg``.
    dark : mapping, optional
        Colours (``#rrggbb``) and those that replace them in an SVG in dark mode.

    Raises
    ------
    KitError
        If the suffix is another one, or the file cannot be written.
    """
    if path.suffix not in PICTURES:
        raise KitError(f"{path.name} has no suffix of a picture: choose .png or .svg.")
    stream = io.BytesIO()
    _save(figure, stream, path.suffix.removeprefix("."))
    content = stream.getvalue()
    if dark and path.suffix == ".svg":
        content = _with_dark_mode(content.decode(), dark).encode()
    write_atomically(path, content)


def _with_dark_mode(svg: str, dark: Mapping[str, str]) -> str:
    """Add a style rule for each colour; viewers without dark mode show the light picture."""
    rules = "".join(
        f'[style*="{kind}: {light}"]{{{kind}:{color}!important}}'
        for light, color in dark.items()
        for kind in ("fill", "stroke")
    )
    end = svg.index(">", svg.index("<svg")) + 1
    style = f"\n <style>@media (prefers-color-scheme:dark){{{rules}}}</style>"
    return svg[:end] + style + svg[end:]


def ink_svg_of(figure: Figure, alternative: str) -> Markup:
    """Return a figure as inline SVG without background, black parts in the colour of the text.

    Other colours stay, so they must be readable on light and dark backgrounds.
    """
    figure.patch.set_visible(False)
    for axes in figure.axes:
        axes.patch.set_visible(False)
    # Matplotlib gives black text no fill at all; the page's stylesheet does.
    return _inline(_svg(figure).replace("#000000", "currentColor"), alternative, "ink")


def svg_of(figure: Figure, alternative: str) -> Markup:
    """Return a figure as inline SVG for a page.

    Parameters
    ----------
    figure : Figure
        To draw.
    alternative : str
        Description for readers who cannot see it.
    """
    return _inline(_svg(figure), alternative, "white")


def _svg(figure: Figure) -> str:
    stream = io.StringIO()
    _save(figure, stream, "svg")
    content = stream.getvalue()
    return _METADATA.sub("", content[content.index("<svg") :])


def _inline(svg: str, alternative: str, kind: str) -> Markup:
    picture = Markup(svg)  # noqa: S704 - Matplotlib escapes the texts of a figure
    template = Markup('<figure class="{}" role="img" aria-label="{}">{}</figure>')
    return template.format(kind, alternative, picture)
