"""The end of a competition: extend the deadline, close, reveal the labels."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from customs_data.edition.reveal import write_reveal
from customs_data.errors import KitError
from customs_data.files.atomic import sync_folder
from customs_leaderboard.board import Board
from customs_leaderboard.contest import Contest
from customs_leaderboard.rules.reasons import check_reason
from customs_leaderboard.rules.schedule import parse_moment, show_time
from customs_leaderboard.standings.compute_final import N_REPLICATES, compute_final
from customs_leaderboard.standings.evidence import write_evidence
from customs_leaderboard.standings.final import (
    FinalStandings,
    final_sha256,
    final_standings,
    save_final,
)
from customs_leaderboard.store.actions import CORRECTIONS, EVIDENCE_PUBLISHED, ORGANIZER
from customs_leaderboard.store.audit_log import (
    Event,
    append_entries,
    append_entry,
    head_hash,
    read_entries,
)
from customs_leaderboard.store.folder import disk_errors
from customs_leaderboard.store.schema import RANKED, AuditEntry, Submission, Team
from customs_leaderboard.store.solutions import read_replacements
from customs_leaderboard.submissions.in_work import wait_for_files

_LONGEST_EXTENSION: Final = timedelta(days=366)
COMPUTED: Final = "final standings computed"


def extend_deadline(board: Contest, closes: datetime, reason: str = "") -> None:
    """Move the deadline to a later time; the public log contains the change.

    Submissions that were late before the extension stay late.

    Parameters
    ----------
    board : Board
        A competition that is not closed.
    closes : datetime
        The new deadline, later than the old one and than now.
    reason : str
        Reason for the log, at most 200 printable characters.

    Raises
    ------
    KitError
        If the competition is closed, or the new deadline is not later, or more than a year later.
    """
    check_reason(reason, required=False)
    with board.database.writing() as session:
        state = board.state(session, "write")
        if state.closed_at is not None:
            raise KitError(
                f"The competition was closed {show_time(state.closed_at)} and cannot be extended."
            )
        now = board.now()
        if closes <= (earliest := max(state.closes, now)):
            raise KitError(
                f"The new deadline {show_time(closes)} is too early: choose one later than "
                f"{show_time(earliest)}."
            )
        if closes > earliest + _LONGEST_EXTENSION:
            raise KitError(
                f"The new deadline {show_time(closes)} is more than a year later, and a deadline "
                "cannot be moved back. Check the year."
            )
        details = {"old": show_time(state.closes), "new": show_time(closes), "reason": reason}
        state.closes = closes
        append_entry(board.database, session, now, ORGANIZER, "deadline extended", details)


def parse_deadline(board: Contest, text: str) -> datetime:
    """Return the deadline that a text means: a time, or ``+2h`` after the current deadline.

    Raises
    ------
    KitError
        If it is neither.
    """
    with board.database.reading() as session:
        current = board.state(session).closes
    return parse_moment(text.strip(), current)


def close_competition(
    board: Board, *, early: bool = False, n_replicates: int = N_REPLICATES
) -> FinalStandings:
    """Close the competition and compute the final standings.

    First it waits for files that are in work, at most a minute (`wait_for_files`). Closing ends the
    ranking of submissions; then the standings are computed, which may take minutes. If that was
    interrupted, call this function again.

    Parameters
    ----------
    board : Board
        A competition whose deadline is over.
    early : bool
        Close before the deadline; the public log says so.
    n_replicates : int
        Bootstrap replicates of intervals and rank ranges.

    Raises
    ------
    KitError
        If the deadline is not over, or the competition is already closed.
    """
    wait_for_files(board)
    with board.database.writing() as session:
        state = board.state(session, "write")
        if state.closed_at is None:
            ranked = select(func.count()).select_from(Submission).where(RANKED)
            facts = {
                "n_teams": session.scalars(
                    select(func.count()).where(Team.n_submissions > 0)
                ).one(),
                "n_submissions": session.scalars(ranked).one(),
            }
            mark_closed(board, session, facts, early=early)
        elif final_standings(board) is not None:
            raise KitError(f"The competition was already closed {show_time(state.closed_at)}.")
    return _compute_and_save(board, n_replicates)


def mark_closed(
    contest: Contest, session: Session, facts: dict[str, Any], *, early: bool = False
) -> None:
    """Close an open competition in a writing transaction, as its last step but one.

    Parameters
    ----------
    contest : Contest
    session : Session
        The state is locked.
    facts : dict
        Further details of the entry in the log.
    early : bool
        Close before the deadline; the public log says so.

    Raises
    ------
    KitError
        If the deadline is not over.
    """
    state, now = contest.state(session, "write"), contest.now()
    if now < state.closes and not early:
        raise KitError(
            f"The competition runs until {show_time(state.closes)}. Close it then, or add "
            "--early, which the public log will say."
        )
    details: dict[str, Any] = {
        "deadline": show_time(state.closes),
        "early": now < state.closes,
        **facts,
        # Publishing this hash commits to all entries before it.
        "log": head_hash(session),
    }
    state.closed_at = now
    append_entry(contest.database, session, now, ORGANIZER, "competition closed", details)


def recompute_final(board: Board, *, n_replicates: int | None = None) -> FinalStandings | None:
    """Compute the final standings again after a correction; None before the close.

    Parameters
    ----------
    board : Board
        The competition.
    n_replicates : int, optional
        Bootstrap replicates; by default as many as before.
    """
    with board.database.reading() as session:
        if board.state(session).closed_at is None:
            return None
        earlier = read_entries(session, actions=(COMPUTED,), limit=1)
    n_before = earlier[0].details["n_replicates"] if earlier else N_REPLICATES
    return _compute_and_save(board, n_replicates or n_before)


def _compute_and_save(board: Board, n_replicates: int) -> FinalStandings:
    while True:
        with board.database.reading() as session:
            n_corrections = _count_entries(session, *CORRECTIONS)
        final = compute_final(board, n_replicates=n_replicates)
        with board.database.writing() as session:
            revealed = board.state(session, "write").revealed_at is not None
            if _count_entries(session, *CORRECTIONS) != n_corrections:
                continue  # another process has corrected something in the meantime
            save_final(session, final)
            details = {
                "n_teams": len(final.rows),
                "n_replicates": n_replicates,
                "sha256": final_sha256(session),
            }
            append_entry(board.database, session, board.now(), ORGANIZER, COMPUTED, details)
        if revealed:
            _publish_evidence(board)
        return final


def _count_entries(session: Session, *actions: str) -> int:
    return session.scalars(select(func.count()).where(AuditEntry.action.in_(actions))).one()


def reveal_labels(board: Board) -> Path:
    """Publish secret, nonce and labels, so that everybody can check the commitment.

    The evidence (`standings.evidence`) is published with them, so that everybody can check the
    standings, too. It is published again when the standings are computed again.

    Returns
    -------
    path
        The file, for `customs-kit data verify --revealed`.

    Raises
    ------
    KitError
        Before the close, or if the hidden labels are missing.
    """
    path = board.folder.reveal_file
    with board.database.reading() as session:
        state = board.state(session)
        n_before = _count_entries(session, *CORRECTIONS, COMPUTED)
    if state.closed_at is None:
        raise KitError(
            "The competition is open. Labels are revealed after the close: run `customs-kit "
            "leaderboard close` first."
        )
    if state.revealed_at is not None:
        if not path.exists():
            raise KitError(f"{path} was published, but is missing. Restore it from a backup.")
        if not _has_evidence(board):
            _publish_evidence(board)
        return path
    with disk_errors():
        path.unlink(missing_ok=True)  # left by an attempt that failed
    write_reveal(board.competition.edition, path, read_replacements(board))
    with disk_errors():
        content = path.read_bytes()
        sync_folder(path.parent)
    evidence = write_evidence(board, board.folder.evidence_file)
    with board.database.writing() as session:
        state = board.state(session, "write")
        if _count_entries(session, *CORRECTIONS, COMPUTED) != n_before:
            raise KitError(
                "Another command has corrected something meanwhile, and nothing was published. "
                "Run this one again."
            )
        state.revealed_at = now = board.now()
        details = {"sha256": hashlib.sha256(content).hexdigest(), "n_bytes": len(content)}
        append_entries(
            board.database,
            session,
            [
                Event(now, ORGANIZER, "labels revealed", details),
                Event(now, ORGANIZER, EVIDENCE_PUBLISHED, evidence),
            ],
        )
    return path


def _has_evidence(board: Board) -> bool:
    """Whether the newest standings are in the published evidence, and its file is there."""
    with board.database.reading() as session:
        newest = read_entries(session, actions=(EVIDENCE_PUBLISHED, COMPUTED), limit=1)
    path = board.folder.evidence_file
    if not newest or newest[0].action != EVIDENCE_PUBLISHED or not path.exists():
        return False
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    return bool(sha256 == newest[0].details["sha256"])


def _publish_evidence(board: Board) -> None:
    evidence = write_evidence(board, board.folder.evidence_file)
    with board.database.writing() as session:
        now = board.now()
        append_entry(board.database, session, now, ORGANIZER, EVIDENCE_PUBLISHED, evidence)
