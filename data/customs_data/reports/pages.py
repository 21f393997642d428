"""Self-contained HTML pages: no other file, no script, nothing fetched."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Final

from customs_data.files.atomic import write_atomically

_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width">
<style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem;
       padding: 0 1rem }}
table {{ border-collapse: collapse; display: block; overflow-x: auto }}
caption {{ text-align: left; font-weight: bold; padding: .4rem .8rem }}
th, td {{ padding: .3rem .8rem; border-bottom: 1px solid #8886; text-align: left }}
td.words {{ min-width: 14rem }}
.number {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }}
tr.marked td {{ color: #c22; font-weight: bold }}
figure {{ margin: 1rem 0; padding: .5rem; background: #fff; overflow-x: auto }}
figure svg {{ max-width: 100%; height: auto }}
figure.ink {{ background: none; padding: 0 }}
figure.ink svg {{ fill: currentColor; min-width: 34rem }}
.panels {{ display: grid; gap: 1rem;
          grid-template-columns: repeat(auto-fill, minmax(min(19rem, 100%), 1fr)) }}
.panels figure {{ margin: 0; min-width: 0 }}
.panels figure.ink svg {{ width: 100%; min-width: 0 }}
.key span {{ margin-right: 1.2rem; white-space: nowrap }}
.key i {{ display: inline-block; width: .9em; height: .9em; margin-right: .4em }}
.lead {{ font-size: 1.15rem }}
h2 {{ margin-top: 2.5rem }}
</style></head><body>
<h1>{title}</h1>
{body}
</body></html>
"""
# A sentence keeps a readable width on a phone, where the table is then scrolled.
_WORDS: Final = ' class="words"'
_LONG: Final = 40
_NUMBER: Final = re.compile(r"[-+]?[\d.,]+( ?%)?( (\.\.|/|±) [-+]?[\d.,]+( ?%)?)?|-")


def html_page(title: str, body: str) -> str:
    """Return a page; `title` is text, `body` is HTML."""
    return _PAGE.format(title=escape(title), body=body)


def write_page(path: Path, page: str) -> None:
    """Write a page.

    Raises
    ------
    KitError
        If the file cannot be written.
    """
    write_atomically(path, page)


def html_table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    caption: str = "",
    marked: Sequence[bool] = (),
) -> str:
    """Return a table of text cells; the first cell of a row is its heading, numbers stand right.

    Parameters
    ----------
    header : sequence of str
        Names of the columns.
    rows : sequence of sequence of str
        Cells, escaped here.
    caption : str
        Above the table.
    marked : sequence of bool
        Rows to be pointed out.
    """
    lines = ["<table>"]
    if caption:
        lines.append(f"<caption>{escape(caption)}</caption>")
    names = "".join(f'<th scope="col">{escape(name)}</th>' for name in header)
    lines.append(f"<thead><tr>{names}</tr></thead><tbody>")
    for i, (first, *cells) in enumerate(rows):
        mark = ' class="marked"' if i < len(marked) and marked[i] else ""
        lines.append(f'<tr{mark}><th scope="row">{escape(first)}</th>{_cells(cells)}</tr>')
    return "\n".join([*lines, "</tbody></table>"])


def html_key(colors: Mapping[str, str]) -> str:
    """Return what each colour of the pictures below stands for."""
    entries = (
        f'<span><i style="background:{color}"></i>{escape(name)}</span>'
        for name, color in colors.items()
    )
    return f'<p class="key">{"".join(entries)}</p>'


def html_panels(figures: Sequence[str]) -> str:
    """Return pictures side by side: as many in a row as the screen has room for."""
    return f'<div class="panels">{"".join(figures)}</div>'


def _cells(cells: Sequence[str]) -> str:
    return "".join(
        f'<td class="number">{escape(cell)}</td>'
        if _NUMBER.fullmatch(cell)
        else f"<td{_WORDS if len(cell) > _LONG else ''}>{escape(cell)}</td>"
        for cell in cells
    )
