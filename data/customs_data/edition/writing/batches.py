"""Batches of declarations, written here or by the workers of an executor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from customs_data.edition.layout import ORACLE, TEST, TRAIN, TRUTH, Layout
from customs_data.edition.manifest import PERIODS, PartRecord
from customs_data.edition.writing.rows import RowRules
from customs_data.edition.writing.source import Batch, Part, Source
from customs_data.edition.writing.tables import Aside, EditionFormat, EditionTables, PartTables
from customs_data.edition.writing.tally import Tally
from customs_data.parallel import map_in_order

Kept = npt.NDArray[np.bool_] | None
Importers = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class _Job:
    """A batch to write.

    Attributes
    ----------
    batch : Batch
    kept : ndarray of bool, shape (n_rows,), or None
        Which labels of the batch are kept.
    n_before, n_before_in_table : int
        Parts that precede it among all declarations, and among those of its table (train or test).
    """

    batch: Batch
    kept: Kept
    n_before: int
    n_before_in_table: int

    def parts(self) -> Iterator[tuple[Part, Kept]]:
        """Yield the parts and which of their labels are kept."""
        start = 0
        for part in self.batch.make():
            stop = start + part.declarations.num_rows
            yield part, None if self.kept is None else self.kept[start:stop]
            start = stop


@dataclass(frozen=True)
class _Written:
    """What a worker has written of a part."""

    tally: Tally
    importers: list[Importers]
    parts: Mapping[str, PartRecord]
    aside: Mapping[str, Aside]


@dataclass(frozen=True)
class _Workplace:
    """Where workers write, and how."""

    rules: RowRules
    layout: Layout
    aside: Path
    file_format: EditionFormat

    def write(self, job: _Job) -> list[_Written]:
        """Make a batch and write its parts."""
        written = []
        for number, (part, kept) in enumerate(job.parts(), start=1):
            place = job.n_before + number
            tables = PartTables(self.layout, self.aside, self.file_format, place)
            tally = self.rules.tally()
            for name, table in self.rules.tables(job.batch.period, part, kept):
                covers_all = name in (ORACLE, TRUTH)
                tables.write(name, table, place if covers_all else job.n_before_in_table + number)
                if name in (TRAIN, TEST):
                    tally.add(table)
            written.append(_Written(tally, _distinct(part), tables.parts, tables.aside))
        return written


def _distinct(part: Part) -> list[Importers]:
    """Return the importers of a part, if known, each once."""
    if part.importers is None:
        return []
    occurs = np.zeros(int(part.importers.max(initial=-1)) + 1, dtype=np.bool_)  # no sort, no hash
    occurs[part.importers] = True
    return [np.flatnonzero(occurs).astype(part.importers.dtype)]


def has_own_memory(executor: Executor | None) -> bool:
    """Return whether an executor's workers are other processes."""
    return executor is not None and not isinstance(executor, ThreadPoolExecutor)


def write_batches(
    source: Source,
    kept: Kept,
    tables: EditionTables,
    rules: RowRules,
    aside: Path,
    executor: Executor | None,
    on_rows: Callable[[int], None],
) -> tuple[dict[str, Tally], list[Importers]]:
    """Write all declarations of an edition.

    Parameters
    ----------
    source : Source
    kept : ndarray of bool, shape (n_train,), or None
        Which training declarations keep their label; None if all do.
    tables : EditionTables
    rules : RowRules
    aside : path
        An empty folder for files of workers, which all of them can write to.
    executor : Executor or None
        Makes and writes the batches.
    on_rows : callable
        Called with the number of further declarations written.

    Returns
    -------
    dict of str to Tally
        Counts of the three periods.
    list of integer array
        The importers of each part, as numbers of the source.
    """
    tallies = {period: rules.tally() for period in PERIODS}
    importers: list[Importers] = []
    jobs = list(_jobs(source, kept))
    if executor is None and tables.file_format != "parts":
        for job in jobs:
            tally = tallies[job.batch.period]
            for part, labels in job.parts():
                for name, table in rules.tables(job.batch.period, part, labels):
                    tables.write(name, table)
                    if name in (TRAIN, TEST):
                        tally.add(table)
                importers += _distinct(part)
                on_rows(part.declarations.num_rows)
                del part, table  # memory for the next part
        return tallies, importers
    workplace = _Workplace(rules, tables.layout, aside, tables.file_format)
    written = map_in_order(
        workplace.write, jobs, executor, on_done=lambda job, _: on_rows(job.batch.n_rows)
    )
    for job, parts in zip(jobs, written, strict=True):
        for one in parts:
            tables.append(one.parts, one.aside)
            tallies[job.batch.period].extend(one.tally)
            importers += one.importers
    return tallies, importers


def _jobs(source: Source, kept: Kept) -> Iterator[_Job]:
    """Yield the batches in the order of the published files."""
    n_before, start = 0, 0
    n_before_in_table = {True: 0, False: 0}
    for period in PERIODS:
        is_train = period == "train"
        for batch in source.batches(period):
            labels = kept[start : start + batch.n_rows] if is_train and kept is not None else None
            yield _Job(batch, labels, n_before, n_before_in_table[is_train])
            start += batch.n_rows
            n_before += batch.n_parts
            n_before_in_table[is_train] += batch.n_parts
