"""Tables that fit the terminal: columns are left out one by one until the rest fits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Final, Literal

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    header : str
        Heading, of several lines if it has line ends.
    cells : sequence of str
        One per row.
    legend : str
        Sentence below the table, which only tables with this column have.
    wraps : bool
        Whether cells may be wrapped between words, as names are; numbers are not.
    least : int
        Cells that may be wrapped are broken inside a word only if it has more characters.
    left : bool
        Whether cells begin at the left: text, and numbers with something behind them.
    """

    header: str
    cells: Sequence[str]
    legend: str = ""
    wraps: bool = False
    least: int = 24
    left: bool = False


# A rule and a blank on both sides of each cell.
_FRAME: Final = 3

#: Returns the columns that are left without the named parts.
Columns = Callable[[Collection[str]], list[Column]]


def fit_table(
    title: str, columns: Columns, parts: Sequence[str], width: int, *, n_last: int = 0
) -> list[RenderableType]:
    """Return a table of at most `width` characters, if possible, and its legends.

    Parameters
    ----------
    title : str
        Line above the table.
    columns : callable
        Takes the parts to leave out and returns the other columns.
    parts : sequence of str
        What may be left out, the least important first. No more is left out than is needed.
    width : int
        Characters per line.
    n_last : int
        Rows at the end that a line separates from the others.
    """
    console = Console(file=StringIO(), width=10_000)  # not the terminal's own width
    for n in range(len(parts) + 1):
        left = columns(frozenset(parts[:n]))
        table = _table(title, left, width, n_last)
        if console.measure(table).maximum <= width:
            break
    legends = dict.fromkeys(column.legend for column in left if column.legend)
    return [table, *([Text(" ".join(legends))] if legends else [])]


def _table(title: str, columns: Sequence[Column], width: int, n_last: int) -> Table:
    table = Table(title=Text(title), title_justify="left")
    for column, n in zip(columns, _widths(columns, width), strict=True):
        justify: Literal["left", "right"] = "left" if column.wraps or column.left else "right"
        table.add_column(
            Text(column.header),
            justify=justify,
            no_wrap=not column.wraps,
            overflow="fold",
            width=n,
        )
    rows = list(zip(*(column.cells for column in columns), strict=True))
    for i, row in enumerate(rows):
        table.add_row(*map(Text, row), end_section=i == len(rows) - n_last - 1)
    return table


def _widths(columns: Sequence[Column], width: int) -> list[int]:
    """Return the widths of columns; those that may be wrapped share what is too much."""
    # Rich, left to itself, also narrows columns whose words then break.
    texts = [[column.header, *column.cells] for column in columns]
    widths = [_longest(texts_of, "\n") for texts_of in texts]
    spare = [
        n - min(_longest(texts_of, None), column.least) if column.wraps else 0
        for column, n, texts_of in zip(columns, widths, texts, strict=True)
    ]
    excess = sum(widths) + _FRAME * len(columns) + 1 - width
    for i in sorted(range(len(columns)), key=lambda i: -spare[i]):
        less = min(spare[i], max(excess, 0))
        widths[i] -= less
        excess -= less
    return widths


def _longest(texts: Sequence[str], separator: str | None) -> int:
    """Return the width of the longest line, or, without a separator, of the longest word."""
    return max((cell_len(part) for text in texts for part in text.split(separator)), default=0)
