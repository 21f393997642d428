"""The judge: the one object that knows the hidden labels."""

from __future__ import annotations

import os
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.edition.layout import TEST, USAGES, Layout
from customs_data.edition.loading import load_public_table, load_solution
from customs_data.edition.manifest import Manifest, read_manifest
from customs_data.errors import InvalidEditionError
from customs_data.files.problems import ProblemReport
from customs_data.schema import KEY
from customs_data.tasks import find_task
from customs_scorer.metrics import metrics_of
from customs_scorer.metrics.gains import Gains
from customs_scorer.submissions import CheckedSubmission, check_submission, read_submission

#: What a team's file is called in reports; its own name is never kept.
SHOWN_NAME: Final = "The file"
_PARQUET_MAGIC: Final = b"PAR1"
# What the best submissions of so many teams caught is kept at hand for the parameter-free Ladder.
_N_CAUGHT: Final = 1000


@dataclass(frozen=True)
class Scores:
    """Exact scores of a submission; before the close they stay in the database."""

    public_at_5: float
    public_at_10: float
    private_at_5: float
    private_at_10: float


class Judge:
    """Checks and scores submissions; test IDs and labels are loaded once.

    Safe to share between threads.

    Parameters
    ----------
    layout : Layout
        Organizer's copy of the edition.

    Raises
    ------
    InvalidEditionError
        If the hidden labels are not at hand, or not the ones committed to.

    Attributes
    ----------
    manifest : Manifest
        Of the edition.
    solution : DataFrame, shape (n_test, 4)
        Hidden labels in the order of test.csv.
    chance : Gains
        Public frauds that a file of equal scores catches: the Ladder's ground.
    """

    def __init__(self, layout: Layout) -> None:
        if not layout.has_hidden:
            raise InvalidEditionError(
                f"{layout.hidden} must hold the hidden labels, however: they are not at hand. "
                "A leaderboard needs the organizer's copy of the edition."
            )
        self.layout = layout
        self.manifest: Manifest = read_manifest(layout.public)
        test = load_public_table(layout, self.manifest, TEST)
        self.solution: pd.DataFrame = load_solution(layout, test[KEY])
        self.task = find_task(self.manifest.task)
        self.metrics = metrics_of(self.task)
        usage = self.solution["Usage"]
        self._rows = {
            period: np.flatnonzero((usage == name).to_numpy()) for period, name in USAGES.items()
        }
        targets = self.solution[list(self.task.target_names)]
        self._answers = {period: targets.take(rows) for period, rows in self._rows.items()}
        self.chance = self.metrics.ranked[0].chance(self._answers["public"])
        self._caught: OrderedDict[Path, Gains] = OrderedDict()
        self._lock = Lock()

    @property
    def expected_ids(self) -> pd.Series[str]:
        """Declaration IDs of test.csv, shape (n_test,)."""
        return self.solution[KEY]

    def check(self, path: Path) -> CheckedSubmission:
        """Check a team's file; CSV and gzipped CSV only.

        Returns
        -------
        CheckedSubmission
            Its report names no path of the server.
        """
        with path.open("rb") as stream:
            if stream.read(len(_PARQUET_MAGIC)) == _PARQUET_MAGIC:
                report = ProblemReport(SHOWN_NAME)
                report.add(f"{SHOWN_NAME} must be CSV or gzipped CSV, however: it is Parquet")
                return CheckedSubmission(report, np.zeros(0))
        return check_submission(path, self.expected_ids, task=self.task, source=SHOWN_NAME)

    def score(self, fraud_score: npt.NDArray[np.float64]) -> Scores:
        """Score a checked submission exactly in both periods.

        Parameters
        ----------
        fraud_score : ndarray of float64, shape (n_test,)
            As `check` returns it.
        """
        values = [
            metric.value(self._answers[period], fraud_score[rows])
            for period, rows in self._rows.items()
            for metric in self.metrics.ranked
        ]
        return Scores(*values)

    def public_frauds_caught(self, fraud_score: npt.NDArray[np.float64]) -> Gains:
        """Return which public frauds the 5 % inspection catches; the Ladder's input."""
        rows = self._rows["public"]
        return self.metrics.ranked[0].gains(self._answers["public"], fraud_score[rows])

    def caught_by(self, path: Path) -> Gains:
        """Return `public_frauds_caught` of an accepted file, read again where needed."""
        with self._lock:
            if path in self._caught:
                self._caught.move_to_end(path)
                return self._caught[path]
        caught = self.public_frauds_caught(read_submission(path, self.expected_ids, task=self.task))
        with self._lock:
            self._caught[path] = caught
            while len(self._caught) > _N_CAUGHT:
                self._caught.popitem(last=False)
        return caught

    def row_numbers(self, period: str) -> npt.NDArray[np.intp]:
        """Return the places of a period's declarations in test.csv, shape (n_declarations,)."""
        return self._rows[period]

    def answers(self, period: str) -> pd.DataFrame:
        """Return the true target columns of a period, shape (n_declarations, n_targets)."""
        return self._answers[period]

    def labels(self, period: str) -> npt.NDArray[np.int8]:
        """Return the label of a period that models learn, shape (n_declarations,)."""
        return self._answers[period][self.task.label].to_numpy()


def load_judge(edition: Path | str | os.PathLike[str]) -> Judge:
    """Load the judge of an edition; parameters and errors as `Judge`."""
    return Judge(Layout.find(Path(edition)))
