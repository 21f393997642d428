"""Backups: rules, tables and files of a running competition in one tar file, and back again.

The tables are one consistent view of the database. Files are written before their rows are
committed and never changed, so those that the view names are all there. The backup does not depend
on the kind of database: what SQLite held can be restored into PostgreSQL.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from sqlalchemy import select

from customs_data.errors import KitError
from customs_leaderboard.board import Board
from customs_leaderboard.rules.competition import show_time
from customs_leaderboard.store.audit_log import head_hash
from customs_leaderboard.store.folder import durable_file
from customs_leaderboard.store.schema import Base, Submission

FORMAT: Final = "customs-kit backup 1"
MANIFEST: Final = "backup.json"
#: Rows are put back in this order: what others refer to first.
TABLES: Final = ("state", "team", "submission", "selection", "audit_entry", "final_result")


def write_backup(board: Board, out: Path) -> dict[str, int]:
    """Write a backup while the competition goes on.

    Parameters
    ----------
    board : Board
        The competition.
    out : path
        A new file, ``.tar`` or ``.tar.gz``; readable by its owner only. It holds exact scores and
        hashes of tokens: keep it as safe as the labels. The edition is not in it.

    Returns
    -------
    dict of str to int
        Rows by table, and ``files``.

    Raises
    ------
    KitError
        If the file exists, or a counted file is missing or changed.
    """
    if not out.name.endswith((".tar", ".tar.gz")):
        raise KitError(f"A backup must be named .tar or .tar.gz, however: {out.name}. Rename it.")
    if out.exists():
        raise KitError(f"{out} must be a new file, however: it exists. Choose another name.")
    if not out.parent.is_dir():
        raise KitError(f"{out.parent} must be a folder, however: there is none.")
    with durable_file(out) as stream, _tar(stream, out) as tar:
        return _write(board, tar)


def _write(board: Board, tar: tarfile.TarFile) -> dict[str, int]:
    sums: dict[str, str] = {}

    def add(name: str, content: bytes) -> None:
        sums[name] = hashlib.sha256(content).hexdigest()
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = len(content), 0o600
        tar.addfile(entry, io.BytesIO(content))

    counts: dict[str, int] = {}
    with board.database.reading() as session:
        head = head_hash(session)
        for name in TABLES:
            table = Base.metadata.tables[name]
            lines = [
                json.dumps(_plain(row), sort_keys=True)
                for row in session.execute(select(table).order_by(*table.primary_key)).mappings()
            ]
            counts[name] = len(lines)
            add(f"tables/{name}.jsonl", "".join(f"{line}\n" for line in lines).encode())
        submissions = list(session.scalars(select(Submission).order_by(Submission.number)))
    for path in (
        board.folder.competition_file, board.folder.references_file, board.folder.reveal_file
    ):  # fmt: skip
        if path.exists():
            add(path.name, path.read_bytes())
    for held in submissions:
        path = board.folder.submission_path(held.team_number, held.sha256, held.suffix)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise KitError(
                f"{path} must be the file of submission {held.number}, however: it cannot be read "
                f"({error.strerror})."
            ) from None
        if hashlib.sha256(content).hexdigest() != held.sha256:
            raise KitError(f"{path} has changed since submission {held.number} was counted.")
        add(file_name(held.team_number, held.sha256, held.suffix), content)
    counts["files"] = len(submissions)
    manifest = {
        "format": FORMAT,
        "made_at": show_time(board.now()),
        "edition": board.manifest.name,
        "commitment": board.manifest.commitment,
        "log": head,
        "counts": counts,
        "sha256": dict(sums),
    }
    add(MANIFEST, (json.dumps(manifest, indent=1) + "\n").encode())
    return counts


def file_name(team_number: int, sha256: str, suffix: str) -> str:
    """Name of a submission's file within a backup."""
    return f"submissions/{team_number}/{sha256}{suffix}"


def _plain(row: Any) -> dict[str, Any]:
    """Moments as the database writes them."""
    return {
        name: show_time(value) if hasattr(value, "isoformat") else value
        for name, value in row.items()
    }


@contextmanager
def _tar(stream: IO[bytes], out: Path) -> Iterator[tarfile.TarFile]:
    if out.suffix == ".gz":
        with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=6) as tar:
            yield tar
    else:
        with tarfile.open(fileobj=stream, mode="w:") as tar:
            yield tar
