"""`data import`: an edition from existing declarations."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import pandas as pd

from customs_data.column_maps.reading import Export, ReadExport, read_export_files
from customs_data.column_maps.tables import tables_of
from customs_data.columns.column_set import ColumnSet, check_new_names
from customs_data.columns.damaged_ids import (
    MISSING_WORDS,
    Damage,
    find_damage,
    spelled_missing,
)
from customs_data.edition.making import EditionPlan, make_edition, names_taken
from customs_data.edition.manifest import Manifest
from customs_data.edition.writing.source import FrameSource
from customs_data.edition.writing.tables import EditionFormat
from customs_data.errors import InvalidDeclarationsError, KitError
from customs_data.files.declarations import read_declarations
from customs_data.files.problems import ProblemReport
from customs_data.files.reading import ignored_columns
from customs_data.keyed_random import secret_of_seed
from customs_data.schema import COLUMN, ERASED
from customs_data.tasks import Task, find_task

# What `files` says of an export in another form: its columns, encoding, delimiter or format.
_FOREIGN: Final = re.compile(
    "unknown columns: |is not UTF-8 text|separates its cells with|Excel workbook|UTF-16, not UTF-8"
)
# A cell that must have a value, in many rows.
_EMPTY: Final = re.compile(r"must not be empty, but .* lines in all\)")


def read_periods(
    files: list[Path],
    split: tuple[date, date] | None = None,
    task: Task | None = None,
    *,
    missing: Sequence[str] = (),
) -> dict[str, pd.DataFrame]:
    """Read the three periods from three files, or from one file that is split at two days.

    Parameters
    ----------
    files : list of path
        Train, public and private; or one file. A folder of files is one.
    split : (date, date), optional
        First day of the public and of the private period; for one file.
    task : Task, optional
        Task of the edition; fraud by default. The files must have its target columns.
    missing : sequence of str, optional
        Words that are read as an empty cell, such as ``NULL``.

    Raises
    ------
    KitError
        If files and dates do not fit together, or a file has problems; those of all files are
        reported together. An ID that spells "missing" is one, as it would be one large trader.
    """
    if len(files) not in (1, 3) or (len(files) == 1) != (split is not None):
        raise KitError(
            "Give three files (train, public, private) without dates, or one file with "
            f"--public-from and --private-from; not {len(files)} file(s) "
            f"{'with' if split else 'without'} dates."
        )
    export = Export(missing=tuple(missing))
    return to_periods(read_sources(files, task or find_task(), export).frames, split)


def read_sources(files: Sequence[Path], task: Task, export: Export) -> ReadExport:
    """Read files of declarations, an office's own export or the kit's format.

    Parameters
    ----------
    files : sequence of path
        A folder of files is one.
    task : Task
        Task of the edition. The files must have its target columns.
    export : Export
        Column map, missing words and what happens to rows that do not fit.

    Raises
    ------
    KitError
        As in `read_periods`.
    """
    frames: list[pd.DataFrame] = []
    notes: list[str] = []
    complaints: list[str] = []
    words: list[str] = []  # that may be read as empty cells
    columns = export.column_set.apply(task.source_columns)
    check_new_names(export.column_set.extra, names_taken(task))
    is_plain = not (export.rules or export.rejections or any(file.is_dir() for file in files))
    for some in [[file] for file in files] if is_plain else [files]:
        try:
            if is_plain:
                frame = read_declarations(some[0], columns=columns, missing=export.missing)
                result = ReadExport([frame])
            else:
                result = read_export_files(some, export, columns)
        except InvalidDeclarationsError as error:
            complaints.append(str(error))
            words += _quoted_words(str(error))
            continue
        except KitError as error:
            if is_plain and _FOREIGN.search(str(error)):
                raise KitError(f"{error}\n{_way_to_a_map(some[0])}") from None
            raise
        frames += result.frames
        notes += result.notes
        for file, frame in zip(some, result.frames, strict=True):
            report, in_ids = _report_of_words(file.name, frame)
            words += in_ids
            complaints += [str(report)] if report else []
    if complaints:
        if words:
            listed = shlex.quote(",".join(dict.fromkeys(words)))
            complaints.append(f"Read such cells as empty: --missing {listed}")
        if is_plain and any(map(_FOREIGN.search, complaints)):
            complaints.append(_way_to_a_map(files[0]))
        elif is_plain and any(map(_EMPTY.search, complaints)):
            complaints.append(
                "If a column is empty in every row because your office lacks it, say so in a map. "
                f"Draft one: {_draft_of(files[0])}"
            )
        raise InvalidDeclarationsError("\n".join(complaints))
    return ReadExport(frames, notes)


def _way_to_a_map(file: Path) -> str:
    return (
        f"Or read your own export as it is, with a map of its columns. Draft one: {_draft_of(file)}"
    )


def _draft_of(file: Path) -> str:
    return f"customs-kit data import {shlex.quote(str(file))} --suggest > map.toml"


def to_periods(
    frames: Sequence[pd.DataFrame], split: tuple[date, date] | None = None
) -> dict[str, pd.DataFrame]:
    """Return the three periods of three frames, or of one that is split at two days.

    Raises
    ------
    KitError
        If the second day is not after the first.
    """
    if split is None:
        return dict(zip(("train", "public", "private"), frames, strict=True))
    public_from, private_from = (pd.Timestamp(day) for day in split)
    if public_from >= private_from:
        raise KitError(f"--public-from ({split[0]}) must be before --private-from ({split[1]}).")
    frame = frames[0]
    day = frame["Date"]
    masks = (
        day < public_from,
        (day >= public_from) & (day < private_from),
        day >= private_from,
    )
    names = ("train", "public", "private")
    return {
        name: frame[mask].reset_index(drop=True) for name, mask in zip(names, masks, strict=True)
    }


def leave_out_unlabelled(
    periods: Mapping[str, pd.DataFrame], task: Task
) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Leave declarations without a label out of the test periods.

    Parameters
    ----------
    periods : mapping of str to DataFrame
        Result of `to_periods`.
    task : Task

    Returns
    -------
    periods : dict of str to DataFrame
    notes : list of str
        How many were left out, in a sentence for each period.
    """
    kept, notes = dict(periods), []
    for period in ("public", "private"):
        frame = periods[period]
        known = frame[task.label] != ERASED
        kept[period] = frame[known].reset_index(drop=True)
        if n := int((~known).sum()):
            notes.append(
                f"Left out {n:,} of {len(frame):,} declarations of the {period} period: they have "
                "no label, and so cannot be scored."
            )
    return kept, notes


def _report_of_words(source: str, frame: pd.DataFrame) -> tuple[ProblemReport, list[str]]:
    """Return the report of IDs that spell "missing", and the words where an ID may be missing."""
    report = ProblemReport(source)
    words: list[str] = []
    for name, counts in spelled_missing(frame).items():
        if COLUMN[name].role == "code":  # a code of its own, of which `find_warnings` warns
            continue
        way_out = ". It must not be missing: give these rows their IDs, or remove them"
        if COLUMN[name].may_be_missing:
            way_out = ", which would become one trader"
            words += counts
        cells = " and ".join(f"{n:,} cells are {word!r}" for word, n in counts.items())
        report.add(f"{name}: {cells}{way_out}", column=name)
    return report, words


def _quoted_words(complaints: str) -> list[str]:
    """Return the cells quoted in complaints that spell "missing"."""
    quoted = re.findall(r"line \d+ has '([^']+)'", complaints)
    return [word for word in quoted if word.lower() in MISSING_WORDS or word == "-"]


def find_warnings(files: Sequence[Path], periods: Mapping[str, pd.DataFrame]) -> list[Damage]:
    """Return what is valid but suspicious in declarations to import.

    Parameters
    ----------
    files : sequence of path
        Files that were read.
    periods : mapping of str to DataFrame
        Result of `read_periods`.
    """
    warnings = [
        Damage(name, f"an index of pandas in {file.name}; it was left out.")
        for source in files
        for file in tables_of(source)
        for name in ignored_columns(file)
    ]
    for period, frame in periods.items():
        for name, counts in spelled_missing(frame).items():
            if COLUMN[name].role == "code":
                words = ", ".join(f"{word!r} ({n:,} cells)" for word, n in counts.items())
                warnings.append(Damage(name, f"{words} in {period} is kept as a code of its own."))
    later = pd.concat([periods["public"], periods["private"]], ignore_index=True)
    return warnings + find_damage(periods["train"], later)


def import_edition(
    periods: dict[str, pd.DataFrame],
    out: Path | str,
    *,
    name: str | None = None,
    label_rate: float | None = None,
    erasure: str = "random",
    seed: int = 0,
    file_format: EditionFormat = "csv",
    configuration: Mapping[str, Any] | None = None,
    task: Task | None = None,
    columns: ColumnSet | None = None,
) -> Manifest:
    """Make an edition from existing declarations.

    Parameters
    ----------
    periods : dict of str to DataFrame
        ``train``, ``public`` and ``private``: declared and target columns.
    out : path
        Folder of the edition; must be new or empty.
    name : str, optional
        Name of the edition; the folder's name by default.
    label_rate : float, optional
        Share of the training declarations that keep a label, in (0, 1]; by default all labels
        of the source stay.
    erasure : {'random', 'importer', 'inspection', 'delay'}
        How labels are erased.
    seed : int
        Seed of the erasure; the same seed gives the same files.
    file_format : {'csv', 'parquet', 'parts'}
        Format of the tables.
    configuration : mapping, optional
        Origin of the declarations, for the manifest.
    task : Task, optional
        Task of the edition; fraud by default.
    columns : ColumnSet, optional
        Absent and extra columns of the periods; none by default.

    Raises
    ------
    KitError
        If the periods do not fit together or the folder cannot be written.

    Notes
    -----
    The nonce of the commitment is new in every call, as there is no secret to derive it from. So
    two calls differ in the commitment in edition.json; every other byte is the same.
    """
    task = task or find_task()
    erased = {"label_rate": label_rate, "erasure": erasure if label_rate else "none"}
    plan = EditionPlan(
        name=Path(out).name if name is None else name,
        origin="import",
        configuration=erased | dict(configuration or {}),
        source=FrameSource(periods, task),
        nonce=os.urandom(32),
        erasure_secret=secret_of_seed(seed),
        label_rate=label_rate,
        erasure=erasure,
        task=task,
        columns=columns or ColumnSet(),
    )
    return make_edition(plan, out, file_format=file_format)
