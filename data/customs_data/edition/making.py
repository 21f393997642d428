"""Writing an edition: a folder made from labelled declarations of three periods."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from customs_data.columns.column_set import ColumnSet, check_new_names
from customs_data.edition import layout as parts
from customs_data.edition.commitment import commit
from customs_data.edition.datasheet import datasheet
from customs_data.edition.layout import USAGES, Layout
from customs_data.edition.manifest import FORMAT_VERSION, NAME, PARTS_VERSION, Manifest
from customs_data.edition.metadata.croissant import croissant
from customs_data.edition.writing.batches import has_own_memory, write_batches
from customs_data.edition.writing.rows import RowRules
from customs_data.edition.writing.source import Source
from customs_data.edition.writing.tables import EditionFormat, EditionTables
from customs_data.erasure import COLUMNS_READ, erase
from customs_data.errors import KitError
from customs_data.files.atomic import new_folder
from customs_data.keyed_random import derive
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
    file_format: EditionFormat = "csv",
    executor: Executor | None = None,
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
    file_format : {'csv', 'parquet', 'parts'}
        Format of all tables but sample_submission.csv; ``parts`` is a folder of Parquet files for
        each table.
    executor : Executor, optional
        Makes and writes the declarations. Its workers must see the folder `out` is in.
    on_rows : callable
        Called with the number of further declarations written.

    Raises
    ------
    KitError
        If `out` is not empty or cannot be written, or there are too few labels for the label rate.
    """
    with new_folder(out) as scratch:
        layout, aside = Layout.of(scratch), scratch / "aside"
        layout.public.mkdir()
        layout.hidden.mkdir(mode=0o700)
        aside.mkdir(mode=0o700)
        manifest = _write_tables(plan, layout, aside, file_format, executor, on_rows)
        shutil.rmtree(aside)
        return manifest


def _write_tables(
    plan: EditionPlan,
    layout: Layout,
    aside: Path,
    file_format: EditionFormat,
    executor: Executor | None,
    on_rows: Callable[[int], None],
) -> Manifest:
    """Write public/ and hidden/."""
    if has_own_memory(executor):
        plan.source.share(aside)
    kept = _choose_labels(plan, executor)
    task = plan.task
    rules = RowRules(task, tuple(plan.columns.extra))
    with EditionTables(layout, file_format) as tables:
        tallies, importers = write_batches(
            plan.source, kept, tables, rules, aside, executor, on_rows
        )
        if (networks := plan.source.networks(importers)) is not None:
            tables.write(parts.NETWORKS, networks)
        if task.ask_units is not None:
            _ask_units(tables, rules, plan, networks)
    train, test = tallies["train"], tallies["public"].followed_by(tallies["private"])
    public = (*parts.PUBLIC_TABLES, *task.given)
    files = {name: tables.record(name) for name in public}
    erased = tables.record(parts.TRAIN_LABELS)
    committed = tables.among(parts.COMMITTED_TABLES)
    hidden_sha256 = {name: tables.record(name).sha256 for name in committed}
    generator_version = version("customs-kit")
    erasure = plan.erasure if erased.rows else "none"
    dates = {period: (tally.first, tally.last) for period, tally in tallies.items()}
    seed = plan.configuration.get("seed")
    filled = plan.configuration.get("filled", ())
    sheet = datasheet(
        task, plan.name, plan.origin, erasure, seed, tallies, train, test, plan.columns, filled
    )
    manifest = Manifest(
        name=plan.name,
        format_version=PARTS_VERSION if file_format == "parts" else FORMAT_VERSION,
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
            solution_sha256=tables.record(parts.SOLUTION).sha256,
            train_labels_sha256=erased.sha256,
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
    for path in layout.hidden.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return manifest


def _choose_labels(plan: EditionPlan, executor: Executor | None) -> npt.NDArray[np.bool_] | None:
    """Return which training declarations keep their label; None if all do."""
    if plan.label_rate is None or (plan.label_rate == 1.0 and plan.source.has_every_label):
        return None
    train, y = plan.source.training(COLUMNS_READ[plan.erasure], executor)
    return erase(
        train, y, label_rate=plan.label_rate, erasure=plan.erasure, secret=plan.erasure_secret
    )


def _ask_units(
    tables: EditionTables, rules: RowRules, plan: EditionPlan, networks: pa.Table | None
) -> None:
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
    tables.write(parts.SAMPLE, rules.sample(asked.answers.select([task.unit.key])))
    for name, table in asked.given.items():
        tables.write(name, table)
