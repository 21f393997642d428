"""The source of a profile: files of declarations, or an edition, and which columns they have.

Which columns a source lacks is told by headers and by edition.json, never by its cells: else a
single importer's declaration could decide it, and no noise would hide that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from customs_data.columns.column_set import ColumnSet, with_way_out
from customs_data.edition.layout import MANIFEST, TEST, TRAIN, Layout, find_table
from customs_data.edition.manifest import read_manifest
from customs_data.errors import InvalidDeclarationsError, KitError
from customs_data.files.declarations import read_declarations
from customs_data.files.reading import read_header
from customs_data.files.table_parts import is_in_parts
from customs_data.filling import check_profiled
from customs_data.schema import COLUMN, DECLARED_COLUMNS, KEY
from customs_data.tasks import find_task, label_columns


@dataclass(frozen=True)
class ProfileSource:
    """Files of declarations that have the same columns.

    Attributes
    ----------
    files : tuple of path
        CSV, gzipped CSV or Parquet.
    columns : ColumnSet
        Absent and extra columns.
    """

    files: tuple[Path, ...]
    columns: ColumnSet = field(default_factory=ColumnSet)


def find_source(given: Sequence[Path]) -> ProfileSource:
    """Find the files of a source, and what they lack.

    Parameters
    ----------
    given : sequence of path
        Files of declarations, tables in parts, or folders of editions, of which train and test are
        read. An edition whose task withholds declared columns from test counts its training
        declarations alone.

    Returns
    -------
    ProfileSource
        A column that no header has is absent, as is one that edition.json lists so. Only an edition
        has extra columns.

    Raises
    ------
    KitError
        If there is no such file, files have different columns, or a column is absent that no
        profile can do without.
    """
    files: list[Path] = []
    sets: dict[Path, ColumnSet] = {}
    for path in given:
        if path.is_dir() and not is_in_parts(path):
            tables, sets[path] = _edition(path)
            files += tables
        else:
            files.append(path)
            sets[path] = _columns_of(path)
    first, *others = sets.items()
    for path, columns in others:
        if columns != first[1]:
            raise KitError(
                f"{columns.after(path.name)} and {first[1].after(first[0].name)} have different "
                "columns. Profile them one by one, or leave out what one of them lacks."
            )
    return ProfileSource(tuple(files), first[1])


def _edition(path: Path) -> tuple[list[Path], ColumnSet]:
    if not any((folder / MANIFEST).is_file() for folder in (path, path / "public")):
        raise KitError(
            f"{path} is a folder, but no edition. Name the files in it, or the folder of an "
            "edition."
        )
    public = Layout.find(path).public
    manifest = read_manifest(public)
    tables = [TRAIN] if find_task(manifest.task).withheld else [TRAIN, TEST]
    return [find_table(public, table) for table in tables], manifest.column_set


def _columns_of(path: Path) -> ColumnSet:
    header = read_header(path)
    known = {*COLUMN, *label_columns()}
    if any(name not in known for name in header):
        return ColumnSet()  # reading names unknown columns, beside what they may be
    absent = tuple(it for it in DECLARED_COLUMNS if it not in header and it != KEY)
    check_profiled(absent)
    return ColumnSet(absent)


def read_declared(path: Path, columns: ColumnSet) -> pd.DataFrame:
    """Read the declared columns that a file of a source has, and its extra ones.

    Parameters
    ----------
    path : path
        One of `ProfileSource.files`.
    columns : ColumnSet

    Returns
    -------
    DataFrame
        Without absent columns and labels.

    Raises
    ------
    KitError
        If the file cannot be read or breaks the schema.
    """
    header = read_header(path)
    declared = [it for it in DECLARED_COLUMNS if it in header or it not in columns.absent]
    labels = [column for name, column in label_columns().items() if name in header]
    kept = [it for it in declared if it not in columns.absent]
    try:
        frame = read_declarations(path, columns=columns.apply([*declared, *labels]))
    except InvalidDeclarationsError as error:
        raise InvalidDeclarationsError(with_way_out(str(error))) from None
    return frame[[*kept, *columns.extra]]
