"""The judge: the only object with the hidden labels."""

from __future__ import annotations

import os
from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.edition.commitment import Replacement
from customs_data.edition.hidden import load_solution
from customs_data.edition.layout import TEST, USAGES, Layout
from customs_data.edition.loading import load_public_table, load_units
from customs_data.edition.manifest import Manifest, read_manifest
from customs_data.errors import InvalidEditionError
from customs_data.tasks import find_task
from customs_leaderboard.store.scores import ExactScores
from customs_scorer.metrics import metrics_of
from customs_scorer.metrics.gains import Gains
from customs_scorer.submissions import CheckedSubmission, check_submission, read_submission

#: Name of a team's file in reports; its own name is never stored.
SHOWN_NAME: Final = "The file"
# Size of the cache of best submissions, which paired Ladders compare with: about one per team.
_CACHE_SIZE: Final = 1000


class Judge:
    """Checks and scores submissions with labels loaded once; safe to share between threads.

    Parameters
    ----------
    layout : Layout
        Organizer's copy of the edition.
    replacement : Replacement, optional
        The newest solution, if it is not the edition's.

    Raises
    ------
    InvalidEditionError
        If the hidden labels are missing, or not those of the commitment.

    Attributes
    ----------
    manifest : Manifest
        The edition's manifest.
    commitment : str
        Commitment of the labels.
    solution : DataFrame, shape (n_units, n_columns)
        Hidden answers, in the order of `expected_ids`.
    task : Task
        The edition's task.
    metrics : TaskMetrics
        The task's metrics.
    chance : Gains or None
        Public gains of a file of equal scores, for the Ladder's ground; None if the first ranked
        metric is not a mean of gains.
    """

    def __init__(self, layout: Layout, replacement: Replacement | None = None) -> None:
        if not layout.has_hidden:
            raise InvalidEditionError(
                f"No hidden labels in {layout.hidden}. A leaderboard needs the organizer's copy of "
                "the edition."
            )
        self.layout = layout
        self.manifest: Manifest = read_manifest(layout.public)
        test = load_public_table(layout, self.manifest, TEST)
        self.commitment = (replacement or self.manifest).commitment
        self.task = find_task(self.manifest.task)
        units = load_units(layout, self.task, test)
        self.solution: pd.DataFrame = load_solution(layout, units, replacement=replacement)
        self.metrics = metrics_of(self.task)
        usage = self.solution["Usage"]
        self._rows = {
            period: np.flatnonzero((usage == name).to_numpy()) for period, name in USAGES.items()
        }
        targets = self.solution[list(self.task.target_names)]
        self._answers = {period: targets.take(rows) for period, rows in self._rows.items()}
        self._check_values()
        ranked = self.metrics.ranked[0]
        self.chance = ranked.chance(self._answers["public"]) if ranked.has_gains else None
        self._cache: OrderedDict[Path, Gains | None] = OrderedDict()
        self._lock = Lock()

    def _check_values(self) -> None:
        for period, answers in self._answers.items():
            for metric in self.metrics.ranked:
                if metric.has_gains and not metric.chance(answers).weight:
                    raise InvalidEditionError(
                        f"{metric.title} has no value in the {period} period of "
                        f"{self.manifest.name}: nobody can be ranked by it."
                    )

    @property
    def expected_ids(self) -> pd.Series[str]:
        """Keys that a submission answers for, shape (n_units,)."""
        return self.solution[self.task.unit.key]

    def check(self, path: Path) -> CheckedSubmission:
        """Check a team's file as `check_submission` does.

        Returns
        -------
        CheckedSubmission
            Its report names no path of the server.
        """
        return check_submission(path, self.expected_ids, task=self.task, source=SHOWN_NAME)

    def read(self, path: Path) -> npt.NDArray[Any]:
        """Read an accepted file, shape (n_units,) or (n_units, n_columns)."""
        return read_submission(path, self.expected_ids, task=self.task)

    def score(self, answer: npt.NDArray[Any]) -> ExactScores:
        """Score a checked submission exactly in both periods.

        Parameters
        ----------
        answer : ndarray
            Answer of `check`.
        """
        return {
            period: {
                metric.name: metric.value(self._answers[period], answer[rows])
                for metric in self.metrics.ranked
            }
            for period, rows in self._rows.items()
        }

    def public_gains(self, answer: npt.NDArray[Any]) -> Gains | None:
        """Return the first ranked metric's public gains; None if it is no mean of gains."""
        ranked, rows = self.metrics.ranked[0], self._rows["public"]
        return ranked.gains(self._answers["public"], answer[rows]) if ranked.has_gains else None

    def stored_gains(self, path: Path) -> Gains | None:
        """Return `public_gains` of an accepted file, from a cache if they are there."""
        with self._lock:
            if path in self._cache:
                self._cache.move_to_end(path)
                return self._cache[path]
        gains = self.public_gains(self.read(path))
        with self._lock:
            self._cache[path] = gains
            while len(self._cache) > _CACHE_SIZE:
                self._cache.popitem(last=False)
        return gains

    def row_numbers(self, period: str) -> npt.NDArray[np.intp]:
        """Return the places of a period's units in `expected_ids`, shape (n_units_of_it,)."""
        return self._rows[period]

    def answers(self, period: str) -> pd.DataFrame:
        """Return the true target columns of a period, shape (n_units_of_it, n_targets)."""
        return self._answers[period]


def load_judge(
    edition: Path | str | os.PathLike[str], replacement: Replacement | None = None
) -> Judge:
    """Load the judge of an edition; parameters and errors as `Judge`."""
    return Judge(Layout.find(Path(edition)), replacement)
