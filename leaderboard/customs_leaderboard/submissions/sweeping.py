"""Delete received files that were never accepted, as crashes leave behind.

Only names of the kit's own form are deleted, only regular files, and never through a link: a folder
of the competition may have been replaced by a link to anywhere.
"""

from __future__ import annotations

import logging
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select

from customs_leaderboard.board import Board
from customs_leaderboard.store.schema import Submission

_LOG: Final = logging.getLogger(__name__)
_SPOOLED: Final = re.compile(r"[0-9a-f]{32}")
_TEAM: Final = re.compile(r"[0-9]+")
_ACCEPTED: Final = re.compile(r"[0-9a-f]{64}\.csv(\.gz)?")


def sweep(board: Board, older_than: timedelta = timedelta(hours=1)) -> int:
    """Delete received files that were never accepted.

    Anything else in these folders stays, and is named in the log.

    Parameters
    ----------
    board : Board
        The competition.
    older_than : timedelta
        Minimum age; newer files may be in use.

    Returns
    -------
    int
        Number of deleted files.
    """
    limit = (board.now() - older_than).timestamp()
    folder = board.folder
    strange: list[Path] = []
    old = [*_old_files(folder.spool, _SPOOLED, limit, strange)]
    for team in _team_folders(folder.submissions, strange):
        old += _old_files(team, _ACCEPTED, limit, strange)
    # Queried after the files were listed, so that no file accepted meanwhile is deleted.
    with board.database.reading() as session:
        rows = session.execute(select(Submission.team_number, Submission.sha256, Submission.suffix))
        accepted = {folder.submission_path(*row) for row in rows}
    n_deleted = sum(_delete(path) for path in old if path not in accepted)
    if strange:
        _LOG.warning(
            "%s is not one of the leaderboard's files%s; it was left where it is.",
            strange[0],
            f", and neither are {len(strange) - 1} more" if len(strange) > 1 else "",
        )
    return n_deleted


def _team_folders(submissions: Path, strange: list[Path]) -> Iterator[Path]:
    for path, status in _entries(submissions, strange):
        if _TEAM.fullmatch(path.name) and stat.S_ISDIR(status.st_mode):
            yield path
        else:
            strange.append(path)


def _old_files(
    folder: Path, name: re.Pattern[str], limit: float, strange: list[Path]
) -> Iterator[Path]:
    for path, status in _entries(folder, strange):
        if not (name.fullmatch(path.name) and stat.S_ISREG(status.st_mode)):
            strange.append(path)
        elif status.st_mtime < limit:
            yield path


def _entries(folder: Path, strange: list[Path]) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield what is in a folder, with its own status; a link to a folder is strange."""
    try:
        with _opened(folder) as descriptor:
            with os.scandir(descriptor) as entries:
                names = sorted(entry.name for entry in entries)
            for name in names:
                try:
                    yield folder / name, os.lstat(name, dir_fd=descriptor)
                except FileNotFoundError:  # accepted or dropped in the meantime
                    continue
    except OSError:
        strange.append(folder)


def _delete(path: Path) -> bool:
    try:
        with _opened(path.parent) as descriptor:
            os.unlink(path.name, dir_fd=descriptor)
    except OSError:
        return False
    return True


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """Open a folder, but no link to one."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
