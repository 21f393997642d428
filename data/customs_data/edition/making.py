"""Writing an edition: a folder made from labelled declarations of three periods."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from customs_data.columns.column_set import ColumnSet, check_new_names
from customs_data.edition import layout as parts
from customs_data.edition.commitment import commit
from customs_data.edition.datasheet import datasheet
from customs_data.edition.layout import USAGES, Layout
from customs_data.edition.manifest import FORMAT_VERSION, NAME, PERIODS, FileRecord, Manifest
from customs_data.edition.metadata.croissant import croissant
from customs_data.edition.source import Source
from customs_data.edition.tally import Tally
from customs_data.erasure import COLUMNS_READ, erase
from customs_data.errors import KitError
from customs_data.files.atomic import new_folder
from customs_data.files.writing import FileFormat, TableWriter
from customs_data.keyed_random import derive
from customs_data.schema import DECLARED_COLUMNS, KEY
from customs_data.tasks import Task, find_task


@dataclass(frozen=True)
class EditionPlan:
    """All parts of an edition before it is written, hidden labels included.

    Attributes
    ----------
    name : str
        1 to 64 letters, digits, blanks, dots, underscores and hyphens.
    origin : {'published-seed', 'secret', 'import'}
        As in the manifest.
    configuration : dict
        As in the manifest.
    source : Source
        Declarations of the three periods; the test periods fully labelled.
    nonce : bytes, 32 bytes
        Nonce of the commitment.
    erasure_secret : bytes
        Source of the erasure's random stream.
    label_rate : float or None
        Share of the training declarations that keep a label; None keeps all labels.
    erasure : str
        How labels are erased.
    secret : str or None
        The generator's secret in hexadecimal, for hidden/secret.json.
    task : Task
        What the edition asks.
    columns : ColumnSet
        Absent and extra columns of the declarations.
    """

    name: str
    origin: str
    configuration: dict[str, Any]
    source: Source = field(repr=False)
    nonce: bytes = field(repr=False)
    erasure_secret: bytes = field(repr=False)
    label_rate: float | None = None
    erasure: str = "random"
    secret: str | None = field(default=None, repr=False)
    task: Task = field(default_factory=find_task)
    columns: ColumnSet = field(default_factory=ColumnSet)

    def __post_init__(self) -> None:
        check_new_names(self.columns.extra, names_taken(self.task))
        if not NAME.fullmatch(self.name):
            raise KitError(
                f"Cannot name an edition {self.name!r}. Pass --name with 1 to 64 letters, digits, "
                "blanks, dots, underscores or hyphens, the first a letter or digit."
            )


def names_taken(task: Task) -> tuple[str, ...]:
    """Return the columns of an edition's files that are not in the schema."""
    return (*parts.HIDDEN_COLUMNS, *task.target_names, *task.header)


def make_edition(
    plan: EditionPlan,
    out: Path | str,
    *,
    file_format: FileFormat = "csv",
    on_rows: Callable[[int], None] = lambda n: None,
) -> Manifest:
    """Write an edition.

    Rows are sorted by (Date, Declaration ID), because the order of the source may depend on the
    labels. The folder appears complete or not at all.

    Parameters
    ----------
    plan : EditionPlan
        What to write.
    out : path
        A new or empty folder.
    file_format : {'csv', 'parquet'}
        Format of all tables but sample_submission.csv.
    on_rows : callable
        Called with the number of further declarations written.

    Raises
    ------
    KitError
        If `out` is not empty or cannot be written, or there are too few labels for the label rate.
    """
    with new_folder(out) as scratch:
        return _write_parts(plan, Layout.of(scratch), file_format, on_rows)


def _write_parts(
    plan: EditionPlan, layout: Layout, file_format: FileFormat, on_rows: Callable[[int], None]
) -> Manifest:
    """Write public/ and hidden/."""
    layout.public.mkdir()
    layout.hidden.mkdir(mode=0o700)
    kept = _choose_labels(plan)
    task = plan.task
    names = (*DECLARED_COLUMNS, *plan.columns.extra)
    tallies = {p: Tally(task.label, n_missing=dict.fromkeys(names, 0)) for p in PERIODS}
    with ExitStack() as stack:
        tables = _Tables(stack, layout, file_format)
        for period, tally in tallies.items():
            for part in plan.source.parts(period):
                if period == "train":
                    published = _publish(tables, plan, part.declarations, kept, tally.n_rows)
                else:
                    published = _hide(tables, plan, part.declarations, USAGES[period])
                for name, table in ((parts.ORACLE, part.oracle), (parts.TRUTH, part.truth)):
                    if table is not None:
                        tables.write(name, table)
                tally.add(published)
                on_rows(published.num_rows)
                del part, published, table  # memory for the next part
        if (networks := plan.source.networks()) is not None:
            tables.write(parts.NETWORKS, networks)
        if task.ask_units is not None:
            _ask_units(tables, plan, networks)
    train, test = tallies["train"], tallies["public"].followed_by(tallies["private"])
    public = (*parts.PUBLIC_TABLES, *task.given)
    files = {name: FileRecord(*tables.record(name)) for name in public}
    n_erased, train_labels_sha256 = tables.record(parts.TRAIN_LABELS)
    hidden_sha256 = {name: tables.record(name)[1] for name in tables.among(parts.COMMITTED_TABLES)}
    generator_version = version("customs-kit")
    erasure = plan.erasure if n_erased else "none"
    dates = {period: (tally.first, tally.last) for period, tally in tallies.items()}
    seed = plan.configuration.get("seed")
    filled = plan.configuration.get("filled", ())
    sheet = datasheet(
        task, plan.name, plan.origin, erasure, seed, tallies, train, test, plan.columns, filled
    )
    manifest = Manifest(
        name=plan.name,
        format_version=FORMAT_VERSION,
        generator_version=generator_version,
        origin=plan.origin,
        configuration=plan.configuration,
        rows={period: tally.n_rows for period, tally in tallies.items()},
        dates=dates,
        label_rate=(
            train.n_labelled / train.n_rows if plan.label_rate is None else plan.label_rate
        ),
        erasure=erasure,
        files=files,
        datasheet_sha256=sha256(sheet.encode()).hexdigest(),
        commitment=commit(
            nonce=plan.nonce,
            origin=plan.origin,
            configuration=plan.configuration,
            public_sha256={table: record.sha256 for table, record in files.items()},
            generator_version=generator_version,
            solution_sha256=tables.record(parts.SOLUTION)[1],
            train_labels_sha256=train_labels_sha256,
            hidden_sha256=hidden_sha256,
            task=task.name,
        ),
        task=task.name,
        absent=plan.columns.absent,
        extra=dict(plan.columns.extra),
    )
    (layout.public / parts.MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
    (layout.public / parts.DATASHEET).write_text(sheet, encoding="utf-8")
    described = croissant(manifest, layout.public)
    (layout.public / parts.CROISSANT).write_text(described, encoding="utf-8")
    secret = {
        "secret": plan.secret, "nonce": plan.nonce.hex(), "hidden_sha256": hidden_sha256
    }  # fmt: skip
    (layout.hidden / parts.SECRET).write_text(json.dumps(secret, indent=2) + "\n", encoding="utf-8")
    for path in layout.hidden.iterdir():
        path.chmod(0o600)
    return manifest


class _Tables:
    """Writers of an edition's tables, each opened with its first rows."""

    def __init__(self, stack: ExitStack, layout: Layout, file_format: FileFormat) -> None:
        self._stack = stack
        self._layout = layout
        self._format = file_format
        self._writers: dict[str, TableWriter] = {}

    def write(self, name: str, table: pa.Table) -> None:
        """Append rows to a table."""
        if name not in self._writers:
            hidden = name in parts.HIDDEN_TABLES
            folder = self._layout.hidden if hidden else self._layout.public
            # Teams submit CSV, so the sample is CSV in every edition.
            chosen: FileFormat = "csv" if name == parts.SAMPLE else self._format
            writer = TableWriter(folder / name, chosen)
            self._writers[name] = self._stack.enter_context(writer)
        self._writers[name].write(table)

    def among(self, names: tuple[str, ...]) -> list[str]:
        """Return those of some tables that were written."""
        return [name for name in names if name in self._writers]

    def record(self, name: str) -> tuple[int, str]:
        """Return the number of rows and the SHA-256 of a table."""
        return self._writers[name].n_rows, self._writers[name].sha256


def _choose_labels(plan: EditionPlan) -> npt.NDArray[np.bool_] | None:
    """Return which training declarations keep their label; None if all do."""
    if plan.label_rate is None or (plan.label_rate == 1.0 and plan.source.has_every_label):
        return None
    train, y = plan.source.training(COLUMNS_READ[plan.erasure])
    return erase(
        train, y, label_rate=plan.label_rate, erasure=plan.erasure, secret=plan.erasure_secret
    )


def _ask_units(tables: _Tables, plan: EditionPlan, networks: pa.Table | None) -> None:
    """Write the tables of a task whose unit is not the declaration."""
    task = plan.task
    if networks is None:
        raise KitError(
            f"The task {task.name!r} needs to know the networks of importers, which only a "
            "simulated world does. Make the edition with `customs-kit data generate`."
        )
    assert task.ask_units is not None
    asked = task.ask_units(networks, derive(plan.erasure_secret, "units"))
    usages = np.where(asked.is_private, USAGES["private"], USAGES["public"])
    tables.write(parts.SOLUTION, asked.answers.append_column("Usage", pa.array(usages)))
    tables.write(parts.SAMPLE, _sample(task, asked.answers.select([task.unit.key])))
    for name, table in asked.given.items():
        tables.write(name, table)


def _sample(task: Task, keys: pa.Table) -> pa.Table:
    """Return a valid submission that says nothing."""
    sample = keys
    for name, cells in task.answer.sample(keys.column(0)).items():
        sample = sample.append_column(name, cells)
    return sample


def _publish(
    tables: _Tables,
    plan: EditionPlan,
    train: pa.Table,
    kept: npt.NDArray[np.bool_] | None,
    start: int,
) -> pa.Table:
    """Write training declarations to public/ and their erased labels to hidden/."""
    task = plan.task
    train = train.select([*DECLARED_COLUMNS, *task.labels, *plan.columns.extra])
    labels = train.select([KEY, *task.labels])
    if kept is None:
        tables.write(parts.TRAIN, train)
        tables.write(parts.TRAIN_LABELS, labels.slice(0, 0))
        return train
    keeps = pa.array(kept[start : start + train.num_rows])
    known = pc.is_valid(train[task.label])
    tables.write(parts.TRAIN_LABELS, labels.filter(pc.and_(pc.invert(keeps), known)))
    for name in task.labels:
        place = train.column_names.index(name)
        train = train.set_column(place, name, pc.if_else(keeps, train[name], None))
    tables.write(parts.TRAIN, train)
    return train


def _hide(tables: _Tables, plan: EditionPlan, declarations: pa.Table, usage: str) -> pa.Table:
    """Write test declarations without what is asked, and the answers to hidden/."""
    task = plan.task
    test = declarations.select([*task.test_columns, *plan.columns.extra])
    tables.write(parts.TEST, test)
    if not task.asks_declarations:
        return test
    usages = pa.array([usage]).take(pa.array(np.zeros(test.num_rows, dtype=np.int8)))
    solution = declarations.select([KEY, *task.target_names]).append_column("Usage", usages)
    tables.write(parts.SAMPLE, _sample(task, test.select([KEY])))
    tables.write(parts.SOLUTION, solution)
    return test
