"""Loading an edition in one line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data import schema
from customs_data.edition.layout import (
    SAMPLE,
    TEST,
    TRAIN,
    USAGES,
    Layout,
    find_table,
)
from customs_data.edition.manifest import FileRecord, Manifest, read_manifest
from customs_data.errors import InvalidEditionError
from customs_data.files.declarations import parse_declarations, read_declarations
from customs_data.files.reading import read_table
from customs_data.files.table_parts import is_in_parts, part_name, table_parts
from customs_data.files.writing import part_digests, stored_sha256, table_sha256
from customs_data.graph import ENTITIES, hetero_data
from customs_data.split import Split
from customs_data.tasks import Scores, Task, find_task

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
    units : Series of str, shape (n_units,)
        Keys that a submission answers for: Declaration IDs of `test`, unless the task asks about
        others.
    given : dict of str to DataFrame
        Further public tables of the task, by name.
    """

    layout: Layout
    manifest: Manifest
    train: pd.DataFrame
    labels: pd.DataFrame
    test: pd.DataFrame
    units: pd.Series[str]
    given: dict[str, pd.DataFrame] = field(default_factory=dict)

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
        return Split(
            self.task, self.train, self.labels, self.test, units=self.units, given=self.given
        )

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
        """A valid submission that says nothing: key and answer columns, shape (n_units, >= 2)."""
        return _read_sample(self.layout, self.task)

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
    task = find_task(manifest.task)
    labels = pd.DataFrame({name: train.pop(name) for name in task.labels})
    test = load_public_table(layout, manifest, TEST)
    given = {name: load_given_table(layout, manifest, name) for name in task.given}
    return Edition(layout, manifest, train, labels, test, load_units(layout, task, test), given)


def load_units(layout: Layout, task: Task, test: pd.DataFrame) -> pd.Series[str]:
    """Return the keys that a submission answers for, in the order of the sample submission."""
    if task.asks_declarations:
        return test[task.unit.key]
    return _read_sample(layout, task)[task.unit.key]


def _read_sample(layout: Layout, task: Task) -> pd.DataFrame:
    text = (*task.header[:1], *(() if isinstance(task.answer, Scores) else task.answer.columns))
    path = find_table(layout.public, SAMPLE)
    return pd.read_csv(path, dtype=dict.fromkeys(text, schema.TEXT_DTYPE), na_filter=False)


def load_given_table(layout: Layout, manifest: Manifest, table: str) -> pd.DataFrame:
    """Read a further public table of the task and compare it with the manifest's checksum.

    Raises
    ------
    InvalidEditionError
        If it is missing, damaged or has changed.
    """
    task = find_task(manifest.task)
    path = _find_recorded(layout, manifest, table)
    frame = read_keyed_table(path, task.given[table][1:], key=task.given[table][0])
    _check_digest(path, frame, manifest.files[table])
    return frame


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
    path = _find_recorded(layout, manifest, table)
    frame = read_declarations(path, columns=columns, period=period)
    _check_digest(path, frame, manifest.files[table])
    return frame


def _find_recorded(layout: Layout, manifest: Manifest, table: str) -> Path:
    """Return the path of a public table, which has as many parts as the manifest states.

    Raises
    ------
    InvalidEditionError
        If it is missing, or has other parts.
    """
    path = find_table(layout.public, table)
    n_stated = len(manifest.files[table].parts)
    n_there = len(table_parts(path)) if is_in_parts(path) else 0
    if n_there == n_stated:
        return path
    if n_stated == 0 or n_there == 0:
        raise InvalidEditionError(
            f"{path} is not the table of edition.json, which has "
            f"{f'{n_stated} parts' if n_stated else 'one file'}. Fetch the edition again."
        )
    cause = (
        f"it lacks {part_name(n_there + 1)}"
        if n_there < n_stated
        else f"edition.json does not name {part_name(n_stated + 1)}"
    )
    raise InvalidEditionError(
        f"{path} has changed since the edition was made: {cause}. Fetch the edition again."
    )


def _check_digest(path: Path, frame: pd.DataFrame, record: FileRecord) -> None:
    """Raise InvalidEditionError if a table is not the one whose SHA-256 the manifest states."""
    if record.parts:
        digests = part_digests(path, frame)
        stated = ((part_name(n), part.sha256) for n, part in enumerate(record.parts, start=1))
        pairs = zip(stated, digests, strict=True)
        changed = [name for (name, expected), digest in pairs if digest != expected]
        if not changed:
            return
        cause = f"the SHA-256 of {', '.join(changed[:5])} is not that in edition.json"
    else:
        if stored_sha256(path, frame) == record.sha256:
            return
        same_rows = path.suffix == ".csv" and table_sha256(frame) == record.sha256
        cause = (
            "it has the same rows in other bytes. Git or an editor rewrote its line ends, or added "
            "a byte order mark"
            if same_rows
            else "its SHA-256 is not that in edition.json"
        )
    raise InvalidEditionError(
        f"{path} has changed since the edition was made: {cause}. Fetch the edition again."
    )


def read_keyed_table(
    path: Path,
    columns: tuple[schema.Column, ...],
    *,
    key: schema.Column = schema.COLUMN[schema.KEY],
    extra: tuple[str, ...] = (),
) -> pd.DataFrame:
    """Read and check a table with one row per key; columns in `extra` must be there, too.

    Raises
    ------
    InvalidEditionError
        If a column is missing, a cell breaks its rules, or a key is repeated.
    """
    raw = read_table(path)
    wanted = (key.name, *(column.name for column in columns))
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
    frame, report = parse_declarations(narrowed, columns=(key, *columns))
    if report:
        raise InvalidEditionError(str(report))
    if frame[key.name].duplicated().any():
        raise InvalidEditionError(f"{path} has two rows of one {key.name}.")
    return frame
