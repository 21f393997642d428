"""Backups: rules, tables and files of a running competition in one tar file.

The tables are one consistent view of the database. Files are written before their rows are
committed, and never change, so every file of that view exists. A backup does not depend on the
database: one made with SQLite can be restored into PostgreSQL. Format 1, of version 0.1.0, has the
tables of revision 0001; format 2 names their revision.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from pathlib import Path
from typing import Any, Final, Literal

from sqlalchemy import select, text

from customs_data.errors import KitError
from customs_data.files.atomic import replace_file, write_errors
from customs_leaderboard.board import Board
from customs_leaderboard.contest import Contest
from customs_leaderboard.rules.schedule import show_time
from customs_leaderboard.store.actions import BACKED_UP, ORGANIZER
from customs_leaderboard.store.audit_log import append_entry, head_hash
from customs_leaderboard.store.folder import Folder, check_new
from customs_leaderboard.store.schema import Base, Solution, Submission

#: The last one is written, all can be restored.
FORMATS: Final = ("customs-kit backup 1", "customs-kit backup 2")
MANIFEST: Final = "backup.json"
#: Solutions that replaced another, and the organizer's pages.
IN_FOLDERS: Final = re.compile(r"solutions/[0-9]+\.csv|pages/[A-Za-z0-9_-]+\.md")
#: Parts of the folder that a backup leaves out: the database, whose rows it has, files that are
#: being received or written, and a cache.
LEFT_OUT: Final = ("board.sqlite3", "board.sqlite3-wal", "board.sqlite3-shm", "spool", "worlds")
#: In this order rows are restored: tables before those that refer to them.
TABLES: Final = (
    "state", "solution", "team", "member", "access_code", "submission", "refusal", "score",
    "selection", "season_attempt", "season_step", "season_result", "audit_entry", "final_result",
)  # fmt: skip


def write_backup(board: Contest, out: Path) -> dict[str, int]:
    """Write a backup while the competition runs; the log gets an entry.

    Parameters
    ----------
    board : Board or SeasonBoard
        The competition.
    out : path
        A new file, ``.tar`` or ``.tar.gz``, readable by its owner only. It contains exact scores
        and hashes of tokens, and the master secret of a competition of seasons: keep it as safe as
        the labels. The edition is not in it.

    Returns
    -------
    dict of str to int
        Number of rows by table, and of ``files``.

    Raises
    ------
    KitError
        If the file exists, or an accepted file is missing or changed.
    """
    if not out.name.endswith((".tar", ".tar.gz")):
        raise KitError(f"A backup is a .tar or .tar.gz file, not {out.name}. Rename it.")
    check_new(out)
    compression: Literal["w:gz", "w:"] = "w:gz" if out.suffix == ".gz" else "w:"
    with (
        write_errors(out),
        replace_file(out, mode=0o600, must_be_new=True) as scratch,
        write_errors(out, scratch),
        tarfile.open(scratch, compression) as tar,
    ):
        counts = _write(board, tar)
    with board.database.writing() as session:
        details = {"n_files": counts["files"], "n_entries": counts["audit_entry"]}
        append_entry(board.database, session, board.now(), ORGANIZER, BACKED_UP, details)
    return counts


def _write(board: Contest, tar: tarfile.TarFile) -> dict[str, int]:
    sums: dict[str, str] = {}

    def add(name: str, content: bytes) -> None:
        sums[name] = hashlib.sha256(content).hexdigest()
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = len(content), 0o600
        tar.addfile(entry, io.BytesIO(content))

    counts: dict[str, int] = {}
    with board.database.reading() as session:
        head = head_hash(session)
        revision = session.scalar(text("SELECT version_num FROM alembic_version"))
        state = board.state(session)
        edition, commitment = state.edition, state.commitment
        for name in TABLES:
            table = Base.metadata.tables[name]
            lines = [
                json.dumps(_plain(row), sort_keys=True)
                for row in session.execute(select(table).order_by(*table.primary_key)).mappings()
            ]
            counts[name] = len(lines)
            add(f"tables/{name}.jsonl", "".join(f"{line}\n" for line in lines).encode())
        submissions = list(session.scalars(select(Submission).order_by(Submission.number)))
        solutions = list(session.scalars(select(Solution.number).order_by(Solution.number)))
    folder = board.folder
    if isinstance(board, Board):  # the state has the commitment of the newest labels
        edition, commitment = board.manifest.name, board.manifest.commitment
    optional = [folder.competition_file, folder.references_file]
    optional += [folder.season_file, folder.secret_file]
    optional += [folder.reveal_file, folder.evidence_file]
    optional += [page for page in sorted(folder.pages.glob("*")) if _is_packed(folder, page)]
    paths = [path for path in optional if path.exists()]
    paths += [folder.solution_path(number) for number in solutions]
    for path in paths:
        add(path.relative_to(folder.root).as_posix(), path.read_bytes())
    for submission in submissions:
        path = folder.accepted_file(submission)
        add(path.relative_to(folder.root).as_posix(), path.read_bytes())
    counts["files"] = len(submissions)
    manifest = {
        "format": FORMATS[-1],
        "revision": revision,
        "made_at": show_time(board.now()),
        "edition": edition,
        "commitment": commitment,
        "log": head,
        "counts": counts,
        "sha256": dict(sums),
    }
    add(MANIFEST, (json.dumps(manifest, indent=1) + "\n").encode())
    return counts


def _is_packed(folder: Folder, path: Path) -> bool:
    """Whether a backup contains a file of one of the folders solutions/ and pages/."""
    return IN_FOLDERS.fullmatch(path.relative_to(folder.root).as_posix()) is not None


def _plain(row: Any) -> dict[str, Any]:
    """Return a row with times as text, as in the database."""
    return {
        name: show_time(value) if hasattr(value, "isoformat") else value
        for name, value in row.items()
    }
