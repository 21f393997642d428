"""The content of a file before its cells are interpreted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

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
