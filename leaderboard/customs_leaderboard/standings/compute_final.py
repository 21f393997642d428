"""Compute the final standings at the close: exact scores, intervals, rank ranges, schemes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sqlalchemy import select

from customs_data.edition.layout import USAGES
from customs_data.edition.loading import load_edition, load_oracle
from customs_leaderboard.board import Board
from customs_leaderboard.standings.final import Finalist, FinalStandings
from customs_leaderboard.store.schema import Selection, Submission, Team
from customs_scorer.bootstrap import joint_bootstrap
from customs_scorer.ceiling import oracle_ceiling
from customs_scorer.mistakes.analysis import schemes_of
from customs_scorer.scorecard import score_rows
from customs_scorer.submissions import read_submission

N_REPLICATES: Final = 1000
_SEED: Final = 0
_RANGE: Final = (0.025, 0.975)


@dataclass
class _Entry:
    """A ranked team with its selection and the scores of its best file."""

    team: Team
    selected: list[Submission]
    by_team: bool
    best: Submission
    fraud_score: npt.NDArray[np.float64]


def compute_final(board: Board, *, n_replicates: int = N_REPLICATES) -> FinalStandings:
    """Compute the final standings from the accepted files.

    Parameters
    ----------
    board : Board
        A competition whose submissions are no longer ranked.
    n_replicates : int
        Bootstrap replicates.

    Raises
    ------
    KitError
        If an accepted file is missing or has changed.
    """
    entries = sorted(_entries(board), key=lambda entry: _rank_key(entry.best))
    judge = board.judge
    boots = {
        period: joint_bootstrap(
            judge.metrics.ranked,
            judge.answers(period),
            [entry.fraud_score[judge.row_numbers(period)] for entry in entries],
            n_replicates=n_replicates,
            seed=_SEED,
        )
        for period in USAGES
    }
    low, high, first = _rank_ranges(boots["private"])
    by_public_score = sorted(entries, key=lambda entry: _public_key(entry.team))
    public_rank = {entry.team.number: i for i, entry in enumerate(by_public_score, start=1)}
    schemes = _private_schemes(board)
    rows = []
    for i, entry in enumerate(entries):
        public_score = entry.team.best_shown
        assert public_score is not None
        rows.append(
            Finalist(
                rank=i + 1,
                team_number=entry.team.number,
                team=entry.team.name,
                submission=entry.best.number,
                selected=[submission.number for submission in entry.selected],
                selected_by_team=entry.by_team,
                scores={p: _scores(board, p, entry.fraud_score, boots[p][i]) for p in USAGES},
                rank_low=int(low[i]),
                rank_high=int(high[i]),
                first_share=float(first[i]),
                shown=public_score,
                public_rank=public_rank[entry.team.number],
                caught=None if schemes is None else _caught(board, entry.fraud_score, schemes),
            )
        )
    return FinalStandings(
        rows=rows,
        periods={period: _period(board, period) for period in USAGES},
        frauds_by_scheme=None if schemes is None else _frauds(board, schemes),
        ceiling=_ceiling(board),
        n_replicates=n_replicates,
    )


def default_selection(submissions: Sequence[Submission], n_selections: int) -> list[Submission]:
    """Return the submissions with the best exact public scores; of equal ones the earlier."""
    ordered = sorted(submissions, key=lambda s: (-s.public_at_5, -s.public_at_10, s.number))
    return sorted(ordered[:n_selections], key=lambda submission: submission.number)


def _entries(board: Board) -> list[_Entry]:
    """Return the ranked teams with their best selected submission."""
    with board.database.reading() as session:
        teams = list(
            session.scalars(select(Team).where(Team.disabled_at.is_(None), Team.n_submissions > 0))
        )
        submissions = list(session.scalars(select(Submission).where(Submission.late.is_(False))))
        chosen = set(session.scalars(select(Selection.submission_number)))
    entries = []
    for team in teams:
        own = [one for one in submissions if one.team_number == team.number]
        selected = [one for one in own if one.number in chosen]
        by_team = bool(selected)
        selected = selected or default_selection(own, board.competition.n_selections)
        best = min(selected, key=_rank_key)
        entries.append(_Entry(team, selected, by_team, best, read_stored(board, best)))
    return entries


def read_stored(board: Board, submission: Submission) -> npt.NDArray[np.float64]:
    """Read an accepted file again, shape (n_test,); errors as `Folder.accepted_file`."""
    path = board.folder.accepted_file(submission)
    return read_submission(path, board.judge.expected_ids, task=board.judge.task)


def _rank_key(submission: Submission) -> tuple[float, float, Any, int]:
    return (
        -submission.private_at_5,
        -submission.private_at_10,
        submission.received_at,
        submission.number,
    )


def _public_key(team: Team) -> tuple[float, Any, int]:
    """Sort key of the standings before the close."""
    assert team.best_shown is not None
    return (-team.best_shown, team.improved_at, team.number)


def _rank_ranges(
    boot: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return the ends of the rank range and the share of first places, each of shape (n_teams,).

    `boot` has shape (n_teams, 2, n_replicates), teams in their final order, which also breaks ties.
    """
    n_teams, _, n_replicates = boot.shape
    ranks = np.empty((n_teams, n_replicates), dtype=np.int64)
    order = np.arange(n_teams)
    for i in range(n_replicates):
        sample = np.lexsort((order, -boot[:, 1, i], -boot[:, 0, i]))
        ranks[sample, i] = order + 1
    # Ranks that occurred, with no interpolation between two of them.
    low, high = np.quantile(ranks, _RANGE, axis=1, method="inverted_cdf")
    return low.astype(np.int64), high.astype(np.int64), (ranks == 1).mean(axis=1)


def _scores(
    board: Board,
    period: str,
    fraud_score: npt.NDArray[np.float64],
    boot: npt.NDArray[np.float64],
) -> dict[str, Any]:
    rows = board.judge.row_numbers(period)
    card = score_rows(
        board.judge.metrics,
        board.judge.answers(period),
        fraud_score[rows],
        np.zeros(len(rows), dtype=bool),
        n_replicates=0,
    )
    scores: dict[str, Any] = {}
    metrics = board.judge.metrics
    for name in (metric.name for metric in metrics.all):
        value = card[name]
        scores[name] = None if np.isnan(value) else value
    for name, precision in zip((m.interval_name for m in metrics.ranked), boot, strict=True):
        scores[name] = [float(end) for end in np.quantile(precision, _RANGE)]
    return scores


def _period(board: Board, period: str) -> dict[str, int]:
    answers = board.judge.answers(period)
    return {"n_declarations": len(answers), **board.judge.metrics.counts(answers)}


def _private_schemes(board: Board) -> npt.NDArray[np.object_] | None:
    """Return the scheme of each private declaration, if the edition was simulated."""
    if not board.judge.layout.has_oracle:
        return None
    schemes = schemes_of(board.judge.expected_ids, load_oracle(board.judge.layout))
    return np.asarray(schemes[board.judge.row_numbers("private")], dtype=object)


def _frauds(board: Board, schemes: npt.NDArray[np.object_]) -> dict[str, int]:
    """Return the number of private frauds by scheme, most frequent first."""
    names, counts = np.unique(
        schemes[board.judge.labels("private") == 1].astype(str), return_counts=True
    )
    pairs = [(str(name), int(n)) for name, n in zip(names, counts, strict=True)]
    return dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))


def _caught(
    board: Board, fraud_score: npt.NDArray[np.float64], schemes: npt.NDArray[np.object_]
) -> dict[str, float]:
    rows = board.judge.row_numbers("private")
    ranked = board.judge.metrics.ranked[0]
    gains = ranked.gains(board.judge.answers("private"), fraud_score[rows]).by_unit()
    return {name: float(gains[schemes == name].sum()) for name in _frauds(board, schemes)}


def _ceiling(board: Board) -> dict[str, dict[str, float]] | None:
    if not board.judge.layout.has_oracle:
        return None
    edition = load_edition(board.competition.edition)
    ceiling: dict[str, dict[str, float]] = oracle_ceiling(edition)["ceiling"]
    return ceiling or None
