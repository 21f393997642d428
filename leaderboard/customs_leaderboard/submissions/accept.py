"""Counting: files that were checked and scored become submissions, several in one transaction.

The order matters. Files and their names are durable before the transaction commits, and the
transaction commits before a team is answered: whatever is acknowledged is there after a crash. A
file without a row may be left behind (`submit.sweep` removes it), a row without a file never.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from customs_data.errors import KitError
from customs_leaderboard.board import Board
from customs_leaderboard.ladder.ladder import LadderState
from customs_leaderboard.store.audit_log import Event, append_entries, team_actor
from customs_leaderboard.store.schema import Submission, Team
from customs_leaderboard.submissions.admission import (
    ReceivedFile,
    TeamDay,
    admit,
    look_up,
    make_receipt,
)
from customs_leaderboard.submissions.judge import Scores
from customs_leaderboard.submissions.receipts import Receipt, day_of
from customs_leaderboard.submissions.spool import Spool
from customs_leaderboard.teams.teams import check_active, lock_teams
from customs_scorer.metrics.gains import Gains


@dataclass(frozen=True)
class ScoredFile:
    """A file that can be counted: received, durable, checked and scored.

    Attributes
    ----------
    claim : ReceivedFile
        Whose it is, and when it came.
    spool : Spool
        Where its bytes lie.
    scores : Scores
        Exact ones.
    caught : Gains
        Public frauds; the Ladder's input.
    """

    claim: ReceivedFile
    spool: Spool
    scores: Scores
    caught: Gains


def accept_files(board: Board, files: Sequence[ScoredFile]) -> list[Receipt | Exception]:
    """Count files in the order given, in one transaction.

    Parameters
    ----------
    board : Board
        The competition.
    files : sequence of ScoredFile
        Of any teams.

    Returns
    -------
    list of Receipt or Exception
        For each file its receipt, or why it was not counted (see `admit`).

    Raises
    ------
    UnavailableError
        If disk or database do not answer; then none was counted.
    """
    with board.database.writing() as session:
        lock_teams(board.database, session, {file.claim.team_number for file in files})
        cases = look_up(session, [file.claim for file in files])
        count = _Acceptance(board, session, files)
        decided = [count.decide(i, cases[_key(file.claim)]) for i, file in enumerate(files)]
        count.store()
    return [one if isinstance(one, KitError) else one.receipt(board) for one in decided]


@dataclass(frozen=True)
class _Decision:
    """A file that is counted, or was; its submission has a number when it is stored."""

    submission: Submission
    claim: ReceivedFile
    n_today: int
    duplicate: bool

    def receipt(self, board: Board) -> Receipt:
        return make_receipt(
            board,
            self.submission,
            self.n_today,
            self.claim.received_at,
            duplicate=self.duplicate,
        )


@dataclass
class _TeamUpdate:
    """What a transaction makes of a team."""

    team: Team
    state: LadderState
    n_new: int = 0
    improved_at: datetime | None = None


class _Acceptance:
    """One transaction: files are decided on one after the other, then stored together."""

    def __init__(self, board: Board, session: Session, files: Sequence[ScoredFile]) -> None:
        self._board = board
        self._session = session
        self._files = files
        self._new: dict[int, Submission] = {}  # by place among the files
        self._climbers: dict[int, _TeamUpdate] = {}

    def decide(self, place: int, case: TeamDay) -> _Decision | KitError:
        file = self._files[place]
        claim, spool = file.claim, file.spool
        try:
            check_active(case.team)
            if (same := case.same.get(claim.sha256)) is not None:
                return _Decision(same, claim, case.n_today, duplicate=True)
            late = admit(self._board, case, claim.received_at)
        except KitError as error:
            return error
        submission = Submission(
            team_number=claim.team_number,
            sha256=claim.sha256,
            suffix=spool.suffix,
            n_bytes=spool.n_bytes,
            received_at=claim.received_at,
            day=day_of(claim.received_at),
            late=late,
            improved=False,
            shown=None,
            **vars(file.scores),
        )
        self._new[place] = case.same[claim.sha256] = submission
        case.n_today += 1
        if not late:
            self._climb(place, case.team, submission)
        return _Decision(submission, claim, case.n_today, duplicate=False)

    def _climb(self, place: int, team: Team, submission: Submission) -> None:
        """Move the team's public score as the Ladder says."""
        held = _TeamUpdate(team, LadderState(team.best_shown, team.best_submission))
        climber = self._climbers.setdefault(team.number, held)
        old, ladder, chance = climber.state, self._board.ladder, self._board.judge.chance
        best = self._caught_by_best(team, old) if ladder.needs_best(old, chance) else None
        caught = self._files[place].caught
        climber.state = ladder.climb(old, _unnumbered(place), caught, chance=chance, best=best)
        climber.n_new += 1
        submission.shown = climber.state.best_shown
        submission.improved = climber.state != old
        if submission.improved:
            climber.improved_at = submission.received_at

    def _caught_by_best(self, team: Team, state: LadderState) -> Gains:
        assert state.best_submission is not None
        if state.best_submission < 0:
            return self._files[_unnumbered(state.best_submission)].caught
        held = self._session.get_one(Submission, state.best_submission)
        path = self._board.folder.submission_path(team.number, held.sha256, held.suffix)
        return self._board.judge.caught_by(path)

    def store(self) -> None:
        """Write rows and log, then make the files durable: what may fail by a bug comes first."""
        if not self._new:
            return
        self._session.add_all(self._new.values())
        self._session.flush()  # gives them their numbers
        for climber in self._climbers.values():
            team, state = climber.team, climber.state
            team.n_submissions += climber.n_new
            if climber.improved_at is not None and state.best_submission is not None:
                team.best_shown, team.improved_at = state.best_shown, climber.improved_at
                team.best_submission = self._new[_unnumbered(state.best_submission)].number
        append_entries(self._board.database, self._session, [*map(_event, self._new.values())])
        self._board.folder.put_all(
            (self._files[place].spool.path, new.team_number, new.sha256, new.suffix)
            for place, new in self._new.items()
        )


def _unnumbered(number: int) -> int:
    """Stand in for the number of the submission at a place, which has none yet; and back."""
    return -1 - number


def _key(claim: ReceivedFile) -> tuple[int, str]:
    return claim.team_number, day_of(claim.received_at)


def _event(submission: Submission) -> Event:
    details: dict[str, Any] = {"submission": submission.number, "sha256": submission.sha256}
    details |= {"late": True} if submission.late else {"shown": submission.shown}
    actor = team_actor(submission.team_number)
    return Event(submission.received_at, actor, "submission accepted", details)
