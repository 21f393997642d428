"""Figures as PNG and SVG; the same figure gives the same bytes."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from customs_data.errors import KitError
from customs_data.files.atomic import write_atomically

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Endings a picture may have.
PICTURES: Final = (".png", ".svg")
#: Two colours that are told apart by everybody and readable on light and dark ground.
FIRST_COLOR: Final = "#3b82c4"
SECOND_COLOR: Final = "#d9722e"
_DPI: Final = 150
# Who drew an SVG, in vocabularies that no browser reads.
_METADATA: Final = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)


def new_figure(*, width: float, height: float) -> tuple[Figure, Axes]:
    """Return a figure of one panel; width and height in inches."""
    # The object, not pyplot: no window system, no state that outlives the call.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def _save(figure: Figure, stream: IO[Any], kind: str) -> None:
    import matplotlib as mpl

    # Without these two an SVG holds the time and random names.
    metadata = {"Date": None} if kind == "svg" else {"Software": None}
    with mpl.rc_context({"svg.hashsalt": "customs-kit", "svg.fonttype": "path"}):
        figure.savefig(stream, format=kind, dpi=_DPI, metadata=metadata)


def save_figure(figure: Figure, path: Path, *, dark: Mapping[str, str] | None = None) -> None:
    """Save a figure as what the name ends in.

    Parameters
    ----------
    figure : Figure
        To save.
    path : path
        ``.png`` or ``.svg``.
    dark : mapping, optional
        Colours (``#rrggbb``) and what an SVG shows instead of them to readers in dark mode.

    Raises
    ------
    KitError
        If the name ends in something else, or the file cannot be written.
    """
    if path.suffix not in PICTURES:
        raise KitError(f"A picture must be named .png or .svg, however: {path.name}. Rename it.")
    stream = io.BytesIO()
    _save(figure, stream, path.suffix.removeprefix("."))
    content = stream.getvalue()
    if dark and path.suffix == ".svg":
        content = _with_dark_mode(content.decode(), dark).encode()
    write_atomically(path, content)


def _with_dark_mode(svg: str, dark: Mapping[str, str]) -> str:
    """Add a rule for each colour; viewers that know no such rules show the light picture."""
    rules = "".join(
        f'[style*="{kind}: {light}"]{{{kind}:{color}!important}}'
        for light, color in dark.items()
        for kind in ("fill", "stroke")
    )
    end = svg.index(">", svg.index("<svg")) + 1
    style = f"\n <style>@media (prefers-color-scheme:dark){{{rules}}}</style>"
    return svg[:end] + style + svg[end:]


def ink_svg_of(figure: Figure, alternative: str) -> str:
    """Return a figure as inline SVG in the page's own ink, on its own ground, light or dark.

    What is black takes the colour of the text around it, backgrounds are left out; other colours
    stay and must be readable on both grounds.
    """
    figure.patch.set_visible(False)
    for axes in figure.axes:
        axes.patch.set_visible(False)
    plain = _METADATA.sub("", svg_of(figure, alternative))
    # Text in black has no fill at all in Matplotlib's SVG; the page's stylesheet gives it one.
    return plain.replace("<figure ", '<figure class="ink" ', 1).replace("#000000", "currentColor")


def svg_of(figure: Figure, alternative: str) -> str:
    """Return a figure as inline SVG for a page.

    Parameters
    ----------
    figure : Figure
        To draw.
    alternative : str
        What it shows, for those who cannot see it.
    """
    drawn = io.StringIO()
    _save(figure, drawn, "svg")
    content = drawn.getvalue()
    picture = content[content.index("<svg") :]
    return f'<figure role="img" aria-label="{escape(alternative)}">{picture}</figure>'
