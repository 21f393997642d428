"""Compute the final standings at the close: exact scores, intervals, rank ranges, schemes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sqlalchemy import select

from customs_data.edition.hidden import load_oracle
from customs_data.edition.layout import USAGES
from customs_data.edition.loading import load_edition
from customs_leaderboard.board import Board
from customs_leaderboard.standings.final import Finalist, FinalStandings
from customs_leaderboard.standings.public import share_ranks
from customs_leaderboard.store.schema import RANKED, Selection, Submission, Team
from customs_leaderboard.store.scores import ExactScores, read_scores
from customs_scorer.bootstrap import joint_bootstrap
from customs_scorer.ceiling import binary_label, oracle_ceiling
from customs_scorer.metrics import TaskMetrics
from customs_scorer.mistakes.analysis import schemes_of
from customs_scorer.submissions import read_submission

N_REPLICATES: Final = 1000
_SEED: Final = 0
_RANGE: Final = (0.025, 0.975)


@dataclass(frozen=True)
class RankedTeam:
    """A ranked team with its selection and the stored exact scores of its best submission.

    `previous` has its exact scores by period before the solution was replaced, if it was.
    """

    team: Team
    selected: list[Submission]
    by_team: bool
    best: Submission
    scores: ExactScores
    previous: dict[str, dict[str, Any]]


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
    judge, ranked = board.newest_judge(), board.metrics.ranked
    entries = rank_teams(board)
    files = [read_stored(board, entry.best) for entry in entries]
    boots = {
        period: joint_bootstrap(
            ranked,
            judge.answers(period),
            [file[judge.row_numbers(period)] for file in files],
            n_replicates=n_replicates,
            seed=_SEED,
        )
        for period in USAGES
    }
    low, high, first = _rank_ranges(boots["private"], board.metrics)
    sign = -1 if ranked[0].higher_is_better else 1
    by_public_score = sorted(entries, key=lambda entry: _public_key(entry.team, sign))
    public_ranks = share_ranks([entry.team.best_shown for entry in by_public_score])
    public_rank = {
        entry.team.number: rank for entry, rank in zip(by_public_score, public_ranks, strict=True)
    }
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
                scores={
                    p: _scores(board, p, files[i], boots[p][i]) | entry.previous.get(p, {})
                    for p in USAGES
                },
                rank_low=int(low[i]),
                rank_high=int(high[i]),
                first_share=float(first[i]),
                shown=public_score,
                public_rank=public_rank[entry.team.number],
                caught=None if schemes is None else _caught(board, files[i], schemes),
            )
        )
    return FinalStandings(
        rows=rows,
        periods={period: _period(board, period) for period in USAGES},
        frauds_by_scheme=None if schemes is None else _frauds(board, schemes),
        n_replicates=n_replicates,
        **_ceiling(board),
    )


def default_selection(
    board: Board, submissions: Sequence[Submission], scores: Mapping[int, ExactScores]
) -> list[Submission]:
    """Return the submissions with the best exact public scores; of equal ones the earlier."""

    def key(submission: Submission) -> tuple[float, ...]:
        public = scores[submission.number]["public"]
        return (*board.metrics.rank_key(public), submission.number)

    best = sorted(submissions, key=key)[: board.competition.n_selections]
    return sorted(best, key=lambda submission: submission.number)


def rank_teams(board: Board) -> list[RankedTeam]:
    """Return the ranked teams, best first, by the stored scores of their selections."""
    with board.database.reading() as session:
        teams = list(
            session.scalars(select(Team).where(Team.disabled_at.is_(None), Team.n_submissions > 0))
        )
        submissions = list(session.scalars(select(Submission).where(RANKED)))
        scores = read_scores(session, board.metrics, RANKED)
        earlier = read_scores(session, board.metrics, RANKED, previous=True)
        chosen = set(session.scalars(select(Selection.submission_number)))

    def rank_key(submission: Submission) -> tuple[Any, ...]:
        private = scores[submission.number]["private"]
        return (*board.metrics.rank_key(private), submission.received_at, submission.number)

    entries = []
    for team in teams:
        own = [one for one in submissions if one.team_number == team.number]
        selected = [one for one in own if one.number in chosen]
        by_team = bool(selected)
        selected = selected or default_selection(board, own, scores)
        best = min(selected, key=rank_key)
        exact = earlier.get(best.number, {})
        previous = {period: {"previous": values} for period, values in exact.items()}
        entries.append(RankedTeam(team, selected, by_team, best, scores[best.number], previous))
    return sorted(entries, key=lambda entry: rank_key(entry.best))


def read_stored(board: Board, submission: Submission) -> npt.NDArray[Any]:
    """Read an accepted file again; errors as `Folder.accepted_file`."""
    path = board.folder.accepted_file(submission)
    return read_submission(path, board.judge.expected_ids, task=board.judge.task)


def _public_key(team: Team, sign: int) -> tuple[float, Any, int]:
    """Sort key of the standings before the close."""
    assert team.best_shown is not None
    return (sign * team.best_shown, team.improved_at, team.number)


def _rank_ranges(
    boot: npt.NDArray[np.float64], metrics: TaskMetrics
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return the ends of the rank range and the share of first places, each of shape (n_teams,).

    `boot` has shape (n_teams, n_metrics, n_replicates), teams in their final order, which also
    breaks ties.
    """
    n_teams, _, n_replicates = boot.shape
    signs = np.array([-1 if metric.higher_is_better else 1 for metric in metrics.ranked])
    keys = boot * signs[:, None]
    ranks = np.empty((n_teams, n_replicates), dtype=np.int64)
    order = np.arange(n_teams)
    for i in range(n_replicates):
        sample = np.lexsort((order, *keys[:, ::-1, i].T))
        ranks[sample, i] = order + 1
    # Ranks that occurred, with no interpolation between two of them.
    low, high = np.quantile(ranks, _RANGE, axis=1, method="inverted_cdf")
    return low.astype(np.int64), high.astype(np.int64), (ranks == 1).mean(axis=1)


def _scores(
    board: Board, period: str, answer: npt.NDArray[Any], boot: npt.NDArray[np.float64]
) -> dict[str, Any]:
    """Return all metrics of the task, and the intervals of the ranked ones."""
    answers, answer = board.judge.answers(period), answer[board.judge.row_numbers(period)]
    values = {metric.name: metric.value(answers, answer) for metric in board.metrics.all}
    scores: dict[str, Any] = {n: None if np.isnan(value) else value for n, value in values.items()}
    for metric, samples in zip(board.metrics.ranked, boot, strict=True):
        scores[metric.interval_name] = [float(end) for end in np.quantile(samples, _RANGE)]
    return scores


def _period(board: Board, period: str) -> dict[str, int]:
    answers = board.judge.answers(period)
    return {board.metrics.n_units: len(answers), **board.metrics.counts(answers)}


def _private_schemes(board: Board) -> npt.NDArray[np.object_] | None:
    """Return the scheme of each private declaration, if the edition was simulated."""
    has_label = binary_label(board.judge.task) is not None
    if not (board.judge.layout.has_oracle and board.metrics.ranked[0].has_gains and has_label):
        return None
    schemes = schemes_of(board.judge.expected_ids, load_oracle(board.judge.layout))
    return np.asarray(schemes[board.judge.row_numbers("private")], dtype=object)


def _frauds(board: Board, schemes: npt.NDArray[np.object_]) -> dict[str, int]:
    """Return the number of private frauds by scheme, most frequent first."""
    label = binary_label(board.judge.task)
    assert label is not None
    positive = board.judge.answers("private")[label].to_numpy() == 1
    names, counts = np.unique(schemes[positive].astype(str), return_counts=True)
    pairs = [(str(name), int(n)) for name, n in zip(names, counts, strict=True)]
    return dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))


def _caught(
    board: Board, answer: npt.NDArray[Any], schemes: npt.NDArray[np.object_]
) -> dict[str, float]:
    """Return the gains in the first ranked metric by scheme."""
    answer = answer[board.judge.row_numbers("private")]
    gains = board.metrics.ranked[0].gains(board.judge.answers("private"), answer).by_unit()
    return {name: float(gains[schemes == name].sum()) for name in _frauds(board, schemes)}


def _ceiling(board: Board) -> dict[str, dict[str, dict[str, float]] | None]:
    """Return the scores of ceiling and prior, None if they are not known."""
    if not board.judge.layout.has_oracle:
        return {"ceiling": None, "prior": None}
    known = oracle_ceiling(load_edition(board.competition.edition))
    return {"ceiling": known["ceiling"] or None, "prior": known["prior"]}
