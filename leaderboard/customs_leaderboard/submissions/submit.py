"""Submit a received file: check, score and accept it, or change nothing."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from customs_data.errors import KitError
from customs_leaderboard.board import Board
from customs_leaderboard.errors import RefusedFileError
from customs_leaderboard.store.actions import team_actor
from customs_leaderboard.store.audit_log import append_entry
from customs_leaderboard.store.schema import Refusal
from customs_leaderboard.submissions.accept import ScoredFile, accept_files
from customs_leaderboard.submissions.admission import (
    ReceivedFile,
    admit,
    check_refusals,
    earlier_receipt,
    glance,
)
from customs_leaderboard.submissions.answers import hash_answer, hash_old_answers
from customs_leaderboard.submissions.receipts import Receipt, day_of
from customs_leaderboard.submissions.spool import Spool
from customs_leaderboard.teams.teams import lock_teams

_STEP: Final = 1 << 20


def submit(board: Board, file: ReceivedFile, spool: Spool) -> Receipt:
    """Accept a received file for a team.

    Parameters
    ----------
    board : Board
        The competition.
    file : ReceivedFile
        Whose file it is, and when it was complete (`Spool.received`).
    spool : Spool
        The complete file.

    Returns
    -------
    Receipt
        Receipt of the submission, which is on disk and in the database by now.

    Raises
    ------
    NotOpenError
        Before the start, or after the close if late submissions are not accepted.
    QuotaError
        If the team has no submission left, or too many of its files were refused today.
    RefusedFileError
        If the file cannot be scored; it does not count as a submission.
    DisabledTeamError
        If the team was disabled.
    UnavailableError
        If the disk or the database does not respond.
    """
    earlier = decide_early(board, file)
    return score_and_accept(board, file, spool) if earlier is None else earlier


def decide_early(board: Board, file: ReceivedFile) -> Receipt | None:
    """Return a receipt if the team has sent the same file before, without reading the file.

    `accept_files` decides again in its transaction.

    Raises
    ------
    NotOpenError, QuotaError, DisabledTeamError, UnavailableError
        As `submit`.
    """
    with board.database.glancing() as connection:
        today = glance(connection, file)
    if (earlier := earlier_receipt(board, today, file)) is not None:
        return earlier
    admit(board, today, file.received_at)
    check_refusals(board, today, file.received_at)
    return None


def score_and_accept(board: Board, file: ReceivedFile, spool: Spool) -> Receipt:
    """Check, score and accept a file that was not decided early; parameters as `submit`."""
    spool.finish()
    scored = _score(board, file, spool)
    hash_old_answers(board, file.team_number)
    receipt: Receipt = board.commits.run(scored, partial(accept_files, board))
    return receipt


def submit_file(board: Board, team_number: int, path: Path) -> Receipt:
    """Submit a file on the organizer's disk for a team; errors as `submit`."""
    with Spool(board) as spool:
        try:
            with path.open("rb") as stream:
                while part := stream.read(_STEP):
                    spool.write(part)
        except OSError as error:
            raise KitError(f"{path} cannot be read: {error.strerror}.") from None
        return submit(board, spool.received(team_number, board.now()), spool)


def _score(board: Board, file: ReceivedFile, spool: Spool) -> ScoredFile:
    with board.scoring:
        judge = board.newest_judge()
        checked = judge.check(spool.path)
        if checked.passed:
            return ScoredFile(
                file,
                spool,
                judge.score(checked.answer),
                judge.public_gains(checked.answer),
                hash_answer(checked.answer),
                judge.commitment,
            )
    _count_refusal(board, file, spool, len(checked.report.problems))
    raise RefusedFileError(checked.report)


def _count_refusal(board: Board, file: ReceivedFile, spool: Spool, n_problems: int) -> None:
    """Count a refused file and log it, in one transaction; beyond the limit do neither."""
    details = {"sha256": file.sha256, "n_bytes": spool.n_bytes, "n_problems": n_problems}
    day = day_of(file.received_at)
    with board.database.writing() as session:
        lock_teams(board.database, session, [file.team_number])
        count = session.get(Refusal, (file.team_number, day))
        if count is None:
            count = Refusal(team_number=file.team_number, day=day, n_files=0)
            session.add(count)
        if count.n_files >= board.competition.refused_limit:
            return
        count.n_files += 1
        actor = team_actor(file.team_number)
        append_entry(board.database, session, board.now(), actor, "file refused", details)
