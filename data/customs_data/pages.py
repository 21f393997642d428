"""Self-contained HTML pages: no other file, no script, nothing fetched."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Final

_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem;
       color-scheme: light dark }}
table {{ border-collapse: collapse; display: block; overflow-x: auto }}
caption {{ text-align: left; font-weight: bold; padding: .4rem .8rem }}
th, td {{ padding: .3rem .8rem; border-bottom: 1px solid #8886; text-align: left }}
.number {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }}
tr.marked td {{ color: #c22; font-weight: bold }}
figure {{ margin: 1rem 0; padding: .5rem; background: #fff; overflow-x: auto }}
figure svg {{ max-width: 100%; height: auto }}
</style></head><body>
<h1>{title}</h1>
{body}
</body></html>
"""
_NUMBER: Final = re.compile(r"[-+]?[\d.,]+( ?%)?( (\.\.|/|±) [-+]?[\d.,]+( ?%)?)?|-")


def html_page(title: str, body: str) -> str:
    """Return a page; `title` is text, `body` is HTML."""
    return _PAGE.format(title=escape(title), body=body)


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


def _cells(cells: Sequence[str]) -> str:
    return "".join(
        f'<td class="number">{escape(cell)}</td>'
        if _NUMBER.fullmatch(cell)
        else f"<td>{escape(cell)}</td>"
        for cell in cells
    )
