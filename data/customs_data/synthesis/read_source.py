"""Read a source, and refuse or drop what identifies anybody.

Declaration and entity IDs are issued anew, and columns outside the schema are dropped. Codes are
kept as they are, so a code column with what looks like personal data is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from customs_data.errors import InvalidDeclarationsError, KitError
from customs_data.files.declarations import parse_declarations
from customs_data.files.problems import ProblemReport
from customs_data.files.raw_table import RawTable
from customs_data.files.reading import read_table
from customs_data.schema import CODE_COLUMNS, COLUMN, ERASED, KEY
from customs_data.synthesis.encoding.goods import GOODS_COLUMNS, HS10

_HS6: Final = "HS6 Code"
# An e-mail address, a telephone number, or a number as long as that of a person or account.
_PERSONAL: Final = r"@|^\+?[0-9][0-9 ()./-]{7,}$|[0-9]{6}-[0-9]{7}"
# Codes that hardly ever repeat are identifiers.
_MOST_DISTINCT: Final = 0.5
_ENOUGH_TO_TELL: Final = 50


@dataclass(frozen=True)
class CheckedSource:
    """Declarations of a source, checked.

    Attributes
    ----------
    declarations : DataFrame
        Labelled declarations: the schema's columns, and HS10 Code if the files have it.
    notes : tuple of str
        Sentences on what was left out.
    """

    declarations: pd.DataFrame
    notes: tuple[str, ...]


def read_source(files: Sequence[Path]) -> CheckedSource:
    """Read and check the files of a source.

    Parameters
    ----------
    files : sequence of path
        CSV, CSV.gz or Parquet, with the schema's 22 columns; HS10 Code may replace HS6 Code.

    Raises
    ------
    KitError
        If a file cannot be read, breaks the schema, or contains what looks like personal data in
        a column that is kept.
    """
    frames, complaints, notes = [], [], []
    for file in files:
        raw = read_table(file)
        extra = [name for name in raw.header if name not in COLUMN and name != HS10]
        if extra:
            notes.append(f"{raw.source}: dropped columns {', '.join(extra)}.")
        frame, report = _parse(_without(raw, set(extra)))
        if report:
            complaints.append(str(report))
        frames.append(frame)
    if complaints:
        raise InvalidDeclarationsError("\n".join(complaints))
    if len({HS10 in frame for frame in frames}) > 1:
        raise KitError(f"Only some of the files have {HS10}: give it in all of them or in none.")
    together = pd.concat(frames, ignore_index=True)
    _refuse_personal(together)
    labelled = together["Fraud"] != ERASED
    if n := int((~labelled).sum()):
        notes.append(f"Left out {n:,} declarations without labels: models learn labelled ones.")
    declarations = together[labelled].reset_index(drop=True)
    constant = [
        n for n in COLUMN if n != KEY and len(declarations) and declarations[n].nunique() < 2
    ]
    if constant:
        notes.append(f"Constant in the source, so also in the result: {', '.join(constant)}.")
    return CheckedSource(declarations, tuple(notes))


def _without(raw: RawTable, names: set[str]) -> RawTable:
    """Return the table without some columns."""
    places = [i for i, name in enumerate(raw.header) if name not in names]
    return replace(
        raw,
        header=tuple(raw.header[i] for i in places),
        columns=tuple(raw.columns[i] for i in places),
    )


def _parse(raw: RawTable) -> tuple[pd.DataFrame, ProblemReport]:
    """Interpret a table; an HS code of ten digits is checked, kept, and cut to six."""
    if HS10 not in raw.header:
        return parse_declarations(raw)
    code = raw.columns[raw.header.index(HS10)]
    if pa.types.is_integer(code.type):
        code = pc.utf8_lpad(pc.cast(code, pa.string()), 10, "0")
    text = pc.fill_null(pc.cast(code, pa.string()), "")
    short = _without(raw, {HS10, _HS6})
    frame, report = parse_declarations(
        replace(
            short,
            header=(*short.header, _HS6),
            columns=(*short.columns, pc.utf8_slice_codeunits(text, 0, 6)),
        )
    )
    valid = pc.match_substring_regex(text, "^[0-9]{10}$").to_numpy()
    if not valid.all():
        report.add(
            f"{HS10} is not ten digits (as text, with leading zeros)",
            column=HS10,
            lines=raw.lines[~valid],
            values=text.filter(pa.array(~valid)).slice(0, 5).to_pylist(),
        )
    frame[HS10] = text.to_pandas().to_numpy()
    return frame.astype({HS10: COLUMN[_HS6].dtype}), report


def _refuse_personal(declarations: pd.DataFrame) -> None:
    """Check the codes, which are kept as they are, for personal data.

    Raises
    ------
    KitError
        If one looks like an address, a telephone number or an identifier.
    """
    for name in CODE_COLUMNS:
        column = declarations[name].dropna()
        personal = column[column.str.contains(_PERSONAL, regex=True)]
        if len(personal):
            raise KitError(
                f"{personal.iloc[0]!r} in {name} looks like personal data, and codes are kept as "
                "they are. Replace it by a code, or leave these declarations out."
            )
        free = name not in (_HS6, *GOODS_COLUMNS)
        n = column.nunique()
        if free and len(column) >= _ENOUGH_TO_TELL and n > _MOST_DISTINCT * len(column):
            raise KitError(
                f"{n:,} of {len(column):,} values of {name} are distinct: they look like "
                "identifiers, and codes are kept as they are. Replace them by codes."
            )
