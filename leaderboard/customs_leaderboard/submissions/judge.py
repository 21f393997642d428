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
from customs_scorer.metrics.gains import Caught, catch, catch_by_chance
from customs_scorer.metrics.inspection import RANKED_RATES, inspect_all
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
    chance : Caught
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
        usage = self.solution["Usage"]
        fraud = self.solution["Fraud"].to_numpy()
        self._rows = {
            period: np.flatnonzero((usage == name).to_numpy()) for period, name in USAGES.items()
        }
        critical = self.solution["Critical Fraud"].to_numpy()
        self._fraud = {period: fraud[rows] for period, rows in self._rows.items()}
        self._critical = {period: critical[rows] for period, rows in self._rows.items()}
        self.chance = catch_by_chance(self._fraud["public"], RANKED_RATES[0])
        self._caught: OrderedDict[Path, Caught] = OrderedDict()
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
        return check_submission(path, self.expected_ids, source=SHOWN_NAME)

    def score(self, fraud_score: npt.NDArray[np.float64]) -> Scores:
        """Score a checked submission exactly in both periods.

        Parameters
        ----------
        fraud_score : ndarray of float64, shape (n_test,)
            As `check` returns it.
        """
        found = {}
        for period, rows in self._rows.items():
            (held,) = inspect_all([self._fraud[period]], fraud_score[rows], RANKED_RATES)
            for rate, inspection in zip(("5", "10"), held, strict=True):
                found[f"{period}_at_{rate}"] = inspection.precision
        return Scores(**found)

    def public_frauds_caught(self, fraud_score: npt.NDArray[np.float64]) -> Caught:
        """Return which public frauds the 5 % inspection catches; the Ladder's input."""
        return catch(self._fraud["public"], fraud_score[self._rows["public"]], RANKED_RATES[0])

    def caught_by(self, path: Path) -> Caught:
        """Return `public_frauds_caught` of an accepted file, read again where needed."""
        with self._lock:
            if path in self._caught:
                self._caught.move_to_end(path)
                return self._caught[path]
        caught = self.public_frauds_caught(read_submission(path, self.expected_ids))
        with self._lock:
            self._caught[path] = caught
            while len(self._caught) > _N_CAUGHT:
                self._caught.popitem(last=False)
        return caught

    def row_numbers(self, period: str) -> npt.NDArray[np.intp]:
        """Return the places of a period's declarations in test.csv, shape (n_declarations,)."""
        return self._rows[period]

    def fraud(self, period: str) -> npt.NDArray[np.int8]:
        """Return the labels of a period, shape (n_declarations,)."""
        return self._fraud[period]

    def critical(self, period: str) -> npt.NDArray[np.int8]:
        """Return Critical Fraud (0, 1, 2) of a period, shape (n_declarations,)."""
        return self._critical[period]


def load_judge(edition: Path | str | os.PathLike[str]) -> Judge:
    """Load the judge of an edition; parameters and errors as `Judge`."""
    return Judge(Layout.find(Path(edition)))
