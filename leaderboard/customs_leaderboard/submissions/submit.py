"""Submitting: a received file is checked, scored, stored and counted, or nothing of it happens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import select

from customs_data.errors import KitError
from customs_leaderboard.board import Board
from customs_leaderboard.errors import RefusedFileError
from customs_leaderboard.store.audit_log import append_entry, team_actor
from customs_leaderboard.store.schema import Submission
from customs_leaderboard.submissions.accept import ScoredFile, accept_files
from customs_leaderboard.submissions.admission import ReceivedFile, admit, earlier_receipt, glance
from customs_leaderboard.submissions.receipts import Receipt
from customs_leaderboard.submissions.spool import Spool

_STEP: Final = 1 << 20


def submit(board: Board, team_number: int, spool: Spool) -> Receipt:
    """Take a received file for a team.

    Parameters
    ----------
    board : Board
        The competition.
    team_number : int
        Of a team that was authenticated.
    spool : Spool
        The whole file.

    Returns
    -------
    Receipt
        The submission is on disk and in the database when this returns.

    Raises
    ------
    NotOpenError
        Before the opening, or after the close if late submissions are not taken.
    QuotaError
        If the team has no submission left today.
    RefusedFileError
        If the file cannot be scored, with the full report; it is not counted.
    DisabledTeamError
        If the team was disabled.
    UnavailableError
        If disk or database do not answer; see its message.
    """
    claim = ReceivedFile(team_number, spool.sha256, board.now())
    with board.database.glancing() as connection:
        case = glance(connection, claim)
    # What can be refused without work is; what holds is decided when it is counted.
    if (earlier := earlier_receipt(board, case, claim)) is not None:
        return earlier
    admit(board, case, claim.received_at)
    spool.finish()
    receipt: Receipt = board.commits.run(_score(board, claim, spool), partial(accept_files, board))
    return receipt


def submit_file(board: Board, team_number: int, path: Path) -> Receipt:
    """Take a file on the organizer's disk for a team; errors as `submit`."""
    with Spool(board) as spool:
        try:
            with path.open("rb") as stream:
                while part := stream.read(_STEP):
                    spool.write(part)
        except OSError as error:
            raise KitError(f"{path} cannot be read: {error.strerror}.") from None
        return submit(board, team_number, spool)


def sweep(board: Board, older_than: timedelta = timedelta(hours=1)) -> int:
    """Remove what crashes left behind: received files that were never counted.

    Parameters
    ----------
    board : Board
        The competition.
    older_than : timedelta
        Younger files may be in use.

    Returns
    -------
    int
        Number of files removed.
    """
    limit = (board.now() - older_than).timestamp()
    old = [path for path in _files(board) if path.stat().st_mtime < limit]
    # Looked up after the files were listed: what is counted meanwhile is not among them.
    with board.database.reading() as session:
        rows = session.execute(select(Submission.team_number, Submission.sha256, Submission.suffix))
        counted = {board.folder.submission_path(*row) for row in rows}
    stray = [path for path in old if path not in counted]
    for path in stray:
        path.unlink(missing_ok=True)
    return len(stray)


def _files(board: Board) -> Iterator[Path]:
    yield from board.folder.spool.iterdir()
    yield from board.folder.submissions.glob("*/*")


def _score(board: Board, claim: ReceivedFile, spool: Spool) -> ScoredFile:
    with board.scoring:
        checked = board.judge.check(spool.path)
        if checked.passed:
            return ScoredFile(
                claim,
                spool,
                board.judge.score(checked.answer),
                board.judge.public_frauds_caught(checked.answer),
            )
    _log_refusal(board, claim.team_number, spool, len(checked.report.problems))
    raise RefusedFileError(checked.report)


def _log_refusal(board: Board, team_number: int, spool: Spool, n_problems: int) -> None:
    details = {"sha256": spool.sha256, "n_bytes": spool.n_bytes, "n_problems": n_problems}
    with board.database.writing() as session:
        actor = team_actor(team_number)
        append_entry(board.database, session, board.now(), actor, "file refused", details)
