"""A winner's re-run: how close a model, run again, comes to the submission it won with."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata
from sqlalchemy import select

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
    """How a re-run agrees with the original in one test period.

    Attributes
    ----------
    original_at_5, original_at_10, rerun_at_5, rerun_at_10 : float
        Exact precision of both.
    same_opened_at_5, same_opened_at_10 : float
        Share of the declarations opened by the original that the re-run opens, too; ties at a cut
        are broken by the order of test.csv, in both alike.
    """

    original_at_5: float
    original_at_10: float
    rerun_at_5: float
    rerun_at_10: float
    same_opened_at_5: float
    same_opened_at_10: float


@dataclass(frozen=True)
class Agreement:
    """How a re-run agrees with the original.

    Attributes
    ----------
    submission : int
        Number of the original.
    identical : bool
        Whether every score is the same.
    rank_correlation : float
        Spearman's, over all test declarations; NaN if one of them scores all alike.
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
    """Compare the submission that a model makes when it is run again with the one it won with.

    Parameters
    ----------
    board : Board
        A competition that is closed.
    number : int
        Of the original submission.
    file : path
        What the re-run wrote.

    Raises
    ------
    KitError
        Before the close, if there is no such submission, or a file cannot be scored.
    """
    with board.database.reading() as session:
        closed = board.state(session).closed_at is not None
        held = session.scalar(select(Submission).where(Submission.number == number))
    if not closed:
        raise KitError("Re-runs are compared after the close, however: the competition is open.")
    if held is None:
        raise KitError(f"There is no submission {number}.")
    original = read_stored(board, held)
    rerun = read_submission(file, board.judge.expected_ids, task=board.judge.task)
    return Agreement(
        submission=number,
        identical=bool(np.array_equal(original, rerun)),
        rank_correlation=_rank_correlation(original, rerun),
        periods={period: _agreement(board, period, original, rerun) for period in USAGES},
    )


def ranked_submission(board: Board, team: str, number: int | None = None) -> int:
    """Return the submission a team is ranked on, or `number` if it is one of the team's.

    Raises
    ------
    KitError
        If there is no such team, it has no final rank, or the submission is not its own.
    """
    with board.database.reading() as session:
        held = find_team(session, team)
        if number is not None:
            submission = session.get(Submission, number)
            if submission is None or submission.team_number != held.number:
                raise KitError(f"{held.name} has no submission {number}.")
            return number
    finals = final_standings(board)
    for row in finals.rows if finals is not None else []:
        if row.team_number == held.number:
            return row.submission
    raise KitError(
        f"{held.name} must have a final rank, however: it has none. Name one of its submissions, "
        "or close the competition first."
    )


def _agreement(
    board: Board,
    period: str,
    original: npt.NDArray[np.float64],
    rerun: npt.NDArray[np.float64],
) -> PeriodAgreement:
    found: dict[str, float] = {}
    scores = {"original": board.judge.score(original), "rerun": board.judge.score(rerun)}
    rows = board.judge.row_numbers(period)
    for percent in (5, 10):
        for name, held in scores.items():
            found[f"{name}_at_{percent}"] = getattr(held, f"{period}_at_{percent}")
        k = n_inspected(len(rows), percent / 100)
        first, second = (
            np.argsort(-fraud_score[rows], kind="stable")[:k] for fraud_score in (original, rerun)
        )
        found[f"same_opened_at_{percent}"] = len(np.intersect1d(first, second)) / k
    return PeriodAgreement(**found)


def _rank_correlation(original: npt.NDArray[np.float64], rerun: npt.NDArray[np.float64]) -> float:
    """Pearson's correlation of average ranks."""
    a, b = (rankdata(held) - (len(held) + 1) / 2 for held in (original, rerun))
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size else float("nan")
