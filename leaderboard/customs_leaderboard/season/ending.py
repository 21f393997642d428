"""The end of a competition of seasons: close it, reveal the master secret with the evidence."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select

from customs_data.errors import KitError
from customs_leaderboard.rules.schedule import show_time
from customs_leaderboard.season.board import SeasonBoard, generator_version
from customs_leaderboard.season.standings import SeasonTable, final_table, save_table
from customs_leaderboard.standings.close import mark_closed
from customs_leaderboard.standings.evidence import README, Parts, pack_evidence, table_lines
from customs_leaderboard.store.actions import EVIDENCE_PUBLISHED, ORGANIZER, WORLDS_REVEALED
from customs_leaderboard.store.audit_log import Event, append_entries, append_entry, head_hash
from customs_leaderboard.store.schema import FinalResult, SeasonAttempt, SeasonStep

FORMAT: Final = "customs-kit season evidence 1"
SECRET: Final = "master_secret.json"  # noqa: S105 - a file, published after the close
#: What is published of each table: no token, code, address or person.
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "state": ("number", "edition", "commitment", "rules", "closes", "closed_at", "revealed_at"),
    "team": ("number", "name", "disabled_at"),
    "season_attempt": ("team_number", "number", "begun_at", "finished_at", "abandoned_at"),
    "season_step": ("team_number", "attempt", "world", "week", "decided_at", "selection"),
    "season_result": ("team_number", "attempt", "world", "scores"),
    "audit_entry": (
        "sequence", "at", "actor", "action", "details", "previous_hash", "hash",
    ),
    "final_result": ("number", "content"),
}  # fmt: skip

_README: Final = """\
Evidence of a competition of seasons: the master secret, its whole audit log with the salts, every
decision of every team, and the final table. Check it:

    customs-kit leaderboard season verify evidence.zip --kept HASH

HASH is one that you noted during the competition, from the page of the log.
"""


def close_season(board: SeasonBoard, *, early: bool = False) -> SeasonTable:
    """Close the competition, and compute the final table in the same transaction.

    Parameters
    ----------
    board : SeasonBoard
        A competition whose deadline is over.
    early : bool
        Close before the deadline; the public log says so.

    Raises
    ------
    KitError
        If the deadline is not over, or the competition is already closed.
    """
    with board.database.writing() as session:
        state = board.state(session, "write")
        if state.closed_at is not None:
            raise KitError(f"The competition was already closed {show_time(state.closed_at)}.")
        finished = select(func.count()).where(SeasonAttempt.finished_at.is_not(None))
        facts = {
            "n_attempts_finished": session.scalar(finished),
            "n_weeks_decided": session.scalar(select(func.count()).select_from(SeasonStep)),
        }
        mark_closed(board, session, facts, early=early)
        return save_table(board, session)


def reveal_season(board: SeasonBoard) -> Path:
    """Publish the master secret in the public log, and the evidence with which anyone verifies.

    If it was interrupted, or the table was computed again, call it again.

    Returns
    -------
    path
        The evidence.

    Raises
    ------
    KitError
        Before the close, or if the secret does not give the commitment.
    """
    path, secret = board.folder.evidence_file, board.secret
    if final_table(board) is None:
        raise KitError(
            "The competition is open. Its secret is revealed after the close: run `customs-kit "
            "leaderboard season close` first."
        )
    with board.database.writing() as session:
        state = board.state(session, "write")
        if state.revealed_at is None:
            state.revealed_at = now = board.now()
            details = {"secret": secret.hex(), "generator_version": generator_version()}
            append_entries(
                board.database, session, [Event(now, ORGANIZER, WORLDS_REVEALED, details)]
            )
    evidence = pack_evidence(path, lambda packed: _write(board, packed))
    with board.database.writing() as session:
        now = board.now()
        append_entry(board.database, session, now, ORGANIZER, EVIDENCE_PUBLISHED, evidence)
    return path


def _write(board: SeasonBoard, packed: zipfile.ZipFile) -> str:
    parts = Parts(packed)
    parts.add(README, _README.encode())
    secret: dict[str, Any] = {
        "secret": board.secret.hex(),
        "generator_version": generator_version(),
    }
    parts.add(SECRET, (json.dumps(secret, indent=1) + "\n").encode())
    with board.database.reading() as session:
        head = head_hash(session)
        for name, columns in COLUMNS.items():
            parts.add(f"tables/{name}.jsonl", table_lines(session, name, columns))
        assert session.scalar(select(FinalResult.number)) is not None
    parts.end({"format": FORMAT, "competition": board.competition.title, "log": head})
    return head
