"""Replace the solution of a competition, and judge every submission again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from customs_data.columns.matching import arrow_text, match_ids
from customs_data.edition.commitment import Replacement
from customs_data.edition.hidden import (
    hidden_commitment,
    load_solution,
    read_solution,
)
from customs_data.errors import KitError
from customs_data.files.atomic import write_atomically, write_errors
from customs_data.files.table_parts import is_in_parts
from customs_data.files.writing import csv_chunks
from customs_data.tasks import find_task
from customs_data.temporary import temporary_folder
from customs_leaderboard.board import Board
from customs_leaderboard.corrections.standing import ranked_submissions, store_steps
from customs_leaderboard.ladder.replay import Step, replay_ladder
from customs_leaderboard.rules.reasons import check_reason
from customs_leaderboard.standings.close import recompute_final
from customs_leaderboard.standings.final import withdraw_final
from customs_leaderboard.store.actions import ORGANIZER, SCORES_RENEWED
from customs_leaderboard.store.audit_log import Event, append_entries
from customs_leaderboard.store.schema import Base, Score, Solution, State, Submission, Team
from customs_leaderboard.store.scores import ExactScores
from customs_leaderboard.submissions.judge import Judge, load_judge
from customs_leaderboard.teams.teams import lock_teams
from customs_scorer.metrics.gains import Gains

_SCORE = Base.metadata.tables[Score.__tablename__]
_RENEW = (
    update(_SCORE)
    .where(
        _SCORE.c.submission_number == bindparam("b_submission"),
        _SCORE.c.period == bindparam("b_period"),
        _SCORE.c.metric == bindparam("b_metric"),
    )
    .values(previous_value=_SCORE.c.value, value=bindparam("b_value"))
)


@dataclass(frozen=True)
class Rejudged:
    """Result of a rejudge.

    Attributes
    ----------
    commitment, previous_commitment : str
        Commitments of the new labels and of those before them.
    n_submissions : int
        Number of submissions that were scored again.
    scores : dict of str to dict
        ``old`` and ``new`` public score on the board of each team whose score changed, by name.
    """

    commitment: str
    previous_commitment: str
    n_submissions: int
    scores: dict[str, dict[str, float | None]]

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain data for JSON."""
        return dict(vars(self))


def rejudge(board: Board, file: Path, reason: str) -> Rejudged:
    """Replace the solution, score every stored submission again, and replay every Ladder.

    The new labels are kept in the competition's folder (solutions/); the edition stays as it was.
    Their commitment has the nonce of the edition. A service that runs loads them with the next
    file. After the close the final standings are computed again; if that is interrupted,
    `close_competition` computes them.

    Parameters
    ----------
    board : Board
        A competition whose labels are not revealed.
    file : path
        Solution with the columns, Declaration IDs and periods of hidden/solution.csv.
    reason : str
        Reason for the public log, 1 to 200 printable characters.

    Raises
    ------
    KitError
        If the edition was generated, the labels are revealed, the file is not a solution of this
        edition or has the same labels, or an accepted file is missing or has changed.
    """
    check_reason(reason)
    number = _next_number(board)
    path = board.folder.solution_path(number)
    board.folder.solutions.mkdir(mode=0o700, exist_ok=True)
    content = _canonical_csv(board, file)
    # Another command may replace the solution at the same time: only whoever has the lock gives its
    # file the number (`_store`).
    solutions = board.folder.solutions
    with write_errors(path, solutions), temporary_folder(solutions) as scratch:
        candidate = scratch / path.name
        write_atomically(candidate, content, mode=0o600)
        replacement = _commit_to(board, candidate)
        judge = load_judge(board.competition.edition, replacement)
        result = _store(board, judge, replacement, number, reason)
    board.newest_judge(replacement.commitment)
    recompute_final(board)
    return result


def _next_number(board: Board) -> int:
    if board.manifest.origin != "import":
        raise KitError(
            f"{board.manifest.name} was generated: its secret gives the labels again, and other "
            "labels would contradict it. Only an imported edition can be rejudged."
        )
    with board.database.reading() as session:
        _check_not_revealed(board.state(session))
        return (session.scalar(select(func.max(Solution.number))) or 0) + 1


def _check_not_revealed(state: State) -> None:
    if state.revealed_at is not None:
        raise KitError("The labels are revealed: they can no longer be replaced.")


def _canonical_csv(board: Board, file: Path) -> bytes:
    """Read a solution, check it against the edition's, and return it in the edition's order."""
    layout, manifest = board.layout, board.manifest
    if not (file.is_file() or is_in_parts(file)):
        raise KitError(f"No such file: {file}.")
    old, new = load_solution(layout), read_solution(layout, manifest, file)
    key = find_task(manifest.task).unit.key
    places = match_ids(arrow_text(old[key]), arrow_text(new[key]))
    if len(new) != len(old) or (places < 0).any():
        raise KitError(
            f"{file} must have one row for each of the {len(old):,} {key}s of "
            "hidden/solution.csv and no other. Copy that file and change its labels."
        )
    new = new.take(places).reset_index(drop=True)[list(old.columns)]
    if not new["Usage"].equals(old["Usage"]):
        raise KitError(f"{file} must have the column Usage of hidden/solution.csv. Copy it.")
    return b"".join(csv_chunks(new))


def _commit_to(board: Board, path: Path) -> Replacement:
    layout, manifest = board.layout, board.manifest
    solution: pd.DataFrame = read_solution(layout, manifest, path)
    commitment = hidden_commitment(layout, manifest, solution, path)
    if commitment == board.newest_judge().commitment:
        raise KitError("The file has the labels that the competition has already.")
    return Replacement(path, commitment)


@dataclass(frozen=True)
class _Judged:
    """Submissions of a team, scored again."""

    basis: list[tuple[int, bool]]
    scores: dict[int, ExactScores]
    steps: list[Step]


def _judge_team(board: Board, judge: Judge, submissions: Sequence[Submission]) -> _Judged:
    scores: dict[int, ExactScores] = {}
    metric = board.metrics.ranked[0].name

    def files() -> Iterator[tuple[int, Gains | float]]:
        for submission in submissions:
            answer = judge.read(board.folder.accepted_file(submission))
            scores[submission.number] = judge.score(answer)
            if not submission.late and submission.struck_at is None:
                gains = judge.public_gains(answer)
                value = scores[submission.number]["public"][metric]
                yield submission.number, value if gains is None else gains

    steps = replay_ladder(board.ladder, files(), chance=judge.chance)
    return _Judged(_basis(submissions), scores, steps)


def _basis(submissions: Sequence[Submission]) -> list[tuple[int, bool]]:
    return [(one.number, one.struck_at is None) for one in submissions]


def _submissions_by_team(session: Session) -> dict[int, list[Submission]]:
    by_team: dict[int, list[Submission]] = {}
    for submission in session.scalars(select(Submission).order_by(Submission.number)):
        by_team.setdefault(submission.team_number, []).append(submission)
    return by_team


def _store(
    board: Board, judge: Judge, replacement: Replacement, number: int, reason: str
) -> Rejudged:
    # Most of the work is done before the transaction, during which no file is accepted.
    with board.database.reading() as session:
        before = _submissions_by_team(session)
    judged = {team: _judge_team(board, judge, files) for team, files in before.items()}
    with board.database.writing() as session:
        lock_teams(board.database, session, session.scalars(select(Team.number)))
        state = board.state(session, "write")
        _check_not_revealed(state)
        if state.commitment == replacement.commitment or _is_taken(session, number):
            raise KitError("Another command has replaced the solution meanwhile. Look at the log.")
        now = board.now()
        events: list[Event] = []
        changed: dict[str, dict[str, float | None]] = {}
        scores: dict[int, ExactScores] = {}
        by_team = _submissions_by_team(session)
        for team_number, submissions in by_team.items():
            one = judged.get(team_number)
            if one is None or one.basis != _basis(submissions):
                one = _judge_team(board, judge, submissions)
            scores |= one.scores
            team = session.get_one(Team, team_number, populate_existing=True)
            old = team.best_shown
            ranked = ranked_submissions(session, team_number)
            if event := store_steps(session, team, ranked, one.steps, now):
                events.append(event)
            if team.disabled_at is None and team.best_shown != old:
                changed[team.name] = {"old": old, "new": team.best_shown}
        if scores:
            session.connection().execute(_RENEW, _score_rows(scores))
            events.append(_renewal(scores, now))
        result = Rejudged(
            commitment=replacement.commitment,
            previous_commitment=state.commitment,
            n_submissions=sum(map(len, by_team.values())),
            scores=changed,
        )
        state.commitment = replacement.commitment
        withdraw_final(board, session)
        _log(
            board,
            session,
            result,
            events,
            Solution(
                number=number,
                at=now,
                reason=reason,
                commitment=result.commitment,
                sha256=hashlib.sha256(replacement.path.read_bytes()).hexdigest(),
                previous_commitment=result.previous_commitment,
            ),
        )
        # A file without a row may be left behind, and is then replaced; never a row without a file.
        content = replacement.path.read_bytes()
        write_atomically(board.folder.solution_path(number), content, mode=0o600)
    return result


def _is_taken(session: Session, number: int) -> bool:
    return session.get(Solution, number) is not None


def _score_rows(scores: dict[int, ExactScores]) -> list[dict[str, Any]]:
    return [
        {"b_submission": number, "b_period": period, "b_metric": metric, "b_value": value}
        for number, by_period in scores.items()
        for period, by_metric in by_period.items()
        for metric, value in by_metric.items()
    ]


def _renewal(scores: dict[int, ExactScores], now: datetime) -> Event:
    """Return the entry that commits to all new exact scores."""
    sealed = {"scores": {str(number): one for number, one in scores.items()}}
    return Event(now, ORGANIZER, SCORES_RENEWED, {"n_submissions": len(scores)}, sealed)


def _log(
    board: Board, session: Session, result: Rejudged, events: list[Event], solution: Solution
) -> None:
    session.add(solution)
    details = {
        "reason": solution.reason,
        "commitment": {"old": result.previous_commitment, "new": result.commitment},
        "n_submissions": result.n_submissions,
        "scores": result.scores,
    }
    replaced = Event(solution.at, ORGANIZER, "solution replaced", details)
    append_entries(board.database, session, [replaced, *events])
