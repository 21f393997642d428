"""Compare the output of a winner's model, run again, with the submission it won with."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from customs_data.edition.layout import USAGES
from customs_data.errors import KitError
from customs_leaderboard.board import Board
from customs_leaderboard.standings.compute_final import read_stored
from customs_leaderboard.standings.final import final_standings
from customs_leaderboard.store.schema import Submission
from customs_leaderboard.teams.teams import find_team
from customs_scorer.metrics.inspection import n_inspected
from customs_scorer.submissions import read_submission


@dataclass(frozen=True)
class PeriodAgreement:
    """Agreement of a re-run with the original in one test period.

    Attributes
    ----------
    original_at_5, original_at_10, rerun_at_5, rerun_at_10 : float
        Exact precision of both.
    same_opened_at_5, same_opened_at_10 : float
        Share of the declarations opened by the original that the re-run opens, too; both break ties
        at a cut by the order of test.csv.
    """

    original_at_5: float
    original_at_10: float
    rerun_at_5: float
    rerun_at_10: float
    same_opened_at_5: float
    same_opened_at_10: float


@dataclass(frozen=True)
class Agreement:
    """Agreement of a re-run with the original.

    Attributes
    ----------
    submission : int
        Number of the original.
    identical : bool
        Whether all scores are equal.
    rank_correlation : float
        Spearman's correlation over all test declarations; NaN if all scores of one file are equal.
    periods : dict of str to PeriodAgreement
        ``public`` and ``private``.
    """

    submission: int
    identical: bool
    rank_correlation: float
    periods: dict[str, PeriodAgreement]

    def as_dict(self) -> dict[str, Any]:
        """Return the agreement as plain data for JSON; NaN becomes None."""
        data = asdict(self)
        if np.isnan(self.rank_correlation):
            data["rank_correlation"] = None
        return data


def compare_rerun(board: Board, number: int, file: Path) -> Agreement:
    """Compare the output of a re-run with the original submission.

    Parameters
    ----------
    board : Board
        A closed competition.
    number : int
        Number of the original submission.
    file : path
        Output of the re-run.

    Raises
    ------
    KitError
        Before the close; if there is no such submission, or a file cannot be scored.
    """
    with board.database.reading() as session:
        closed = board.state(session).closed_at is not None
        submission = session.get(Submission, number)
    if not closed:
        raise KitError("The competition is open. Re-runs are compared after the close.")
    if submission is None:
        raise KitError(f"There is no submission {number}.")
    original = read_stored(board, submission)
    rerun = read_submission(file, board.judge.expected_ids, task=board.judge.task)
    return Agreement(
        submission=number,
        identical=bool(np.array_equal(original, rerun)),
        rank_correlation=_rank_correlation(original, rerun),
        periods={period: _agreement(board, period, original, rerun) for period in USAGES},
    )


def ranked_submission(board: Board, team: str, number: int | None = None) -> int:
    """Return the submission that a team is ranked on, or `number` if it belongs to the team.

    Raises
    ------
    KitError
        If there is no such team, it has no final rank, or the submission belongs to another team.
    """
    with board.database.reading() as session:
        ranked = find_team(session, team)
        if number is not None:
            submission = session.get(Submission, number)
            if submission is None or submission.team_number != ranked.number:
                raise KitError(f"{ranked.name} has no submission {number}.")
            return number
    final = final_standings(board)
    for row in final.rows if final is not None else []:
        if row.team_number == ranked.number:
            return row.submission
    raise KitError(
        f"{ranked.name} has no final rank. Give the number of one of its submissions, or close the "
        "competition first."
    )


def _agreement(
    board: Board,
    period: str,
    original: npt.NDArray[np.float64],
    rerun: npt.NDArray[np.float64],
) -> PeriodAgreement:
    agreement: dict[str, float] = {}
    scores = {"original": board.judge.score(original), "rerun": board.judge.score(rerun)}
    rows = board.judge.row_numbers(period)
    for percent in (5, 10):
        for name, exact in scores.items():
            agreement[f"{name}_at_{percent}"] = getattr(exact, f"{period}_at_{percent}")
        k = n_inspected(len(rows), percent / 100)
        first, second = (
            np.argsort(-fraud_score[rows], kind="stable")[:k] for fraud_score in (original, rerun)
        )
        agreement[f"same_opened_at_{percent}"] = len(np.intersect1d(first, second)) / k
    return PeriodAgreement(**agreement)


def _rank_correlation(original: npt.NDArray[np.float64], rerun: npt.NDArray[np.float64]) -> float:
    """Return Pearson's correlation of average ranks."""
    a, b = (rankdata(scores) - (len(scores) + 1) / 2 for scores in (original, rerun))
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size else float("nan")
