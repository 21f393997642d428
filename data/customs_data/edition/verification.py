"""`data verify`: check that a folder is the edition of its manifest and leaks no label."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.columns.matching import arrow_text, is_same, match_ids
from customs_data.edition import layout as parts
from customs_data.edition.hidden import (
    hidden_commitment,
    load_hidden,
    load_secret,
    load_train_labels,
    read_solution,
)
from customs_data.edition.layout import Layout, files_below, find_table
from customs_data.edition.loading import (
    load_given_table,
    load_public_table,
    load_units,
)
from customs_data.edition.manifest import Manifest, read_manifest
from customs_data.edition.metadata.croissant import croissant
from customs_data.errors import KitError
from customs_data.files.declarations import read_declarations
from customs_data.files.reading import read_header, read_table
from customs_data.files.table_parts import table_of
from customs_data.files.writing import stored_sha256
from customs_data.schema import ERASED, KEY
from customs_data.tasks import Task, find_task

#: Name of the check of the permissions of hidden/.
CLOSED: Final = "hidden/ is closed to others"


@dataclass(frozen=True)
class Check:
    """Result of one check: name, whether it passed, and a sentence.

    A check that this release cannot make is `skipped`; its `passed` means nothing then.
    """

    name: str
    passed: bool
    explanation: str
    skipped: bool = False


def verify_edition(path: Path | str) -> list[Check]:
    """Check files, checksums and row counts, and that public/ has no label of a test row.

    If there is hidden/, its permissions are checked, too, that solution and test have the same
    rows, and that the labels are those of the commitment.

    Returns
    -------
    list of Check
        In the order of checking; an unreadable file is a failed check, not an error.

    Raises
    ------
    InvalidEditionError
        If `path` is no edition at all.
    """
    layout = Layout.find(path)
    manifest = read_manifest(layout.public)
    frames: dict[str, pd.DataFrame] = {}
    checks = list(_check_public(layout, manifest, frames))
    if layout.has_hidden:
        checks += _check_hidden(layout, manifest, frames)
    return checks


def _check_public(
    layout: Layout, manifest: Manifest, frames: dict[str, pd.DataFrame]
) -> Iterator[Check]:
    """Check public/; tables that have not changed are added to `frames`."""
    task = find_task(manifest.task)
    yield _no_stray_file(layout.public, task)
    yield _no_hidden_column(layout.public, task)
    yield _datasheet(layout.public, manifest)
    yield _croissant(layout.public, manifest)
    for table in (parts.TRAIN, parts.TEST):
        try:
            frames[table] = load_public_table(layout, manifest, table)
        except KitError as error:
            yield Check(f"{table}: checksum and schema", False, str(error))
            continue
        yield Check(f"{table}: checksum and schema", True, "As when the edition was made.")
        expected = manifest.rows["train"] if table == parts.TRAIN else _n_test(manifest)
        n_rows = len(frames[table])
        yield Check(
            f"{table}: rows",
            n_rows == expected == manifest.files[table].rows,
            f"{n_rows:,} declarations; the manifest says {expected:,}.",
        )
    for table in task.given:
        yield _given(layout, manifest, table)
    if parts.TEST in frames:
        yield _periods(frames[parts.TEST], manifest)
        yield _sample(layout, manifest, frames[parts.TEST])
    if len(frames) == 2:
        shared = _are_among(frames[parts.TRAIN], frames[parts.TEST])
        yield Check(
            "no test declaration among the labels",
            not shared.any(),
            f"{int(shared.sum())} Declaration IDs of test are in train.",
        )
        kept = float((frames[parts.TRAIN][task.label] != ERASED).mean())
        half_a_row = 0.5 / len(frames[parts.TRAIN])
        yield Check(
            "label rate",
            abs(kept - manifest.label_rate) <= half_a_row + 1e-12,
            f"{kept:.6f} of the training declarations have a label; the manifest says "
            f"{manifest.label_rate}.",
        )


def _n_test(manifest: Manifest) -> int:
    return manifest.rows["public"] + manifest.rows["private"]


def _given(layout: Layout, manifest: Manifest, table: str) -> Check:
    try:
        rows = len(load_given_table(layout, manifest, table))
    except KitError as error:
        return Check(table, False, str(error))
    return Check(table, True, f"{rows:,} rows, as when the edition was made.")


def _no_stray_file(public: Path, task: Task) -> Check:
    allowed = {parts.MANIFEST, parts.DATASHEET, parts.CROISSANT, f"{parts.SAMPLE}.csv"}
    tables = (parts.TRAIN, parts.TEST, *task.given)
    for table in tables:
        with suppress(KitError):  # missing, or there twice: reported by the table's own check
            allowed.add(find_table(public, table).name)
    # A part too many or too few is reported by the table's own check.
    folders = [public / table for table in tables]
    stray = [
        path.relative_to(public).as_posix()
        for path in sorted(files_below(public))
        if not (path.parent == public and path.name in allowed)
        and not (path.parent in folders and path.match("part-*.parquet"))
    ]
    return Check(
        "public/ contains nothing else",
        not stray,
        f"Unexpected: {', '.join(stray)}." if stray else "Only the files of an edition.",
    )


def _no_hidden_column(public: Path, task: Task) -> Check:
    """Check the header of every table in public/, expected or not."""
    leaks = []
    for path in sorted(files_below(public)):
        if path.suffix not in (".csv", ".parquet", ".gz"):
            continue
        try:
            header = read_header(path)
        except KitError:
            continue  # reported by the table's own check
        secret = {*parts.HIDDEN_COLUMNS, *task.target_names, *task.withheld}
        secret -= _open_columns(task, table_of(path))
        place = path.relative_to(public)
        leaks += [f"{place}: {name}" for name in header if name in secret]
    return Check(
        "no hidden column in public/",
        not leaks,
        f"Hidden: {'; '.join(leaks)}." if leaks else "Only train has labels.",
    )


def _open_columns(task: Task, table: str) -> set[str]:
    """Return columns that a table in public/ has, although elsewhere they would be an answer."""
    if table == parts.TRAIN:
        return {*task.labels, *task.withheld}
    if table == parts.SAMPLE:
        return {*task.answer.columns}
    return {column.name for column in task.given.get(table, ())}


def _datasheet(public: Path, manifest: Manifest) -> Check:
    try:
        digest = sha256((public / parts.DATASHEET).read_bytes()).hexdigest()
    except OSError as error:
        return Check("datasheet", False, f"{parts.DATASHEET} cannot be read: {error.strerror}.")
    same = digest == manifest.datasheet_sha256
    return Check("datasheet", same, "As when the edition was made." if same else "It has changed.")


def _croissant(public: Path, manifest: Manifest) -> Check:
    """Compare croissant.json with the one that follows from the other public files."""
    path = public / parts.CROISSANT
    if not path.exists():
        return Check(path.name, True, "Editions of older releases have none.", skipped=True)
    if manifest.generator_version != version("customs-kit"):
        said = f"Written by customs-kit {manifest.generator_version}: only that can compare it."
        return Check(path.name, True, said, skipped=True)
    try:
        same = path.read_text(encoding="utf-8") == croissant(manifest, public)
    except (KitError, OSError, ValueError) as error:
        return Check(path.name, False, f"It cannot be compared: {error}")
    said = "It says what the other files say." if same else "It differs from the other files."
    return Check(path.name, same, said)


def _periods(test: pd.DataFrame, manifest: Manifest) -> Check:
    days = test["Date"].to_numpy()
    counted = {}
    for period in ("public", "private"):
        first, last = (np.datetime64(day) for day in manifest.dates[period])
        counted[period] = int(((days >= first) & (days <= last)).sum())
    return Check(
        "test periods",
        all(counted[period] == manifest.rows[period] for period in counted),
        f"{counted['public']:,} public and {counted['private']:,} private declarations by date; "
        f"the manifest says {manifest.rows['public']:,} and {manifest.rows['private']:,}.",
    )


def _sample(layout: Layout, manifest: Manifest, test: pd.DataFrame) -> Check:
    name = "sample submission"
    try:
        path = find_table(layout.public, parts.SAMPLE)
        raw = read_table(path)
    except KitError as error:
        return Check(name, False, str(error))
    task = find_task(manifest.task)
    valid = (
        raw.header == task.header
        and not raw.report
        and (not task.asks_declarations or is_same(raw.columns[0], arrow_text(test[KEY])))
        and stored_sha256(path, pd.DataFrame()) == manifest.files[parts.SAMPLE].sha256
    )
    asked = "row of test" if task.asks_declarations else f"{task.unit.name} that is asked"
    return Check(name, valid, f"One row for each {asked}, as when the edition was made.")


def _check_hidden(
    layout: Layout, manifest: Manifest, frames: dict[str, pd.DataFrame]
) -> Iterator[Check]:
    task = find_task(manifest.task)
    loose = layout.hidden.stat().st_mode & 0o077
    yield Check(
        CLOSED,
        not loose,
        "Permissions of the folder must be 0700." if loose else "Only its owner may enter it.",
    )
    try:
        # A public table that has changed is still compared with the hidden ones.
        train, test = (
            frames[table]
            if table in frames
            else read_declarations(
                find_table(layout.public, table), columns=manifest.column_set.apply(columns)
            )
            for table, columns in (
                (parts.TRAIN, task.train_columns),
                (parts.TEST, task.test_columns),
            )
        )
        solution = read_solution(layout, manifest)
        erased = load_train_labels(layout, manifest)
        made = hidden_commitment(layout, manifest, solution)
    except KitError as error:
        yield Check("hidden tables", False, str(error))
        return
    yield _solution(layout, manifest, solution, test)
    labelled = train[train[task.label] != ERASED]
    overlap = _are_among(erased, labelled) | ~_are_among(erased, train)
    yield Check(
        "erased labels",
        not overlap.any(),
        f"{len(erased):,} labels, each of a training declaration without a published label.",
    )
    recorded = load_secret(layout).get("hidden_sha256", {})
    for table, expected in recorded.items():
        yield _hidden_table(layout, table, expected)
    yield Check(
        "commitment",
        made == manifest.commitment,
        "The hidden labels are the ones committed to."
        if made == manifest.commitment
        else "The hidden labels are NOT the ones committed to.",
    )


def _solution(
    layout: Layout, manifest: Manifest, solution: pd.DataFrame, test: pd.DataFrame
) -> Check:
    task = find_task(manifest.task)
    units = load_units(layout, task, test)
    valid = is_same(arrow_text(solution[task.unit.key]), arrow_text(units))
    asked = f"{task.unit.name} that is asked"
    if task.asks_declarations:
        asked = "row of test"
        private = test["Date"].to_numpy() >= np.datetime64(manifest.dates["private"][0])
        valid = valid and ((solution["Usage"] == "Private").to_numpy() == private).all()
    return Check("solution: rows and periods", bool(valid), f"One label for each {asked}.")


def _hidden_table(layout: Layout, table: str, expected: str) -> Check:
    try:
        path = find_table(layout.hidden, table)
        same = stored_sha256(path, load_hidden(layout, table)) == expected
    except (KitError, OSError, ValueError) as error:
        return Check(table, False, str(error))
    return Check(table, same, "As when the edition was made." if same else "It has changed.")


def _are_among(frame: pd.DataFrame, others: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return whether each row's Declaration ID occurs in the other frame."""
    return match_ids(arrow_text(frame[KEY]), arrow_text(others[KEY])) >= 0
