"""Room on the disk: what is free, what a competition uses, and whether files can be stored."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import text

from customs_leaderboard.contest import Contest
from customs_leaderboard.errors import UnavailableError

# The disk must have room for this many files of the largest size.
_N_FILES: Final = 8


@dataclass(frozen=True)
class Room:
    """Sizes in bytes.

    Attributes
    ----------
    free : int
        Free for the service on the disk of the competition's folder.
    folder : int
        Used by the competition's folder, with an embedded database.
    database : int
        Used by the database.
    """

    free: int
    folder: int
    database: int

    def as_dict(self) -> dict[str, Any]:
        """Return the sizes as plain data for JSON."""
        return dict(vars(self))


def measure_room(board: Contest) -> Room:
    """Measure disk, folder and database.

    Raises
    ------
    UnavailableError
        If the disk or the database does not respond.
    """
    used = _size_of(str(board.folder.root))
    if board.database.is_postgresql:
        with board.database.reading() as session:
            database = session.scalar(text("SELECT pg_database_size(current_database())")) or 0
    else:
        path = board.database.engine.url.database or ""
        database = sum(_size_of_file(path + suffix) for suffix in ("", "-wal", "-shm"))
    return Room(_free(board), used, database)


def check_room(board: Contest) -> None:
    """Check that database and disk can store a submission.

    Raises
    ------
    UnavailableError
        If they cannot.
    """
    board.database.check()
    if _free(board) < _N_FILES * board.competition.max_upload_bytes:
        raise UnavailableError("The leaderboard's disk is nearly full.")
    if not os.access(board.folder.spool, os.W_OK):
        raise UnavailableError("The leaderboard's disk is read-only.")


def _free(board: Contest) -> int:
    try:
        space = os.statvfs(board.folder.spool)
    except OSError as error:
        raise UnavailableError("The leaderboard's disk does not answer.") from error
    return space.f_bavail * space.f_frsize


def _size_of(folder: str) -> int:
    """Return the size of the files below a folder; files that vanish meanwhile are left out."""
    return sum(
        _size_of_file(os.path.join(path, name))  # noqa: PTH118
        for path, _, names in os.walk(folder)
        for name in names
    )


def _size_of_file(path: str) -> int:
    try:
        return os.lstat(path).st_size
    except OSError:
        return 0
