"""Sources of an edition's declarations: frames in memory, or a simulation.

Both yield declarations period by period and part by part, in the order of the published files, so
that a nation's declarations are never in memory all at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from customs_data.edition.manifest import PERIODS
from customs_data.errors import InvalidDeclarationsError
from customs_data.files.problems import ProblemReport
from customs_data.files.writing import to_arrow
from customs_data.schema import DECLARED_COLUMNS, ERASED, KEY, TEXT_DTYPE
from customs_data.tasks import Task, find_task
from customs_data.world.paperwork import Columns, Text, join_rows
from customs_data.world.schemes import POSTERIORS, PRIORS
from customs_data.world.simulate import Simulation
from customs_data.world.tables import (
    UNRECORDED_COLUMNS,
    declarations_table,
    importers_of,
    oracle_table,
    truth_table,
)


@dataclass(frozen=True)
class Part:
    """Some declarations of a period.

    Attributes
    ----------
    declarations : Table, shape (n_rows, n_columns)
        Declared and target columns with all known labels, sorted by (Date, Declaration ID), so that
        the order reveals nothing.
    oracle, truth : Table or None
        The simulator's truth about the same rows.
    """

    declarations: pa.Table
    oracle: pa.Table | None = None
    truth: pa.Table | None = None


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

    def parts(self, period: str) -> Iterator[Part]:
        """Yield the declarations of a period in parts."""

    def training(self, columns: Sequence[str]) -> tuple[pd.DataFrame, npt.NDArray[np.int8]]:
        """Return columns and labels (-1 = none) of the training period, in order."""

    def networks(self) -> pa.Table | None:
        """Return firm and network of all importers in the parts so far; None if not known."""


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

    def parts(self, period: str) -> Iterator[Part]:
        """Yield the whole period at once."""
        yield Part(to_arrow(self._frames[period]))

    def training(self, columns: Sequence[str]) -> tuple[pd.DataFrame, npt.NDArray[np.int8]]:
        """See `Source.training`."""
        frame = self._frames["train"]
        return frame[list(columns)], frame[self._label].to_numpy(np.int8)

    def networks(self) -> None:
        """Return None: the source does not say."""
        return


class SimulatedSource:
    """Declarations that are simulated when they are needed.

    Parameters
    ----------
    simulation : Simulation
    executor : Executor, optional
        Simulates the months.
    task : Task, optional
        What is asked; fraud by default.
    """

    def __init__(
        self,
        simulation: Simulation,
        executor: Executor | None = None,
        task: Task | None = None,
    ) -> None:
        self._executor = executor
        self._task = task or find_task()
        unused = {*POSTERIORS, *PRIORS, *UNRECORDED_COLUMNS}.difference(self._task.oracle)
        self._simulation = simulation.without(unused)
        self.has_every_label = True
        self._declares = simulation.no_importers()

    def parts(self, period: str) -> Iterator[Part]:
        """Yield a month at a time."""
        # Without a loop, whose variables would keep the last month in memory.
        return map(self._part, self._months(period))

    def _part(self, columns: Columns) -> Part:
        names = (*DECLARED_COLUMNS, *(column.name for column in self._task.row_columns))
        self._declares[importers_of(columns)] = True
        return Part(
            declarations_table(columns, names),
            oracle_table(columns, self._task.oracle),
            truth_table(columns),
        )

    def networks(self) -> pa.Table:
        """See `Source.networks`."""
        return self._simulation.networks_table(self._declares)

    def training(self, columns: Sequence[str]) -> tuple[pd.DataFrame, npt.NDArray[np.int8]]:
        """See `Source.training`; the months are simulated once more."""
        label = self._task.label
        pieces: dict[str, list[Any]] = {name: [] for name in (*columns, label)}
        for month in self._months("train", with_posterior=False):
            for name, column_pieces in pieces.items():
                column = month[name]
                column_pieces.append(column.to_arrow() if isinstance(column, Text) else column)
        y = np.concatenate(pieces.pop(label))
        frame = {
            name: pd.array(pa.chunked_array(column_pieces), dtype=TEXT_DTYPE)
            if isinstance(column_pieces[0], pa.Array)
            else np.concatenate(column_pieces)
            for name, column_pieces in pieces.items()
        }
        return pd.DataFrame(frame, index=pd.RangeIndex(len(y))), y

    def _months(self, period: str, *, with_posterior: bool = True) -> Iterator[Columns]:
        months = self._simulation.months(
            PERIODS.index(period), executor=self._executor, with_posterior=with_posterior
        )
        return map(self._sort, months)

    def _sort(self, columns: Columns) -> Columns:
        """Return the columns of a month by date and ID, with the task's truth."""
        # Declaration IDs have eight digits, so that they sort as numbers and as text alike. One
        # number of day and ID is sorted four times as fast as two.
        key, date = columns["Declaration ID"], columns["Date"]
        assert isinstance(key, np.ndarray)
        assert isinstance(date, np.ndarray)
        day = date.astype("datetime64[D]").astype(np.int64)
        rows = join_rows([columns], np.argsort((day << 40) + key))
        assert self._task.truth is not None
        return {**rows, **self._task.truth(rows)}


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
