"""Reading a source: what is taken from it, what is dropped, and what is refused.

Nothing that identifies anybody may pass. Declaration and entity IDs are issued anew, columns that
are not in the schema are dropped; codes are kept verbatim, so a code column that holds what looks
like personal data is refused.
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
# An e-mail address, a telephone number, or a number as long as those of persons and accounts.
_PERSONAL: Final = r"@|^\+?[0-9][0-9 ()./-]{7,}$|[0-9]{6}-[0-9]{7}"
# A code that hardly ever repeats is an identifier, whatever it looks like.
_MOST_DISTINCT: Final = 0.5
_ENOUGH_TO_TELL: Final = 50


@dataclass(frozen=True)
class Source:
    """What a synthesis starts from.

    Attributes
    ----------
    declarations : DataFrame
        Labelled declarations: the schema's columns, and HS10 Code where the files have it.
    notes : tuple of str
        What was left out, in sentences.
    """

    declarations: pd.DataFrame
    notes: tuple[str, ...]


def read_source(files: Sequence[Path]) -> Source:
    """Read and check the files of a source.

    Parameters
    ----------
    files : sequence of path
        CSV, CSV.gz or Parquet, with the schema's 22 columns; HS10 Code may stand for HS6 Code.

    Raises
    ------
    KitError
        If a file cannot be read, breaks the schema, or holds what looks like personal data where
        it would be kept.
    """
    frames, complaints, notes = [], [], []
    for file in files:
        raw = read_table(file)
        extra = [name for name in raw.header if name not in COLUMN and name != HS10]
        if extra:
            notes.append(f"{raw.source}: dropped the column(s) {', '.join(extra)}.")
        frame, report = _parse(_without(raw, set(extra)))
        if report:
            complaints.append(str(report))
        frames.append(frame)
    if complaints:
        raise InvalidDeclarationsError("\n".join(complaints))
    if len({HS10 in frame for frame in frames}) > 1:
        raise KitError(f"All files of a source must have {HS10}, or none, however: some have it.")
    together = pd.concat(frames, ignore_index=True)
    _refuse_personal(together)
    labelled = together["Fraud"] != ERASED
    if n := int((~labelled).sum()):
        notes.append(f"Left out {n:,} declarations without labels: only inspected ones are learnt.")
    declarations = together[labelled].reset_index(drop=True)
    constant = [
        n for n in COLUMN if n != KEY and len(declarations) and declarations[n].nunique() < 2
    ]
    if constant:
        notes.append(f"Constant in the source, and so in what is drawn: {', '.join(constant)}.")
    return Source(declarations, tuple(notes))


def _without(raw: RawTable, names: set[str]) -> RawTable:
    """The table without some columns."""
    kept = [i for i, name in enumerate(raw.header) if name not in names]
    return replace(
        raw,
        header=tuple(raw.header[i] for i in kept),
        columns=tuple(raw.columns[i] for i in kept),
    )


def _parse(raw: RawTable) -> tuple[pd.DataFrame, ProblemReport]:
    """Interpret a table; ten digits of the HS code are checked, kept, and cut to six."""
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
    sound = pc.match_substring_regex(text, "^[0-9]{10}$").to_numpy()
    if not sound.all():
        report.add(
            f"{HS10} must be ten digits, as text with its leading zeros",
            column=HS10,
            lines=raw.lines[~sound],
            values=text.filter(pa.array(~sound)).slice(0, 5).to_pylist(),
        )
    frame[HS10] = text.to_pandas().to_numpy()
    return frame.astype({HS10: COLUMN[_HS6].dtype}), report


def _refuse_personal(declarations: pd.DataFrame) -> None:
    """Look through the codes, which are kept as they are.

    Raises
    ------
    KitError
        If one looks like an address, a telephone number or an identifier.
    """
    for name in CODE_COLUMNS:
        column = declarations[name].dropna()
        found = column[column.str.contains(_PERSONAL, regex=True)]
        if len(found):
            raise KitError(
                f"{name} must hold codes, however: {found.iloc[0]!r} looks like personal data, and "
                "codes are kept as they are. Replace it by a code, or leave the declarations out."
            )
        free = name not in (_HS6, *GOODS_COLUMNS)
        n = column.nunique()
        if free and len(column) >= _ENOUGH_TO_TELL and n > _MOST_DISTINCT * len(column):
            raise KitError(
                f"{name} must hold codes, however: {n:,} of {len(column):,} values are distinct, "
                "as identifiers are, and codes are kept as they are. Replace them by codes."
            )
