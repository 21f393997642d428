"""Loading what is in hidden/ (organizers)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from customs_data import schema
from customs_data.columns.matching import arrow_text, match_ids
from customs_data.edition.commitment import Replacement, commit_to
from customs_data.edition.layout import (
    HIDDEN_COLUMNS,
    ORACLE,
    SECRET,
    SOLUTION,
    TRAIN_LABELS,
    USAGES,
    Layout,
    find_table,
)
from customs_data.edition.loading import read_keyed_table
from customs_data.edition.manifest import Manifest, read_manifest
from customs_data.errors import InvalidEditionError
from customs_data.files.reading import read_table
from customs_data.files.table_parts import is_in_parts, part_name, table_parts
from customs_data.files.writing import stored_sha256
from customs_data.tasks import find_task


def load_solution(
    layout: Layout,
    expected_ids: pd.Series[str] | None = None,
    *,
    replacement: Replacement | None = None,
) -> pd.DataFrame:
    """Read the hidden labels of both test periods (organizers).

    Parameters
    ----------
    layout : Layout
        Paths of the edition.
    expected_ids : Series of str, shape (n_units,), optional
        Keys of the units (`Edition.units`); the rows are then returned in their order.
    replacement : Replacement, optional
        Corrected labels, read instead of those in hidden/.

    Returns
    -------
    DataFrame, shape (n_units, n_targets + 2)
        The unit's key, the task's target columns and Usage ('Public' or 'Private').

    Raises
    ------
    InvalidEditionError
        If the labels are missing or damaged.
    """
    manifest = read_manifest(layout.public)
    path = None if replacement is None else replacement.path
    commitment = manifest.commitment if replacement is None else replacement.commitment
    solution = read_solution(layout, manifest, path)
    if hidden_commitment(layout, manifest, solution, path) != commitment:
        if path is not None:
            raise InvalidEditionError(
                f"{path}, or train_labels or secret.json in {layout.hidden}, has changed since the "
                "solution was replaced. Restore it from a backup."
            )
        raise InvalidEditionError(
            f"The labels in {layout.hidden} are not those committed to when the edition was made: "
            "solution, train_labels or secret.json has changed. Restore them from a backup; "
            "`customs-kit data verify` lists what failed."
        )
    if expected_ids is None:
        return solution
    task = find_task(manifest.task)
    places = match_ids(arrow_text(expected_ids), arrow_text(solution[task.unit.key]))
    if len(solution) != len(expected_ids) or (places < 0).any():
        raise InvalidEditionError(
            f"{path or layout.hidden} does not contain exactly one label for each "
            f"{task.row_in_words}."
        )
    return solution.take(places).reset_index(drop=True)


def read_solution(layout: Layout, manifest: Manifest, path: Path | None = None) -> pd.DataFrame:
    """Read solution.csv, or another file, as it is.

    `load_solution` also compares it with the commitment.
    """
    path = path or find_table(layout.hidden, SOLUTION)
    raw = read_table(path)
    task = find_task(manifest.task)
    key = schema.COLUMN[task.unit.key]
    frame = read_keyed_table(path, task.target, key=key, extra=("Usage",))
    if raw.header.count("Usage") != 1:
        raise InvalidEditionError(f"{path} must have one column Usage.")
    usage = raw.columns[raw.header.index("Usage")].to_pandas().astype(schema.TEXT_DTYPE)
    if set(usage.unique()) != set(USAGES.values()):
        raise InvalidEditionError(f"{path} must have Usage Public or Private in every row.")
    labels = [column.name for column in task.target if column.role == "label"]
    if (frame[labels] == schema.ERASED).any(axis=None):
        raise InvalidEditionError(f"{path} lacks the label of some test declarations.")
    return frame.assign(Usage=usage)


def hidden_commitment(
    layout: Layout, manifest: Manifest, solution: pd.DataFrame, path: Path | None = None
) -> str:
    """Return the commitment of the labels in hidden/, in hexadecimal.

    `path` is the file of the solution if it is not the one in hidden/.
    """
    erased, secret = load_train_labels(layout, manifest), load_secret(layout)
    return commit_to(
        manifest,
        nonce=bytes.fromhex(secret["nonce"]),
        solution_sha256=stored_sha256(path or find_table(layout.hidden, SOLUTION), solution),
        train_labels_sha256=stored_sha256(find_table(layout.hidden, TRAIN_LABELS), erased),
        # `data verify` compares these with the tables; reading millions of rows takes long.
        hidden_sha256=secret.get("hidden_sha256", {}),
    )


def load_train_labels(layout: Layout, manifest: Manifest | None = None) -> pd.DataFrame:
    """Read the erased training labels (organizers): key and label columns of the task."""
    manifest = manifest or read_manifest(layout.public)
    columns = find_task(manifest.task).label_columns
    return read_keyed_table(find_table(layout.hidden, TRAIN_LABELS), columns)


def load_secret(layout: Layout) -> dict[str, Any]:
    """Read secret.json (organizers): secret of the generator and nonce of the commitment."""
    path = layout.hidden / SECRET
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        bytes.fromhex(data["nonce"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidEditionError(f"{path} contains no nonce: {error}.") from None
    return data


def load_hidden(layout: Layout, table: str) -> pd.DataFrame:
    """Read truth or networks (organizers, generated editions of format 2 only)."""
    path = find_table(layout.hidden, table)
    if path.suffix != ".csv":
        return _read_parquet(path)
    text = dict.fromkeys((*schema.COLUMN, *HIDDEN_COLUMNS), schema.TEXT_DTYPE)
    for number in ("Duty Evaded", "True Tax Rate", "True Net Mass", "True Item Price"):
        del text[number]
    return pd.read_csv(path, dtype=text, keep_default_na=False)


def load_oracle(layout: Layout) -> pd.DataFrame:
    """Read the simulator's truth (organizers, generated editions only)."""
    path = find_table(layout.hidden, ORACLE)
    text = dict.fromkeys((schema.KEY, "Scheme", "Ring"), schema.TEXT_DTYPE)
    return pd.read_csv(path, dtype=text) if path.suffix == ".csv" else _read_parquet(path)


def _read_parquet(path: Path) -> pd.DataFrame:
    """Read a Parquet file, or the parts of a table, with the types that they say.

    Raises
    ------
    InvalidEditionError
        If it is damaged, or its parts have other columns than each other.
    """
    try:
        if not is_in_parts(path):
            return pd.read_parquet(path)
        tables = [pyarrow.parquet.read_table(part) for part in table_parts(path)]
        headers = [table.column_names for table in tables]
        if odd := [number for number, it in enumerate(headers, start=1) if it != headers[0]]:
            raise InvalidEditionError(
                f"{path / part_name(odd[0])} has other columns than {part_name(1)}. Restore it."
            )
        whole = pa.concat_tables(tables, promote_options="permissive")
        frame: pd.DataFrame = whole.replace_schema_metadata(None).to_pandas()
    except (pa.ArrowException, OSError) as error:
        reason = (str(error).splitlines() or [""])[0]
        raise InvalidEditionError(f"{path} cannot be read: {reason} Restore it.") from None
    return frame
