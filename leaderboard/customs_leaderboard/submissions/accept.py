"""Accept scored files as submissions, several in one transaction.

The order matters. Files and their names are durable before the transaction commits, and the
transaction commits before a team gets its receipt, so a crash loses nothing that was acknowledged.
A file without a row may be left behind (`sweeping` deletes it), but never a row without a file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from customs_data.errors import KitError
from customs_leaderboard.board import Board
from customs_leaderboard.errors import UnavailableError
from customs_leaderboard.ladder.ladder import LadderState
from customs_leaderboard.store.actions import team_actor
from customs_leaderboard.store.audit_log import CLOCK_TOLERANCE, LONGEST_WAIT, Event, append_entries
from customs_leaderboard.store.commitments import logged_facts, sealed_facts
from customs_leaderboard.store.schema import Submission, Team
from customs_leaderboard.store.scores import ExactScores, save_scores
from customs_leaderboard.submissions.admission import (
    ReceivedFile,
    TeamDay,
    admit,
    look_up,
    make_receipt,
)
from customs_leaderboard.submissions.quotas import hour_of
from customs_leaderboard.submissions.receipts import Receipt, day_of
from customs_leaderboard.submissions.spool import Spool
from customs_leaderboard.teams.teams import check_active, lock_teams
from customs_scorer.metrics.gains import Gains


@dataclass(frozen=True)
class ScoredFile:
    """A file that was received, synced, checked and scored.

    Attributes
    ----------
    received : ReceivedFile
        Its team, hash and time.
    spool : Spool
        Its bytes.
    scores : ExactScores
        Exact scores.
    gains : Gains or None
        Public gains in the first ranked metric, if it is a mean of gains.
    answer_sha256 : str
        SHA-256 of the scores in it (`hash_answer`).
    commitment : str
        Commitment of the labels that it was scored with (`Judge.commitment`).
    """

    received: ReceivedFile
    spool: Spool
    scores: ExactScores
    gains: Gains | None
    answer_sha256: str
    commitment: str


def accept_files(board: Board, files: Sequence[ScoredFile]) -> list[Receipt | Exception]:
    """Accept files in the order given, in one transaction for each hour in which they came.

    Parameters
    ----------
    board : Board
        The competition.
    files : sequence of ScoredFile
        Files of any teams.

    Returns
    -------
    list of Receipt or Exception
        For each file its receipt, or why it was not accepted (see `admit`).

    Raises
    ------
    UnavailableError
        If the disk or the database does not respond; then no file was accepted.
    """
    hours = {hour_of(file.received.received_at) for file in files}
    if len(hours) == 1:
        return _accept_at_once(board, files)
    outcomes: dict[int, Receipt | Exception] = {}  # by position; few groups span two hours
    for hour in sorted(hours):
        places = [i for i, f in enumerate(files) if hour_of(f.received.received_at) == hour]
        try:
            group = _accept_at_once(board, [files[i] for i in places])
        except Exception as error:
            if not outcomes:
                raise
            group = [error] * len(places)
        outcomes.update(zip(places, group, strict=True))
    return [outcomes[i] for i in range(len(files))]


def _accept_at_once(board: Board, files: Sequence[ScoredFile]) -> list[Receipt | Exception]:
    """Accept files that were received in the same hour, in one transaction."""
    with board.database.writing() as session:
        received = [file.received for file in files]
        lock_teams(board.database, session, {file.team_number for file in received})
        days = look_up(session, received, [file.answer_sha256 for file in files])
        acceptance = _Acceptance(board, session, files)
        decisions = [
            acceptance.decide(i, days[file.team_number]) for i, file in enumerate(received)
        ]
        acceptance.store()
    return [one if isinstance(one, KitError) else one() for one in decisions]


@dataclass
class _TeamUpdate:
    """Changes to a team in one transaction."""

    team: Team
    state: LadderState
    n_new: int = 0
    improved_at: datetime | None = None


class _Acceptance:
    """One transaction: decide on one file after the other, then store all of them."""

    def __init__(self, board: Board, session: Session, files: Sequence[ScoredFile]) -> None:
        self._board = board
        self._session = session
        self._files = files
        self._new: dict[int, Submission] = {}  # by position among the files
        self._updates: dict[int, _TeamUpdate] = {}  # by team number

    def decide(self, position: int, today: TeamDay) -> Callable[[], Receipt] | KitError:
        """Return why a file is refused, or a function that returns its receipt after `store`."""
        file = self._files[position]
        received, spool = file.received, file.spool
        try:
            check_active(today.team)
            check_labels(file, today.state.commitment)
            check_stamp(received.received_at, self._board.now())
            earlier = today.earlier.get(received.sha256) or today.answers.get(file.answer_sha256)
            if earlier is not None:
                return self._receipt(earlier, today, received, duplicate=True)
            late = admit(self._board, today, received.received_at)
        except KitError as error:
            return error
        submission = Submission(
            team_number=received.team_number,
            sha256=received.sha256,
            suffix=spool.suffix,
            n_bytes=spool.n_bytes,
            received_at=received.received_at,
            day=day_of(received.received_at),
            late=late,
            improved=False,
            shown=None,
            answer_sha256=file.answer_sha256,
            member_number=received.member_number,
            note=received.note,
            sender=received.sender,
        )
        self._new[position] = submission
        today.add(submission)
        today.usage.add()
        if not late:
            self._update_ladder(position, today.team, submission)
        return self._receipt(submission, today, received)

    def _receipt(
        self, submission: Submission, today: TeamDay, file: ReceivedFile, *, duplicate: bool = False
    ) -> Callable[[], Receipt]:
        """Return a function that makes the receipt with today's files as counted until now."""
        counted = replace(today, usage=replace(today.usage))
        return partial(make_receipt, self._board, submission, counted, file, duplicate=duplicate)

    def _update_ladder(self, position: int, team: Team, submission: Submission) -> None:
        update = self._updates.setdefault(
            team.number, _TeamUpdate(team, LadderState(team.best_shown, team.best_submission))
        )
        old, ladder, chance = update.state, self._board.ladder, self._board.judge.chance
        best = self._gains_of_best(team, old) if ladder.needs_best(old, chance) else None
        file, metric = self._files[position], self._board.metrics.ranked[0].name
        new = file.scores["public"][metric] if file.gains is None else file.gains
        update.state = ladder.update(old, _temporary_id(position), new, chance=chance, best=best)
        update.n_new += 1
        submission.shown = update.state.best_shown
        submission.improved = update.state != old
        if submission.improved:
            update.improved_at = submission.received_at

    def _gains_of_best(self, team: Team, state: LadderState) -> Gains | None:
        assert state.best_submission is not None
        if state.best_submission < 0:
            return self._files[_temporary_id(state.best_submission)].gains
        best = self._session.get_one(Submission, state.best_submission)
        path = self._board.folder.submission_path(team.number, best.sha256, best.suffix)
        return self._board.judge.stored_gains(path)

    def store(self) -> None:
        """Write rows and log, then store the files: the steps most likely to fail come first."""
        if not self._new:
            return
        self._session.add_all(self._new.values())
        self._session.flush()  # assigns their numbers
        save_scores(
            self._session,
            {new.number: self._files[position].scores for position, new in self._new.items()},
        )
        for update in self._updates.values():
            team, state = update.team, update.state
            team.n_submissions += update.n_new
            if update.improved_at is not None and state.best_submission is not None:
                team.best_shown, team.improved_at = state.best_shown, update.improved_at
                team.best_submission = self._new[_temporary_id(state.best_submission)].number
        now = self._board.now()
        events = [
            _event(new, self._files[position].scores, now) for position, new in self._new.items()
        ]
        append_entries(self._board.database, self._session, events)
        self._board.folder.put_all(
            (self._files[position].spool.path, new.team_number, new.sha256, new.suffix)
            for position, new in self._new.items()
        )


def check_labels(file: ScoredFile, commitment: str) -> None:
    """Raise `UnavailableError` if a file was scored before the solution was replaced."""
    if file.commitment != commitment:
        raise UnavailableError(
            "The organizer has just replaced the solution, and nothing was counted. Send the "
            "file again."
        )


def check_stamp(received_at: datetime, now: datetime) -> None:
    """Raise `UnavailableError` if the clock was set while a file waited: its time may be wrong."""
    if not -CLOCK_TOLERANCE <= now - received_at <= LONGEST_WAIT:
        raise UnavailableError(
            "The leaderboard's clock was set while the file waited, so it was not counted. Send "
            "the file again."
        )


def _temporary_id(number: int) -> int:
    """Return an id for the submission at a position, which has no number yet; its own inverse."""
    return -1 - number


def _event(submission: Submission, scores: ExactScores, now: datetime) -> Event:
    """Return the entry of a submission at the time of its transaction, after `received_at`."""
    return Event(
        now,
        team_actor(submission.team_number),
        "submission accepted",
        logged_facts(submission),
        sealed_facts(submission, scores),
    )
