"""Sources of an edition's declarations: frames in memory, or a simulation.

Both consist of batches, which are made and written one by one, in this process or in others, so
that a nation's declarations are never in memory all at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from customs_data.edition.manifest import PERIODS
from customs_data.errors import InvalidDeclarationsError
from customs_data.files.mapped import read_mapped, write_mapped
from customs_data.files.problems import ProblemReport
from customs_data.files.table_parts import PART_ROWS
from customs_data.files.writing import to_arrow
from customs_data.parallel import map_in_order, spans
from customs_data.schema import DECLARED_COLUMNS, ERASED, KEY, TEXT_DTYPE
from customs_data.tasks import Task, find_task
from customs_data.world.calendar.months import Month
from customs_data.world.paperwork import Columns, Text, join_rows, take_rows
from customs_data.world.schemes import POSTERIORS, PRIORS
from customs_data.world.simulation import Simulation
from customs_data.world.tables import (
    UNRECORDED_COLUMNS,
    declarations_table,
    importers_of,
    oracle_table,
    truth_table,
)


@dataclass(frozen=True)
class Part:
    """Some declarations of a period, at most `PART_ROWS`.

    Attributes
    ----------
    declarations : Table, shape (n_rows, n_columns)
        Declared and target columns with all known labels, sorted by (Date, Declaration ID), so that
        the order reveals nothing.
    oracle, truth : Table or None
        The simulator's truth about the same rows.
    importers : integer array or None
        The importers among them as numbers of the source, in any order.
    """

    declarations: pa.Table
    oracle: pa.Table | None = None
    truth: pa.Table | None = None
    importers: npt.NDArray[np.integer[Any]] | None = None


@dataclass(frozen=True)
class Batch:
    """Declarations that are made together, in one or several parts.

    Attributes
    ----------
    period : {'train', 'public', 'private'}
    n_rows : int
    make : callable
        Returns an iterator of the parts, all of `PART_ROWS` rows but the last. It can be sent to
        another process once the source is shared.
    """

    period: str
    n_rows: int
    make: Callable[[], Iterator[Part]]

    @property
    def n_parts(self) -> int:
        """Number of parts."""
        return len(spans(self.n_rows, size=PART_ROWS))


class Source(Protocol):
    """Declarations of the three periods.

    Attributes
    ----------
    has_every_label : bool
        Whether each training declaration has a label.
    """

    @property
    def has_every_label(self) -> bool:
        """See the class."""

    def share(self, folder: Path) -> None:
        """Put what batches need into a folder that all processes can read."""

    def batches(self, period: str) -> list[Batch]:
        """Return the declarations of a period, in the order of the published files."""

    def training(
        self, columns: Sequence[str], executor: Executor | None = None
    ) -> tuple[pd.DataFrame, npt.NDArray[np.int8]]:
        """Return columns and labels (-1 = none) of the training period, in order."""

    def networks(self, importers: Sequence[npt.NDArray[np.integer[Any]]]) -> pa.Table | None:
        """Return firm and network of the importers that parts name; None if not known."""


class FrameSource:
    """Declarations in memory.

    Parameters
    ----------
    frames : dict of str to DataFrame
        ``train``, ``public`` and ``private``: declared and target columns, rows in any order.
    task : Task, optional
        What is asked; fraud by default.

    Raises
    ------
    InvalidDeclarationsError
        If the periods do not fit together (see `check_periods`).
    """

    def __init__(self, frames: dict[str, pd.DataFrame], task: Task | None = None) -> None:
        task = task or find_task()
        check_periods(frames, task)
        self._label = task.label
        self._frames = {
            period: frame.assign(
                **{new: frame[old] for new, old in task.derived.items()}
            ).sort_values(["Date", KEY], kind="stable", ignore_index=True)
            for period, frame in frames.items()
        }
        self.has_every_label = bool((frames["train"][task.label] != ERASED).all())

    def share(self, folder: Path) -> None:
        """Do nothing: a batch has its rows with it."""

    def batches(self, period: str) -> list[Batch]:
        """Return the whole period as one batch."""
        frame = self._frames[period]
        return [Batch(period, len(frame), partial(_parts_of_frame, frame))]

    def training(
        self, columns: Sequence[str], executor: Executor | None = None
    ) -> tuple[pd.DataFrame, npt.NDArray[np.int8]]:
        """See `Source.training`."""
        frame = self._frames["train"]
        return frame[list(columns)], frame[self._label].to_numpy(np.int8)

    def networks(self, importers: Sequence[npt.NDArray[np.integer[Any]]]) -> None:
        """Return None: the source does not say."""
        return


def _parts_of_frame(frame: pd.DataFrame) -> Iterator[Part]:
    table = to_arrow(frame)
    for start, stop in spans(len(frame), size=PART_ROWS):
        yield Part(table.slice(start, stop - start))


class SimulatedSource:
    """Declarations that are simulated when they are needed, month by month.

    Parameters
    ----------
    simulation : Simulation
    task : Task, optional
        What is asked; fraud by default.
    """

    def __init__(self, simulation: Simulation, task: Task | None = None) -> None:
        self._task = task or find_task()
        unused = {*POSTERIORS, *PRIORS, *UNRECORDED_COLUMNS}.difference(self._task.oracle)
        self._simulation = simulation.without(unused)
        self._handle: Simulation | Path = self._simulation
        self.has_every_label = True

    def share(self, folder: Path) -> None:
        """Write the simulation to a file of the folder, which every process maps.

        The file contains the secret; only this user can read it.
        """
        path = folder / "simulation"
        write_mapped(self._simulation, path)
        self._simulation, self._handle = read_mapped(path), path  # in memory once

    def batches(self, period: str) -> list[Batch]:
        """Return a batch for each month."""
        make = partial(_parts_of_month, self._handle, self._task)
        return [
            Batch(period, month.stop - month.start, partial(make, month))
            for month in self._months(period)
        ]

    def training(
        self, columns: Sequence[str], executor: Executor | None = None
    ) -> tuple[pd.DataFrame, npt.NDArray[np.int8]]:
        """See `Source.training`; the months are simulated once more."""
        names = (*columns, self._task.label)
        make = partial(_columns_of_month, self._handle, self._task, names)
        months = list(map_in_order(make, self._months("train"), executor))
        pieces = {name: [month[name] for month in months] for name in names}
        y = np.concatenate(pieces.pop(self._task.label))
        frame = {
            name: pd.array(pa.chunked_array(column), dtype=TEXT_DTYPE)
            if isinstance(column[0], pa.Array)
            else np.concatenate(column)
            for name, column in pieces.items()
        }
        return pd.DataFrame(frame, index=pd.RangeIndex(len(y))), y

    def networks(self, importers: Sequence[npt.NDArray[np.integer[Any]]]) -> pa.Table:
        """See `Source.networks`."""
        declares = self._simulation.no_importers()
        for some in importers:
            declares[some] = True
        return self._simulation.networks_table(declares)

    def _months(self, period: str) -> list[Month]:
        return self._simulation.months_of(PERIODS.index(period))


@lru_cache(maxsize=1)
def _read(path: Path) -> Simulation:
    """Map a shared simulation, once in each process."""
    simulation = read_mapped(path)
    assert isinstance(simulation, Simulation)
    return simulation


def _open(simulation: Simulation | Path) -> Simulation:
    return _read(simulation) if isinstance(simulation, Path) else simulation


def _sorted_month(
    simulation: Simulation | Path, task: Task, month: Month, *, with_posterior: bool
) -> Columns:
    """Return the columns of a month by date and ID, with the task's truth."""
    columns = _open(simulation).month(month, with_posterior=with_posterior)
    # The IDs of a world have equally many digits, so that they sort as numbers and as text alike.
    # One number of day and ID is sorted four times as fast as two.
    key, date = columns["Declaration ID"], columns["Date"]
    assert isinstance(key, np.ndarray)
    assert isinstance(date, np.ndarray)
    day = date.astype("datetime64[D]").astype(np.int64)
    rows = join_rows([columns], np.argsort((day << 40) + key))
    assert task.truth is not None
    return {**rows, **task.truth(rows)}


def _parts_of_month(simulation: Simulation | Path, task: Task, month: Month) -> Iterator[Part]:
    columns = _sorted_month(simulation, task, month, with_posterior=True)
    names = (*DECLARED_COLUMNS, *(column.name for column in task.row_columns))
    for start, stop in spans(month.stop - month.start, size=PART_ROWS):
        rows = take_rows(columns, start, stop)
        yield Part(
            declarations_table(rows, names),
            oracle_table(rows, task.oracle),
            truth_table(rows),
            importers_of(rows),
        )


def _columns_of_month(
    simulation: Simulation | Path, task: Task, names: Sequence[str], month: Month
) -> dict[str, Any]:
    """Return some columns of a month, text as an Arrow array."""
    rows = _sorted_month(simulation, task, month, with_posterior=False)
    columns = ((name, rows[name]) for name in names)
    return {name: it.to_arrow() if isinstance(it, Text) else it for name, it in columns}


def _n_unanswered(frame: pd.DataFrame, task: Task) -> int:
    """Return the number of declarations whose answer is not known."""
    if task.asks_declarations and task.target[0].role == "label":
        return int((frame[task.target[0].name] == ERASED).sum())
    return 0  # an empty text is a problem of the file already


def check_periods(frames: dict[str, pd.DataFrame], task: Task) -> None:
    """Check that the three periods fit together.

    Raises
    ------
    InvalidDeclarationsError
        If a period is empty, they overlap in time, share a Declaration ID, there are too few
        declarations for the task, or a test label is missing; one report lists all problems.
    """
    report = ProblemReport("The edition")
    if problem := task.too_few(sum(map(len, frames.values()))):
        report.add(problem)
    for period, frame in frames.items():
        if frame.empty:
            report.add(f"The {period} period is empty")
        elif period != "train" and (n := _n_unanswered(frame, task)):
            report.add(
                f"{n:,} of {len(frame):,} declarations of the {period} period have no label, but "
                "submissions are scored against these. --inspected-only leaves them out"
            )
    for earlier, later in (("train", "public"), ("public", "private")):
        if frames[earlier].empty or frames[later].empty:
            continue
        last, first = frames[earlier]["Date"].max(), frames[later]["Date"].min()
        if last >= first:
            report.add(
                f"The {earlier} period ends on {last:%Y-%m-%d}, after the {later} period begins "
                f"({first:%Y-%m-%d})"
            )
    keys = pd.concat([frame[KEY] for frame in frames.values()])
    if repeated := keys[keys.duplicated()].head(5).tolist():
        report.add(f"In two periods: {KEY} {', '.join(repeated)}")
    if report:
        raise InvalidDeclarationsError(str(report))
