"""Write the evidence: what lets anyone verify a competition after the reveal."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from customs_data.files.atomic import replace_file, write_errors
from customs_leaderboard.board import Board
from customs_leaderboard.rules.schedule import show_time
from customs_leaderboard.store.audit_log import head_hash
from customs_leaderboard.store.schema import Base, FinalResult, Submission

FORMAT: Final = "customs-kit evidence 1"
MANIFEST: Final = "evidence.json"
README: Final = "README.txt"
#: What is published of each table, and nothing else: no token, code, address, note or person.
#: Tables come before those that refer to them.
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "state": (
        "number", "edition", "commitment", "rules", "closes", "closed_at", "revealed_at",
    ),
    "solution": ("number", "at", "reason", "sha256", "commitment", "previous_commitment"),
    "team": (
        "number", "name", "name_key", "made_at", "disabled_at", "disabled_reason",
        "n_submissions", "best_shown", "improved_at", "best_submission",
    ),
    "submission": (
        "number", "team_number", "sha256", "suffix", "n_bytes", "received_at", "day", "late",
        "improved", "shown", "answer_sha256", "struck_at", "struck_reason",
    ),
    "score": ("submission_number", "period", "metric", "value", "previous_value"),
    "selection": ("submission_number", "team_number", "selected_at"),
    "audit_entry": (
        "sequence", "at", "actor", "action", "details", "previous_hash", "hash",
    ),
    "final_result": ("number", "content"),
}  # fmt: skip

_README: Final = """\
Evidence of a competition: its whole audit log with the salts, its teams, submissions, exact scores,
selections and final standings, and the files that decide these. Check it with the edition's public
files and the reveal:

    customs-kit leaderboard verify --evidence evidence.zip --edition EDITION \\
      --revealed reveal.json.gz --kept HASH

HASH is one that you noted during the competition, from the page of the log.
"""


def write_evidence(board: Board, out: Path) -> dict[str, Any]:
    """Write the evidence of a closed competition, replacing an earlier one.

    Parameters
    ----------
    board : Board
        A competition with final standings.
    out : path
        A zip file, readable by its owner only; the service publishes it.

    Returns
    -------
    dict of str to str or int
        ``sha256`` and ``n_bytes`` of the file, and ``log``: the hash of its newest entry.

    Raises
    ------
    KitError
        If a file that decides the standings is missing or has changed, or the disk fails.
    """
    return pack_evidence(out, lambda packed: _write(board, packed))


def pack_evidence(out: Path, write: Callable[[zipfile.ZipFile], str]) -> dict[str, Any]:
    """Write a zip file of evidence atomically.

    Parameters
    ----------
    out : path
        Readable by its owner only; replaced if it exists.
    write : callable
        Writes the parts, and returns the hash of the log's newest entry.

    Returns
    -------
    dict of str to str or int
        As of `write_evidence`.
    """
    with (
        write_errors(out),
        replace_file(out, mode=0o600) as scratch,
        write_errors(out, scratch),
    ):
        with zipfile.ZipFile(scratch, "w") as packed:
            head = write(packed)
        with scratch.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        n_bytes = scratch.stat().st_size
    return {"sha256": sha256, "n_bytes": n_bytes, "log": head}


def deciding_submissions(content: str | None) -> set[int]:
    """Return the submissions that decide the stored final standings: all that are selected."""
    rows = [] if content is None else json.loads(content)["rows"]
    return {number for row in rows for number in (*row["selected"], row["submission"])}


def _write(board: Board, packed: zipfile.ZipFile) -> str:
    parts = Parts(packed)
    parts.add(README, _README.encode())
    with board.database.reading() as session:
        head = head_hash(session)
        for name in COLUMNS:
            parts.add(f"tables/{name}.jsonl", table_lines(session, name, COLUMNS[name]))
        decide = deciding_submissions(session.scalar(select(FinalResult.content)))
        query = select(Submission).where(Submission.number.in_(decide))
        submissions = list(session.scalars(query.order_by(Submission.number)))
    for submission in submissions:
        path = board.folder.accepted_file(submission)
        parts.add(f"submissions/{submission.number}{submission.suffix}", path.read_bytes())
    parts.end(
        {
            "format": FORMAT,
            "competition": board.competition.title,
            "edition": board.manifest.name,
            "log": head,
        }
    )
    return head


class Parts:
    """Parts of a file of evidence, and a list of their checksums.

    Parameters
    ----------
    packed : ZipFile
        Open for writing.
    """

    def __init__(self, packed: zipfile.ZipFile) -> None:
        self._packed = packed
        self._sums: dict[str, str] = {}

    def add(self, name: str, content: bytes) -> None:
        """Add a part."""
        self._sums[name] = hashlib.sha256(content).hexdigest()
        self._put(name, content)

    def end(self, manifest: dict[str, Any]) -> None:
        """Add the manifest, with the checksums of all parts."""
        content = json.dumps({**manifest, "sha256": self._sums}, indent=1) + "\n"
        self._put(MANIFEST, content.encode())

    def _put(self, name: str, content: bytes) -> None:
        # Without a time, so that the same content gives the same bytes.
        self._packed.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def table_lines(session: Session, name: str, columns: Sequence[str]) -> bytes:
    """Return some columns of a table as lines of JSON, in the order of its primary key."""
    table = Base.metadata.tables[name]
    query = select(*(table.c[column] for column in columns)).order_by(*table.primary_key)
    lines = (json.dumps(_plain(row), sort_keys=True) for row in session.execute(query).mappings())
    return "".join(f"{line}\n" for line in lines).encode()


def _plain(row: Any) -> dict[str, Any]:
    return {
        name: show_time(value) if hasattr(value, "isoformat") else value
        for name, value in row.items()
    }
