"""Declaration IDs for exports whose rows are items of declarations."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from customs_data.column_maps.column_map import ColumnMap
from customs_data.column_maps.conversion import plain_text
from customs_data.column_maps.tables import plain_name
from customs_data.errors import KitError
from customs_data.files.atomic import write_atomically
from customs_data.files.cells import without_words
from customs_data.files.raw_table import RawTable

_N_DIGITS: Final = 8
_N_IDS: Final = 10**_N_DIGITS
# Beyond this share of all IDs, looking for a free one takes long.
_MOST: Final = _N_IDS * 9 // 10
# A character that stands in no number.
_BETWEEN: Final = "\x1f"

#: Number of a declaration and of its line, joined.
Item = str


def items_of(raw: RawTable, rules: ColumnMap) -> list[Item]:
    """Return the number and line of each row, '' where the number is missing.

    Parameters
    ----------
    raw : RawTable
        With the columns that `rules.line_items` names.
    rules : ColumnMap
    """
    assert rules.line_items is not None
    names = [name for name in (rules.line_items.number, rules.line_items.line) if name]
    columns = []
    for name in names:
        text = plain_text(raw.columns[raw.header.index(plain_name(name))])
        if text is None:
            raise KitError(f"{raw.source}: {name} must be text or numbers.")
        columns.append(without_words(text, rules.missing).to_pylist())
    return [_BETWEEN.join(cells) if all(cells) else "" for cells in zip(*columns, strict=True)]


def number_items(items: Iterable[Item]) -> dict[Item, str]:
    """Give each item an ID of eight digits.

    An ID follows from the item alone, unless two items come to the same one; then the item that is
    later in the order of text moves on. So IDs do not depend on the order of rows and files.

    Parameters
    ----------
    items : iterable of str
        Repetitions are allowed.

    Raises
    ------
    KitError
        If there are more than 90 million.

    Examples
    --------
    >>> ids = number_items(["20-0001", "20-0002"])
    >>> number_items(["20-0002", "20-0001", "20-0001"]) == ids, {len(x) for x in ids.values()}
    (True, {8})
    """
    waiting = np.array(sorted(set(items) - {""}), dtype=object)
    if len(waiting) > _MOST:
        raise KitError(f"{len(waiting):,} declarations are more than eight digits can number.")
    digests = [hashlib.blake2b(item.encode(), digest_size=16).digest() for item in waiting]
    seeds = np.frombuffer(b"".join(digests), dtype="<u8").reshape(-1, 2)
    place = seeds[:, 0] % _N_IDS
    # A step without a common divisor with the number of IDs comes by all of them.
    step = (seeds[:, 1] % (_N_IDS // 10)) * 10 + 1
    is_taken = np.zeros(_N_IDS, dtype=bool) if len(waiting) else np.zeros(0, dtype=bool)
    ids: dict[Item, str] = {}
    while len(waiting):
        is_free = ~is_taken[place] & _is_first(place)
        is_taken[place[is_free]] = True
        for item, number in zip(waiting[is_free], place[is_free].tolist(), strict=True):
            ids[item] = f"{number:0{_N_DIGITS}d}"
        waiting, step = waiting[~is_free], step[~is_free]
        place = (place[~is_free] + step) % _N_IDS
    return ids


def _is_first(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Return whether each value stands here for the first time."""
    first = np.zeros(len(values), dtype=bool)
    first[np.unique(values, return_index=True)[1]] = True
    return first


def id_column(items: list[Item], ids: dict[Item, str]) -> pa.ChunkedArray:
    """Return the IDs of rows, '' for rows without a number."""
    return pa.chunked_array([pa.array([ids.get(item, "") for item in items], pa.string())])


def write_ids(path: Path, ids: dict[Item, str], rules: ColumnMap) -> None:
    """Write a CSV file with number, line and ID of each declaration, readable by its owner only.

    Raises
    ------
    KitError
        If the file cannot be written.
    """
    assert rules.line_items is not None
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = [name for name in (rules.line_items.number, rules.line_items.line) if name]
    writer.writerow([*names, "Declaration ID"])
    writer.writerows([*item.split(_BETWEEN), ids[item]] for item in sorted(ids))
    write_atomically(path, text.getvalue(), mode=0o600)
