"""Loading an edition in one line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data import schema
from customs_data.columns.matching import arrow_text, match_ids
from customs_data.edition.commitment import Replacement, commit_to
from customs_data.edition.layout import (
    HIDDEN_COLUMNS,
    ORACLE,
    SAMPLE,
    SECRET,
    SOLUTION,
    TEST,
    TRAIN,
    TRAIN_LABELS,
    USAGES,
    Layout,
    find_table,
)
from customs_data.edition.manifest import Manifest, read_manifest
from customs_data.errors import InvalidEditionError
from customs_data.files.declarations import parse_declarations, read_declarations
from customs_data.files.reading import read_table
from customs_data.files.writing import stored_sha256, table_sha256
from customs_data.graph import ENTITIES, hetero_data
from customs_data.split import Split
from customs_data.tasks import Task, find_task

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData


@dataclass(frozen=True, repr=False, eq=False)
class Edition:
    """Public data of an edition, as teams use it.

    Attributes
    ----------
    layout : Layout
        Paths of the edition.
    manifest : Manifest
        Content of edition.json.
    train : DataFrame, shape (n_train, 20 + n_extra)
        Declared columns of the training declarations, then the extra columns of the edition.
    labels : DataFrame of int8, shape (n_train, n_labels)
        Label columns of the task; -1 where a label was erased.
    test : DataFrame, shape (n_public + n_private, 20 + n_extra)
        The same columns of both test periods (fewer if the task withholds some).
    """

    layout: Layout
    manifest: Manifest
    train: pd.DataFrame
    labels: pd.DataFrame
    test: pd.DataFrame

    def __repr__(self) -> str:
        periods = ", ".join(f"{self.manifest.rows[name]:,} {name}" for name in USAGES)
        (first, last), (_, end) = (self.manifest.dates[name] for name in ("train", "private"))
        return (
            f"{self.manifest.name}: {self.split} ({periods});\n"
            f"train {first} .. {last}, test .. {end}; {self.manifest.origin}"
        )

    @property
    def task(self) -> Task:
        """What the edition asks."""
        return find_task(self.manifest.task)

    @cached_property
    def split(self) -> Split:
        """What models get: training declarations, labels and test, without answers."""
        return Split(self.task, self.train, self.labels, self.test)

    @property
    def y(self) -> npt.NDArray[np.int8]:
        """The label that models learn (Fraud): 0, 1, or -1 where it was erased; (n_train,)."""
        return self.split.y

    @property
    def y_critical(self) -> npt.NDArray[np.int8]:
        """Critical Fraud, for the fraud task: 0, 1, 2, or -1; shape (n_train,)."""
        keywords = self.split.keywords
        if "y_critical" not in keywords:
            raise AttributeError(f"The task {self.task.name!r} has no y_critical.")
        return keywords["y_critical"]

    @cached_property
    def sample_submission(self) -> pd.DataFrame:
        """A valid submission with equal scores: key and answer columns, shape (n_test, >= 2)."""
        return pd.read_csv(
            find_table(self.layout.public, SAMPLE),
            dtype={self.task.unit.key: schema.TEXT_DTYPE},
            na_filter=False,
        )

    def hetero_data(
        self, *, entities: Mapping[str, tuple[str, ...]] = ENTITIES, reverse: bool = False
    ) -> HeteroData:
        """Return training and test declarations as one torch-geometric graph.

        Parameters
        ----------
        entities : mapping of str to tuple of str
            Node types beside "declaration"; see `customs_data.graph.hetero_data`.
        reverse : bool
            Whether to add edges from entities to declarations, too.

        Returns
        -------
        HeteroData
            As of `customs_data.graph.hetero_data`: declarations are the rows of `train`, then those
            of `test`; labels of `test` are -1. Also ``public_mask`` and ``private_mask``, bool, of
            the two test periods.
        """
        import torch

        data = hetero_data(self.train, self.y, self.test, entities=entities, reverse=reverse)
        period = np.concatenate([np.full(len(self.train), "train"), self.test_period])
        for name in USAGES:
            data["declaration"][f"{name}_mask"] = torch.from_numpy(period == name)
        return data

    @cached_property
    def test_period(self) -> npt.NDArray[np.str_]:
        """``'public'`` or ``'private'`` for each test declaration, by its date; shape (n_test,)."""
        return period_of(self.manifest, self.test)


def load_edition(path: Path | str) -> Edition:
    """Load the edition in a folder; `customs_data.load_edition` also takes ``"practice"``.

    Parameters
    ----------
    path : path
        The folder that contains public/ (or public/ itself).

    Returns
    -------
    Edition

    Raises
    ------
    InvalidEditionError
        If the folder is no edition, or a file has changed since the edition was made.
    """
    layout = Layout.find(path)
    manifest = read_manifest(layout.public)
    train = load_public_table(layout, manifest, TRAIN)
    labels = pd.DataFrame({name: train.pop(name) for name in find_task(manifest.task).labels})
    return Edition(layout, manifest, train, labels, load_public_table(layout, manifest, TEST))


def period_of(manifest: Manifest, test: pd.DataFrame) -> npt.NDArray[np.str_]:
    """Return ``'public'`` or ``'private'`` for each test declaration, shape (n_test,)."""
    last_public = np.datetime64(manifest.dates["public"][1])
    return np.where(test["Date"].to_numpy() <= last_public, "public", "private")


def load_public_table(layout: Layout, manifest: Manifest, table: str) -> pd.DataFrame:
    """Read train or test and compare it with the manifest's checksum."""
    period = (
        manifest.dates["train"]
        if table == TRAIN
        else (manifest.dates["public"][0], manifest.dates["private"][1])
    )
    task = find_task(manifest.task)
    wanted = task.train_columns if table == TRAIN else task.test_columns
    columns = manifest.column_set.apply(wanted)
    path = find_table(layout.public, table)
    frame = read_declarations(path, columns=columns, period=period)
    expected = manifest.files[table].sha256
    if stored_sha256(path, frame) != expected:
        same_rows = path.suffix == ".csv" and table_sha256(frame) == expected
        cause = (
            "it has the same rows in other bytes. Git or an editor rewrote its line ends, or added "
            "a byte order mark"
            if same_rows
            else "its SHA-256 is not that in edition.json"
        )
        raise InvalidEditionError(
            f"{path} has changed since the edition was made: {cause}. Fetch the edition again."
        )
    return frame


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
    expected_ids : Series of str, shape (n_test,), optional
        Declaration IDs of test.csv; the rows are then returned in their order.
    replacement : Replacement, optional
        Corrected labels, read instead of those in hidden/.

    Returns
    -------
    DataFrame, shape (n_test, n_targets + 2)
        Declaration ID, the task's target columns and Usage ('Public' or 'Private').

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
    places = match_ids(arrow_text(expected_ids), arrow_text(solution[schema.KEY]))
    if len(solution) != len(expected_ids) or (places < 0).any():
        raise InvalidEditionError(
            f"{path or layout.hidden} does not contain exactly one label for each row of test.csv."
        )
    return solution.take(places).reset_index(drop=True)


def read_solution(layout: Layout, manifest: Manifest, path: Path | None = None) -> pd.DataFrame:
    """Read solution.csv, or another file, as it is.

    `load_solution` also compares it with the commitment.
    """
    path = path or find_table(layout.hidden, SOLUTION)
    raw = read_table(path)
    task = find_task(manifest.task)
    frame = _read_targets(path, task.target, extra=("Usage",))
    if raw.header.count("Usage") != 1:
        raise InvalidEditionError(f"{path} must have one column Usage.")
    usage = raw.columns[raw.header.index("Usage")].to_pandas().astype(schema.TEXT_DTYPE)
    if set(usage.unique()) != set(USAGES.values()):
        raise InvalidEditionError(f"{path} must have Usage Public or Private in every row.")
    if (frame[list(task.labels)] == schema.ERASED).any(axis=None):
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
    return _read_targets(find_table(layout.hidden, TRAIN_LABELS), columns)


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
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    text = dict.fromkeys((*schema.COLUMN, *HIDDEN_COLUMNS), schema.TEXT_DTYPE)
    for number in ("Duty Evaded", "True Tax Rate", "True Net Mass", "True Item Price"):
        del text[number]
    return pd.read_csv(path, dtype=text, keep_default_na=False)


def load_oracle(layout: Layout) -> pd.DataFrame:
    """Read the simulator's truth (organizers, generated editions only)."""
    path = find_table(layout.hidden, ORACLE)
    text = dict.fromkeys((schema.KEY, "Scheme", "Ring"), schema.TEXT_DTYPE)
    return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, dtype=text)


def _read_targets(
    path: Path, columns: tuple[schema.Column, ...], extra: tuple[str, ...] = ()
) -> pd.DataFrame:
    """Read and check a hidden table, apart from the columns in `extra`."""
    raw = read_table(path)
    wanted = (schema.KEY, *(column.name for column in columns))
    if missing := [name for name in (*wanted, *extra) if name not in raw.header]:
        raise InvalidEditionError(f"{path}: missing columns {', '.join(missing)}.")
    keep = [i for i, name in enumerate(raw.header) if name in wanted]
    narrowed = type(raw)(
        raw.source,
        tuple(raw.header[i] for i in keep),
        tuple(raw.columns[i] for i in keep),
        raw.lines,
        raw.report,
    )
    frame, report = parse_declarations(narrowed, columns=(schema.KEY, *columns))
    if report:
        raise InvalidEditionError(str(report))
    return frame
