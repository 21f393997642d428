"""Applying a column map: a foreign table becomes one with the kit's columns.

`files.declarations` then checks it like any other table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customs_data.column_maps.column_map import ColumnMap
from customs_data.column_maps.conversion import Converted, convert, to_won
from customs_data.column_maps.declaration_ids import id_column, items_of
from customs_data.column_maps.tables import plain_name
from customs_data.errors import KitError
from customs_data.files.cells import Mask
from customs_data.files.problems import N_EXAMPLES, ProblemReport
from customs_data.files.raw_table import RawTable
from customs_data.schema import KEY, Column

_PRICE = "Item Price"


def check_header(raw: RawTable, rules: ColumnMap) -> None:
    """Check that a table has each column that a map reads, once.

    Raises
    ------
    KitError
        If it has not.
    """
    for name in rules.sources():
        n_columns = raw.header.count(plain_name(name))
        if n_columns == 1:
            continue
        if n_columns:
            raise KitError(f"{raw.source} has {n_columns} columns {name!r}. Rename one of them.")
        close = get_close_matches(name, raw.header, n=1)
        advice = f"Is it {close[0]!r}?" if close else f"It has: {', '.join(raw.header)}."
        raise KitError(f"{raw.source} has no column {name!r}, which the map names. {advice}")


def left_out(raw: RawTable, rules: ColumnMap) -> list[str]:
    """Return the columns of a table that a map does not read."""
    used = {plain_name(name) for name in rules.sources()}
    return [name for name in raw.header if name and name not in used]


def apply_map(
    raw: RawTable, rules: ColumnMap, wanted: Sequence[Column], ids: dict[str, str]
) -> RawTable:
    """Return a table with the kit's columns, and without the rows that could not be converted.

    Parameters
    ----------
    raw : RawTable
        Result of `tables.read_export`; `check_header` passed.
    rules : ColumnMap
    wanted : sequence of Column
        Columns of the edition.
    ids : dict of str to str
        Result of `number_items` over all files, if the map has line items.

    Returns
    -------
    RawTable
        Its report lists the rows that were left out.
    """
    report = ProblemReport(raw.source, list(raw.report.problems))
    bad = np.zeros(raw.n_rows, dtype=bool)
    columns: dict[str, pa.ChunkedArray] = {}

    def require(name: str, rule: str, wrong: Mask, foreign: pa.ChunkedArray | list[str]) -> None:
        places = np.flatnonzero(wrong)
        if len(places):
            values = [_python(foreign[int(i)]) for i in places[:N_EXAMPLES]]
            report.add(f"{name} {rule}", column=name, lines=raw.lines[places], values=values)
            bad[places] = True

    for column in wanted:
        name = column.name
        if name == KEY and rules.line_items:
            items = items_of(raw, rules)
            columns[name] = id_column(items, ids)
            continue
        if name in rules.absent:
            constant = pa.repeat(pa.scalar(rules.absent[name], pa.string()), raw.n_rows)
            columns[name] = pa.chunked_array([constant])
            continue
        foreign = _column(raw, rules.source_of(name))
        result = convert(column, foreign, rules)
        if name == _PRICE and rules.currency:
            result = _in_won(result, raw, columns["Date"], rules, require)
        require(name, result.rule, result.wrong, foreign)
        columns[name] = result.cells
    keep = pa.array(~bad)
    kept = tuple(pc.filter(cells, keep) if bad.any() else cells for cells in columns.values())
    return replace(raw, header=tuple(columns), columns=kept, lines=raw.lines[~bad], report=report)


def _in_won(
    prices: Converted, raw: RawTable, days: pa.ChunkedArray, rules: ColumnMap, require: Any
) -> Converted:
    assert rules.currency is not None
    named = rules.currency.column
    codes = _column(raw, named) if named else None
    won, has_no_rate = to_won(prices, codes, days, rules)
    if codes is None:
        rule = f"needs a rate of {rules.currency.code} in its month under [currency.monthly]"
        require(_PRICE, rule, has_no_rate, days)
        return won
    tables = "[currency.rates]"
    if rules.currency.monthly:
        tables += ", or of its month under [currency.monthly]"
    require(_PRICE, f"needs a currency ({named}) with a rate under {tables}", has_no_rate, codes)
    return won


def _column(raw: RawTable, name: str) -> pa.ChunkedArray:
    return raw.columns[raw.header.index(plain_name(name))]


def _python(cell: Any) -> object:
    return cell.as_py() if isinstance(cell, pa.Scalar) else cell
