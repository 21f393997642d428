"""Hidden labels as a reveal has them, CSV, and as the edition has them, in one file or in parts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from customs_data.edition.layout import SOLUTION, TRAIN_LABELS, Layout, find_table
from customs_data.errors import KitError
from customs_data.files.csv_parsing import parse_csv
from customs_data.files.reading import part_rows
from customs_data.files.table_parts import is_in_parts, joint_sha256, part_name
from customs_data.files.writing import table_sha256


def rows_of_parts(layout: Layout) -> dict[str, list[int]]:
    """Return the rows of each part of the tables of labels that are in parts, by table."""
    paths = [find_table(layout.hidden, table) for table in (SOLUTION, TRAIN_LABELS)]
    return {path.name: part_rows(path) for path in paths if is_in_parts(path)}


def labels_sha256(table: str, text: str, rows: list[int] | None = None) -> str:
    """Return the SHA-256 that a commitment has for a table of labels.

    Parameters
    ----------
    table : str
        Its name.
    text : str
        Its canonical CSV.
    rows : list of int, optional
        Rows of each of its parts; None if the edition has it in one file.

    Raises
    ------
    KitError
        If it has another number of rows than its parts.
    """
    if rows is None:
        return hashlib.sha256(text.encode()).hexdigest()
    return joint_sha256(map(table_sha256, _split(table, text, rows)))


def place_labels(hidden: Path, table: str, text: str, rows: list[int] | None = None) -> None:
    """Write a table of labels into hidden/; parameters and errors as of `labels_sha256`."""
    if rows is None:
        (hidden / f"{table}.csv").write_bytes(text.encode())
        return
    (hidden / table).mkdir()
    for number, part in enumerate(_split(table, text, rows), start=1):
        pyarrow.parquet.write_table(part, hidden / table / part_name(number))


def _split(table: str, text: str, rows: list[int]) -> Iterator[pa.Table]:
    """Yield the parts of a table's CSV, all cells text."""
    raw = parse_csv(text.encode(), source=table)
    if raw.report or raw.n_rows != sum(rows):
        raise KitError(f"The reveal is damaged: the parts of {table} do not have its rows.")
    whole = pa.table(list(raw.columns), names=list(raw.header))
    start = 0
    for n_rows in rows:
        yield whole.slice(start, n_rows)
        start += n_rows
