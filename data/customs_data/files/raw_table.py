"""The content of a file before its cells are interpreted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from customs_data.errors import KitError
from customs_data.files.problems import ProblemReport


@dataclass(frozen=True)
class RawTable:
    """The cells of a file, not yet interpreted.

    Attributes
    ----------
    source : str
        File name for messages.
    header : tuple of str
        Column names of the file, duplicates included.
    columns : tuple of pyarrow.ChunkedArray
        One array per header entry; text for CSV, any type for Parquet.
    lines : ndarray of int64, shape (n_rows,)
        Line of the file for each row (the header is line 1).
    report : ProblemReport
        Lines left out because they do not fit the header.
    """

    source: str
    header: tuple[str, ...]
    columns: tuple[pa.ChunkedArray, ...]
    lines: npt.NDArray[np.int64]
    report: ProblemReport

    @property
    def n_rows(self) -> int:
        """Number of rows that fit the header."""
        return len(self.lines)


def join_tables(name: str, parts: list[RawTable]) -> RawTable:
    """Return the parts of a table, which have the same header, as one.

    Raises
    ------
    KitError
        If a column is text in some parts and numbers in others.
    """
    first = parts[0]
    if len(parts) == 1:
        return first
    columns = tuple(
        _join_column(f"{name}: {column}", [part.columns[place] for part in parts])
        for place, column in enumerate(first.header)
    )
    lines = np.concatenate([part.lines for part in parts])
    return RawTable(name, first.header, columns, lines, ProblemReport(name))


def _join_column(name: str, parts: list[pa.ChunkedArray]) -> pa.ChunkedArray:
    """Return the cells of all parts, of which some may have a wider type than others."""
    try:
        tables = [pa.table({name: part}) for part in parts]
        return pa.concat_tables(tables, promote_options="permissive").column(0)
    except pa.ArrowException:
        kinds = sorted({str(part.type) for part in parts})
        raise KitError(f"{name} is of several types in its parts: {', '.join(kinds)}.") from None
