"""A fast path for submissions without any fault, as nearly all of them are.

`submissions.check_submission` owns the checks and reports everything that is wrong with a file.
This module only recognises files in which it would report nothing, in little more than half the
time. Whatever it is not sure of goes the slow way.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv

from customs_data.columns.matching import match_ids
from customs_data.files.csv_parsing import in_arrow_memory
from customs_data.files.records import count_byte

# A file of these bytes has no quotes, blanks, carriage returns and foreign letters: each line is a
# record, each record is split at its commas, and a number is a decimal one or none at all.
_PLAIN_BYTES: Final = b"0123456789+-.eE,\n"
_COLUMNS: Final = {"id": pa.string(), "score": pa.float64()}
_CONVERT: Final = pyarrow.csv.ConvertOptions(column_types=_COLUMNS, strings_can_be_null=False)
_READ: Final = pyarrow.csv.ReadOptions(column_names=list(_COLUMNS), use_threads=False)


def read_valid_file(
    content: bytes, header: bytes, expected: pa.ChunkedArray
) -> npt.NDArray[np.float64] | None:
    r"""Return the scores of a valid file in the order of the expected IDs, or None.

    Parameters
    ----------
    content : bytes
        Content of the file, decompressed.
    header : bytes
        The first line it must have, without the line end.
    expected : ChunkedArray of string or large_string, length n_test
        Distinct IDs, none null.

    Returns
    -------
    ndarray of float64, shape (n_test,), or None
        None means only that the file needs the full check.

    Examples
    --------
    >>> expected = pa.chunked_array([["20", "30"]])
    >>> read_valid_file(b"ID,Score\n30,0.5\n20,1e-3\n", b"ID,Score", expected).tolist()
    [0.001, 0.5]
    >>> read_valid_file(b"ID,Score\n30,0.5\n20,\n", b"ID,Score", expected)
    """
    n_lines = count_byte(content, b"\n") + (not content.endswith(b"\n"))
    if n_lines != len(expected) + 1 or not content.startswith(header + b"\n"):
        return None
    body = memoryview(content)[len(header) + 1 :]
    # Compared with the rest of the header alone, because a slice would be a copy.
    if not body or content.translate(None, _PLAIN_BYTES) != header.translate(None, _PLAIN_BYTES):
        return None
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(in_arrow_memory(body)), read_options=_READ, convert_options=_CONVERT
        )
    except pa.ArrowInvalid:
        return None
    ids, cells = table.columns
    if len(ids) != len(expected) or cells.null_count:
        return None
    places = match_ids(ids, expected)
    scores = cells.to_numpy()
    if (places < 0).any() or not np.isfinite(scores).all():
        return None
    aligned = np.full(len(expected), np.nan)
    aligned[places] = scores
    return None if np.isnan(aligned).any() else aligned  # a repeated ID leaves another's place
