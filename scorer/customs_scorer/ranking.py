"""Scoring submission files against the hidden labels, best first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from customs_data.edition.hidden import load_solution
from customs_data.edition.loading import Edition, load_edition
from customs_data.errors import InvalidSubmissionError
from customs_scorer.metrics import metrics_of
from customs_scorer.revenue import RevenueScore, revenue_of
from customs_scorer.scorecard import N_REPLICATES, Scorecard, score_submission
from customs_scorer.submissions import read_submission
from customs_scorer.ties import Ties, ties_of


@dataclass(frozen=True)
class Standing:
    """One file, its scorecard, its ties at the cut, and its revenue, where it was asked for."""

    file: str
    scorecard: Scorecard
    ties: Ties | None
    revenue: RevenueScore | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the standing as plain data; ``revenue`` only if it was asked for."""
        ties = None if self.ties is None else self.ties.as_dict()
        revenue = {} if self.revenue is None else {"revenue": self.revenue.as_dict()}
        return {"file": self.file, **self.scorecard.as_dict(), "ties": ties, **revenue}


def score_files(
    files: list[Path],
    edition: Edition | Path | str,
    *,
    n_replicates: int = N_REPLICATES,
    with_revenue: bool = False,
) -> list[Standing]:
    """Score submission files of one edition.

    Parameters
    ----------
    files : list of path
        Submissions, earlier ones first.
    edition : Edition or path
        Organizer's copy (an `Edition` or its folder); it must contain hidden/.
    n_replicates : int
        Bootstrap replicates of the intervals; 0 leaves them out.
    with_revenue : bool
        Whether to measure the duty recovered, too (`customs_scorer.revenue`).

    Returns
    -------
    list of Standing
        Best first: by the task's ranked metrics on Private, then the order of `files`.

    Raises
    ------
    InvalidEditionError
        If the hidden labels are not at hand.
    InvalidSubmissionError
        If a file cannot be scored. The message reports all such files, and none is scored.
    KitError
        If revenue is asked for, and the edition does not contain the duty evaded.
    """
    loaded = edition if isinstance(edition, Edition) else load_edition(edition)
    solution = load_solution(loaded.layout, loaded.units)
    unseen = metrics_of(loaded.task).unseen(loaded.split)
    aligned, complaints = [], []
    for file in files:
        try:
            aligned.append(read_submission(file, loaded.units, task=loaded.task))
        except InvalidSubmissionError as error:
            complaints.append(str(error))
    if complaints:
        raise InvalidSubmissionError("\n".join(complaints))
    revenue = revenue_of(loaded, solution) if with_revenue else None
    standings = [
        Standing(
            str(file),
            score_submission(solution, scores, unseen, task=loaded.task, n_replicates=n_replicates),
            ties_of(scores, loaded.test_period, loaded.task),
            None if revenue is None else revenue.score(scores),
        )
        for file, scores in zip(files, aligned, strict=True)
    ]
    return sorted(standings, key=lambda standing: standing.scorecard.rank_key)
