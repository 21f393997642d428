"""Compare the output of a winner's model, run again, with the submission it won with."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from customs_data.edition.layout import USAGES
from customs_data.errors import KitError
from customs_data.tasks import Scores
from customs_leaderboard.board import Board
from customs_leaderboard.standings.compute_final import read_stored
from customs_leaderboard.standings.final import final_standings, key_beside
from customs_leaderboard.store.schema import Submission
from customs_leaderboard.submissions.answers import rank_correlation
from customs_leaderboard.teams.teams import find_team
from customs_scorer.metrics import InspectionMetric
from customs_scorer.metrics.inspection import n_inspected
from customs_scorer.submissions import read_submission


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
        Spearman's correlation over all scores; NaN if all of one file are equal, or answers are no
        scores.
    periods : dict of str to dict
        By period and key (`key_beside`): the exact values of both in each ranked metric
        (``original``, ``rerun``), and for inspections the share of the declarations opened by the
        original that the re-run opens, too (``same_opened``). Both break ties at a cut by the order
        of test.csv.
    """

    submission: int
    identical: bool
    rank_correlation: float
    periods: dict[str, dict[str, float]]

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
        rank_correlation=(
            rank_correlation(original.ravel(), rerun.ravel())
            if isinstance(board.judge.task.answer, Scores)
            else float("nan")
        ),
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
) -> dict[str, float]:
    agreement: dict[str, float] = {}
    answers, rows = board.judge.answers(period), board.judge.row_numbers(period)
    files = {"original": original[rows], "rerun": rerun[rows]}
    for metric in board.metrics.ranked:
        for name, answer in files.items():
            agreement[key_beside(metric, name)] = metric.value(answers, answer)
        if isinstance(metric, InspectionMetric):
            k = n_inspected(len(rows), metric.rate)
            first, second = (np.argsort(-a, kind="stable")[:k] for a in files.values())
            same = len(np.intersect1d(first, second)) / k
            agreement[key_beside(metric, "same_opened")] = same
    return agreement
