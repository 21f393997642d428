"""Rows of a table as canonical CSV, made from pieces of fixed width.

Some thousand lines are one array of bytes, in which every piece of a cell has its place and NUL
stands for nothing. One pass over the array removes the NULs. A piece is taken from a list: the
texts of a column, or the numbers of four digits. So no cell becomes a text of its own, which
takes a third of the time that joining texts takes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

FloatArray = npt.NDArray[np.float64]
#: Bytes of the same length for each row, filled up with NUL; dtype V1, V2, ..., shape (n_rows,).
Piece = npt.NDArray[np.void]

_CHUNK_ROWS = 8_192  # their lines fit into the processor's cache
_BLOCK_ROWS = 16 * _CHUNK_ROWS  # whose columns of few texts are encoded at once
_TO_QUOTE = (b",", b'"', b"\n", b"\r", b"\0")  # NUL needs no quotes, but means nothing here
_WIDEST = 256  # bytes of a cell; longer ones would leave most of the array empty

# Numbers up to these limits are written by integer arithmetic: a decimal of up to 15 digits is the
# shortest form of its float64.
_MOST_DECIMALS = 6
_LARGEST_WHOLE = 10**15
_SMALLEST_PLAIN = 1e-4  # Python writes smaller ones with an exponent


def csv_header(names: list[str]) -> bytes:
    """Return the header line of the canonical CSV."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(names)
    return line.getvalue().encode()


@dataclass(frozen=True)
class _Coded:
    """A column of few distinct texts, each formatted once.

    Attributes
    ----------
    forms : Piece
        The texts; last, nothing.
    code : integer array, shape (n_rows,)
        Index into `forms`.
    """

    forms: Piece
    code: npt.NDArray[np.integer[Any]]

    def slice(self, start: int, length: int) -> _Coded:
        """Return some rows as a view."""
        return _Coded(self.forms, self.code[start : start + length])


def line_chunks(table: pa.Table) -> Iterator[bytes]:
    """Yield the canonical CSV of a table in pieces, without the header line."""
    for first in range(0, table.num_rows, _BLOCK_ROWS):
        block = table.slice(first, _BLOCK_ROWS)
        arrays = [
            column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()  # which copies
            for column in block.columns
        ]
        columns = [_encode(array) for array in arrays]
        for start in range(0, block.num_rows, _CHUNK_ROWS):
            cells = [_pieces(column.slice(start, _CHUNK_ROWS)) for column in columns]
            whole = [pieces for pieces in cells if pieces is not None]
            if len(whole) == len(cells):
                yield _join(whole, min(_CHUNK_ROWS, block.num_rows - start))
            else:  # a cell with a comma or quote: rare
                yield _quoted_lines([array.slice(start, _CHUNK_ROWS) for array in arrays])


def _join(cells: list[list[Piece]], n_rows: int) -> bytes:
    """Return lines of cells, each of which is a list of pieces."""
    formats: list[tuple[str, Any]] = []
    line = b""
    for pieces in cells:
        for piece in pieces:
            formats.append((f"{len(formats)}", piece.dtype))
            line += bytes(piece.dtype.itemsize)
        formats.append((f"{len(formats)}", "V1"))
        line += b","
    content = bytearray(line[:-1] + b"\n") * n_rows
    lines = np.frombuffer(content, dtype=formats)
    number = 0
    for pieces in cells:
        for piece in pieces:
            lines[f"{number}"] = piece
            number += 1
        number += 1  # the comma
    return bytes(content.translate(None, b"\0"))


def _quoted_lines(columns: list[pa.Array]) -> bytes:
    """Return lines of which some cells need quotes."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows(zip(*map(_texts, columns), strict=True))
    return out.getvalue().encode()


def _texts(column: pa.Array) -> list[str]:
    """Return the texts of cells; those of missing ones are empty."""
    pieces = _pieces(_encode(column))
    if pieces is None:
        texts: list[str] = pc.fill_null(pc.cast(column, pa.string()), "").to_pylist()
        return texts
    return _join([pieces], len(column)).decode().split("\n")[:-1]


def _encode(column: pa.Array) -> Any:
    """Return a column of few distinct texts as `_Coded`, others as they are."""
    kind = column.type
    # A period has few distinct days, and labels are few.
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        column = pc.dictionary_encode(pc.cast(column, pa.date32()))
    if pa.types.is_int8(kind):
        column = pc.dictionary_encode(column)
    if not pa.types.is_dictionary(column.type):
        return column
    forms = _padded(pc.cast(column.dictionary, pa.string()))
    if forms is None:
        return pc.cast(column, pa.string())
    code = column.indices
    if code.null_count:
        code = pc.fill_null(pc.cast(code, pa.int64()), len(forms))
    return _Coded(np.append(forms, np.zeros(1, forms.dtype)), code.to_numpy())


def _pieces(column: Any) -> list[Piece] | None:
    """Return the pieces of a column's cells; None if some cells need quotes or are very long.

    The column is an Arrow array or `_Coded`.
    """
    if isinstance(column, _Coded):
        return [column.forms.take(column.code)]
    if pa.types.is_floating(column.type):
        return _number_pieces(column.to_numpy(zero_copy_only=False))
    texts = _padded(pc.cast(column, pa.string()))
    return None if texts is None else [texts]


def _padded(texts: pa.StringArray) -> Piece | None:
    """Return texts as one piece; None if some need quotes or are very long."""
    if texts.null_count:
        texts = pc.fill_null(texts, "")
    n = len(texts)
    if n == 0:
        return np.zeros(0, dtype="V1")
    _, ends_buffer, buffer = texts.buffers()
    ends = np.frombuffer(ends_buffer, dtype=np.int32)[texts.offset : texts.offset + n + 1]
    content = b"" if buffer is None else bytes(buffer[int(ends[0]) : int(ends[-1])])
    length = np.diff(ends)
    width = int(length.max())
    if width > _WIDEST or any(sign in content for sign in _TO_QUOTE):
        return None
    if width == 0:
        return np.zeros(n, dtype="V1")
    if len(content) == n * width:
        return np.frombuffer(content, dtype=f"V{width}")
    filled = np.flatnonzero(length)
    padded = np.zeros(n, dtype=f"V{width}")
    if len(content) == len(filled) * width:
        padded[filled] = np.frombuffer(content, dtype=padded.dtype)
    else:
        cells = padded.view(np.uint8).reshape(n, width)
        cells[np.arange(width) < length[:, None]] = np.frombuffer(content, dtype=np.uint8)
    return padded


def _number_pieces(numbers: FloatArray) -> list[Piece]:
    """Return the shortest decimal forms, as Python writes them; missing numbers are empty."""
    # Where a hundred numbers have more than two decimals, the others need no look.
    decimals = 2 if _scale(numbers[:100], 2)[2].all() else _MOST_DECIMALS
    plain, scaled, is_exact = _scale(numbers, decimals)
    if decimals < _MOST_DECIMALS and not is_exact.all():
        decimals = _MOST_DECIMALS
        plain, scaled, is_exact = _scale(numbers, decimals)
    plain &= is_exact
    whole = scaled.astype(np.int64)
    before = whole // 10**decimals
    pieces = [*_digits(before), *_decimals(whole - before * 10**decimals, decimals)]
    if plain.all():
        return pieces
    # Odd numbers repeat: probabilities below .0001 have two digits. Write each form once.
    odd = np.flatnonzero(~plain)
    values, place = np.unique(numbers[odd], return_inverse=True)
    forms = _list([b"" if np.isnan(x) else repr(x).encode() for x in values.tolist()])
    for piece in pieces:
        piece[odd] = np.zeros(1, piece.dtype)
    pieces.append(np.zeros(len(numbers), forms.dtype))
    pieces[-1][odd] = forms[place.reshape(-1)]
    return pieces


def _scale(
    numbers: FloatArray, decimals: int
) -> tuple[npt.NDArray[np.bool_], FloatArray, npt.NDArray[np.bool_]]:
    """Return which numbers are plain, all in units of the last decimal, and which are exact then.

    Those that are not plain count as 0.
    """
    plain = (numbers >= _SMALLEST_PLAIN) | ((numbers == 0.0) & ~np.signbit(numbers))
    plain &= numbers < _LARGEST_WHOLE / 10**decimals
    known = numbers if plain.all() else np.where(plain, numbers, 0.0)
    scaled = np.rint(known * 10.0**decimals)
    return plain, scaled, scaled / 10.0**decimals == known


def texts_of_ids(number: npt.NDArray[np.integer[Any]]) -> pa.StringArray:
    """Return positive whole numbers, all of the same number of digits, as texts; shape (n,)."""
    n = len(number)
    length = len(str(int(number[0]))) if n else 0
    content = np.stack(_digits(number), axis=1).tobytes().translate(None, b"\0")
    assert len(content) == n * length
    ends = np.arange(n + 1, dtype=np.int32) * np.int32(length)
    return pa.StringArray.from_buffers(n, pa.py_buffer(ends), pa.py_buffer(content))


def _digits(number: npt.NDArray[np.integer[Any]]) -> list[Piece]:
    """Return whole numbers without leading zeros, four digits a piece."""
    n_groups = -(-len(str(int(number.max(initial=0)))) // 4)
    pieces, rest = [], number
    for place in range(n_groups - 1, -1, -1):
        group = rest // 10_000**place if place else rest
        if place:
            rest = rest - group * 10_000**place
        is_first = number < 10_000 ** (place + 1)
        pieces.append(_groups(is_last=place == 0).take(group + 10_000 * is_first))
    return pieces


@cache
def _groups(*, is_last: bool) -> Piece:
    """Return the forms of 0 .. 9,999 inside a number, and then those at its start."""
    number = np.arange(10_000)[:, None] // np.array([1000, 100, 10, 1])
    inside = (number % 10 + ord("0")).astype(np.uint8)
    ahead = np.where(number > 0, inside, 0).astype(np.uint8)
    ahead[0, -1] = ord("0") if is_last else 0
    return np.concatenate([inside, ahead]).view("V4").reshape(-1)


def _decimals(behind: npt.NDArray[np.int64], decimals: int) -> list[Piece]:
    """Return the point and the digits after it without trailing zeros, at least one."""
    if decimals == 2:
        return [_fractions(2, b".", b"0").take(behind)]
    ahead = behind // 1000
    rest = behind - ahead * 1000
    # The first digits end at their last zero only if no other digit follows.
    first = np.where(rest == 0, ahead, ahead + 1000)
    return [_fractions(3, b".", b"0").take(first), _fractions(3, b"", b"").take(rest)]


@cache
def _fractions(n_digits: int, point: bytes, zero: bytes) -> Piece:
    """Return the forms of 0 .. without trailing zeros, and then those with all digits."""
    forms = [b"%0*d" % (n_digits, number) for number in range(10**n_digits)]
    ends = [form.rstrip(b"0") or zero for form in forms]
    return _list([point + form for form in (*ends, *forms)])


def _list(forms: list[bytes]) -> Piece:
    """Return forms as a piece, filled up with NUL."""
    width = max(1, *map(len, forms), 1)
    return np.frombuffer(b"".join(form.ljust(width, b"\0") for form in forms), dtype=f"V{width}")
