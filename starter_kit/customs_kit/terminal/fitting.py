"""Tables that fit the terminal: columns are left out one by one until the rest fits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Literal

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
        table = _table(title, left, n_last)
        spare = sum(_longest_word(column) - _least_width(column) for column in left)
        if console.measure(table).minimum - spare <= width:
            break
    legends = dict.fromkeys(column.legend for column in left if column.legend)
    return [table, *([Text(" ".join(legends))] if legends else [])]


def _table(title: str, columns: Sequence[Column], n_last: int) -> Table:
    table = Table(title=Text(title), title_justify="left")
    for column in columns:
        justify: Literal["left", "right"] = "left" if column.wraps or column.left else "right"
        table.add_column(
            Text(column.header),
            justify=justify,
            no_wrap=not column.wraps,
            overflow="fold",
            min_width=_least_width(column),
        )
    rows = list(zip(*(column.cells for column in columns), strict=True))
    for i, row in enumerate(rows):
        table.add_row(*map(Text, row), end_section=i == len(rows) - n_last - 1)
    return table


def _longest_word(column: Column) -> int:
    texts = [column.header, *column.cells]
    words = [
        part for text in texts for part in (text.split() if column.wraps else text.split("\n"))
    ]
    return max(map(cell_len, words), default=0)


def _least_width(column: Column) -> int:
    return min(_longest_word(column), column.least) if column.wraps else _longest_word(column)
