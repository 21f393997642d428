"""Converting the cells of one foreign column to those of the schema, as a column map says."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customs_data.column_maps.column_map import ColumnMap, FileLayout, is_country, is_hs
from customs_data.column_maps.countries import ALPHA_2
from customs_data.files.cells import (
    NUMBER_PATTERN,
    Mask,
    as_text,
    parse_numbers,
    to_mask,
    without_words,
)
from customs_data.schema import Column

_WRITTEN_AS_NUMBER: Final = re.compile(r"([0-9]+)\.0+")
_ROUNDED: Final = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]+")
_COMPACT: Final = re.compile(r"(%Y%m%d|%d%m%Y|%m%d%Y)")
#: Days as Excel counts them: 30000 is in 1982, 69999 in 2091.
SERIAL_DAY: Final = re.compile(r"[3-6][0-9]{4}")
# Excel takes 1900 for a leap year: from March 1900 on, its day 0 is this one.
_EXCEL_DAY_0: Final = date(1899, 12, 30)
_HS_MARKS: Final = re.compile(r"[.\s\u00a0-]")
_HS6_DIGITS: Final = 6
_LARGEST_WHOLE: Final = 2**53
_EXPONENT: Final = r"([eE][+-]?[0-9]+)?"
# A price in won to the hundredth: products with a rate end in digits that nobody wrote.
_DECIMALS_OF_PRICE: Final = 2


class Converted(NamedTuple):
    """Cells as the schema wants them, and where the foreign cell could not be understood.

    Attributes
    ----------
    cells : ChunkedArray, shape (n_rows,)
        Text or numbers.
    wrong : ndarray of bool, shape (n_rows,)
    rule : str
        What a cell must be: "must be ...".
    """

    cells: pa.ChunkedArray
    wrong: Mask
    rule: str = ""


def plain_text(cells: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Return cells of any simple type as text without blanks at its ends, '' for nulls.

    Whole numbers have no decimals, times are ISO 8601, true is 1. Lists and records give None.
    """
    if pa.types.is_dictionary(cells.type):
        cells = pc.cast(cells, cells.type.value_type)
    kind = cells.type
    if pa.types.is_boolean(kind):
        cells = pc.cast(cells, pa.int8())
    elif pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        numbers = pc.cast(cells, pa.float64(), safe=False)
        texts = [None if x is None else _number_text(x) for x in numbers.to_pylist()]
        cells = pa.chunked_array([pa.array(texts, pa.string())])
    elif pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        cells = pc.strftime(pc.cast(cells, pa.timestamp("s"), safe=False), "%Y-%m-%d %H:%M:%S")
        cells = pc.replace_substring_regex(cells, " 00:00:00$", "")
    text = as_text(cells)
    return None if text is None else pc.utf8_trim_whitespace(text)


def _number_text(number: float) -> str | None:
    if number != number:  # NaN is how pandas writes a missing cell
        return None
    is_whole = number.is_integer() and abs(number) <= _LARGEST_WHOLE
    return str(int(number)) if is_whole else repr(number)


def convert(column: Column, cells: pa.ChunkedArray, rules: ColumnMap) -> Converted:
    """Convert the cells of one column.

    Parameters
    ----------
    column : Column
        Column of the schema that they become.
    cells : ChunkedArray, shape (n_rows,)
        As in the file.
    rules : ColumnMap
    """
    kind = cells.type
    values = rules.values.get(column.name)
    is_number = column.role in ("number", "label") and values is None
    if is_number and (pa.types.is_floating(kind) or pa.types.is_integer(kind)):
        return _fits(cells)  # no marks to read, no words to replace
    if column.role == "time" and (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
        return _fits(_days_of(cells))
    text = plain_text(cells)
    if text is None:
        wrong = np.ones(len(cells), dtype=bool)
        return Converted(cells, wrong, f"must be text or numbers, not {kind}")
    words = [word for word in rules.missing if not (is_country(column) and word in ("NA", "na"))]
    text = without_words(text, words)  # NA is Namibia
    if values:
        text = _each(text, lambda cell: values.get(cell, cell)).cells
    if column.role == "number":
        return read_numbers(text, rules.file)
    if column.role == "label":
        return _fits(text)
    return _each(text, *_cell_rule(column, rules))


def _fits(cells: pa.ChunkedArray) -> Converted:
    return Converted(cells, np.zeros(len(cells), dtype=bool))


def _each(text: pa.ChunkedArray, change: Callable[[str], str | None], rule: str = "") -> Converted:
    """Change each distinct text; None marks one that is wrong, and an empty one stays."""
    encoded = pc.dictionary_encode(text)
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.unify_dictionaries().combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):  # without rows
        return _fits(text)
    changed = [change(cell) for cell in encoded.dictionary.to_pylist()]
    rows = encoded.indices.to_numpy()
    is_wrong = np.array([cell is None for cell in changed], dtype=bool)
    cells = pc.take(pa.array(changed, pa.string()), encoded.indices)
    return Converted(pa.chunked_array([cells]), is_wrong[rows], rule)


def _cell_rule(column: Column, rules: ColumnMap) -> tuple[Callable[[str], str | None], str]:
    """Return what happens to a text of a column, and the rule in words."""
    if column.role == "time":
        words = f"must be a day written as {rules.date_format}"
        return (lambda cell: _day(cell, rules)), words
    if is_hs(column):
        words = f"must be an HS code of {rules.hs_digits} digits (at least 6 are needed)"
        return (lambda cell: _hs6(cell, rules)), words
    if is_country(column):
        if rules.countries == "alpha-3":
            words = "must be a country code of three letters (ISO 3166-1 alpha-3)"
            return (lambda cell: _alpha_2(cell)), words
        return str.upper, ""
    words = "must not be a rounded number: its digits are lost"
    return (lambda cell: _identifier(cell, rules, rules.digits.get(column.name, 0))), words


def _day(cell: str, rules: ColumnMap) -> str | None:
    if not cell:
        return ""
    cell = _as_whole(cell) if rules.spreadsheet else cell
    try:
        time = datetime.strptime(cell, rules.date_format)
    except ValueError:
        is_serial = rules.spreadsheet and SERIAL_DAY.fullmatch(cell)
        return (_EXCEL_DAY_0 + timedelta(days=int(cell))).isoformat() if is_serial else None
    # Without marks, 2020111 could be the 1st of November or the 11th of January.
    is_clear = not _COMPACT.fullmatch(rules.date_format) or len(cell) == len(f"{time:%Y%m%d}")
    return time.date().isoformat() if is_clear else None


def _days_of(times: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_timestamp(times.type) and times.type.tz:
        times = pc.local_timestamp(times)
    return pc.fill_null(pc.strftime(pc.cast(times, pa.timestamp("s"), safe=False), "%Y-%m-%d"), "")


def _hs6(cell: str, rules: ColumnMap) -> str | None:
    if not cell:
        return ""
    digits = _HS_MARKS.sub("", _as_whole(cell) if rules.spreadsheet else cell)
    if not (digits.isascii() and digits.isdigit()):
        return None
    if len(digits) == rules.hs_digits - 1:
        digits = "0" + digits
    return digits[:_HS6_DIGITS] if len(digits) == rules.hs_digits else None


def _alpha_2(cell: str) -> str | None:
    return ALPHA_2.get(cell.upper()) if cell else ""


def _identifier(cell: str, rules: ColumnMap, n_digits: int) -> str | None:
    if rules.spreadsheet:
        if _ROUNDED.fullmatch(cell):
            return None
        cell = _as_whole(cell)
    return cell.zfill(n_digits) if cell.isascii() and cell.isdigit() else cell


def _as_whole(cell: str) -> str:
    """Return 1000 for 1000.0, and other texts as they are."""
    written = _WRITTEN_AS_NUMBER.fullmatch(cell)
    return written[1] if written else cell


def read_numbers(text: pa.ChunkedArray, layout: FileLayout) -> Converted:
    """Rewrite numbers with a layout's marks as programs write them.

    Parameters
    ----------
    text : ChunkedArray of string, shape (n_rows,)
    layout : FileLayout
    """
    if layout.decimal == "." and not layout.thousands:
        return _fits(text)  # the checker reads these
    decimal = re.escape(layout.decimal)
    ending = rf"({decimal}[0-9]*)?{_EXPONENT}"
    whole = "[0-9]+"
    if layout.thousands:
        blanks = r"[\s\x{a0}\x{202f}\x{2009}]"
        mark = blanks if layout.thousands == " " else re.escape(layout.thousands)
        # Groups of three digits, or of two in front of the last one as in India.
        whole = rf"(?:[0-9]+|[0-9]{{1,3}}(?:{mark}[0-9]{{2,3}})*{mark}[0-9]{{3}})"
    else:
        mark = ""
    shape = rf"^[+-]?(?:{whole}{ending}|{decimal}[0-9]+{_EXPONENT})$"
    fits = pc.or_(pc.match_substring_regex(text, shape), pc.equal(text, ""))
    plain = pc.replace_substring_regex(text, mark, "") if mark else text
    plain = pc.replace_substring(plain, layout.decimal, ".")
    wrong = ~to_mask(fits)
    example = f"1{layout.thousands}234{layout.decimal}5"
    return Converted(plain, wrong, f"must be a number written as {example}")


def to_won(
    prices: Converted, codes: pa.ChunkedArray | None, days: pa.ChunkedArray, rules: ColumnMap
) -> tuple[Converted, Mask]:
    """Convert prices to won.

    Parameters
    ----------
    prices : Converted
        Result of `convert`.
    codes : ChunkedArray, shape (n_rows,), optional
        Currency of each row, if it stands in the file.
    days : ChunkedArray of string, shape (n_rows,)
        Day of each row, YYYY-MM-DD, for monthly rates.
    rules : ColumnMap
        With a currency.

    Returns
    -------
    prices : Converted
        In won, to the hundredth; texts that are no numbers are wrong.
    has_no_rate : ndarray of bool, shape (n_rows,)
    """
    assert rules.currency is not None
    cells = prices.cells
    if pa.types.is_string(cells.type):
        # What does not fit the layout is marked already, and must not stop the reading.
        cells = pc.if_else(pc.match_substring_regex(cells, f"^(?:{NUMBER_PATTERN})$"), cells, "")
    numbers, _ = parse_numbers(cells)
    is_text = np.zeros(len(numbers), dtype=bool)
    if pa.types.is_string(prices.cells.type):
        is_text = np.isnan(numbers) & to_mask(pc.not_equal(prices.cells, ""))
    currency = rules.currency
    names = [currency.code] * len(numbers)
    if codes is not None:
        text = plain_text(codes)
        assert text is not None
        names = pc.utf8_upper(without_words(text, rules.missing)).to_pylist()
    pairs = zip(names, (day or "" for day in days.to_pylist()), strict=True)
    rate = np.array([currency.rate_of(name, day) for name, day in pairs], dtype=np.float64)
    won = np.round(numbers * rate, _DECIMALS_OF_PRICE)
    has_no_rate = np.isnan(rate)
    result = pa.chunked_array([pa.array(won, pa.float64(), from_pandas=True)])
    rule = prices.rule or "must be a number"
    return Converted(result, (prices.wrong | is_text) & ~has_no_rate, rule), has_no_rate
