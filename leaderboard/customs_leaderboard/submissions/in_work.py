"""Files that are complete and not answered yet, seen from another process: those in spool/."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from customs_leaderboard.board import Board

_MOST_SECONDS: Final = 60
_STEP_SECONDS: Final = 0.2
# Older files were left by a crash.
_OLDEST_SECONDS: Final = 1000


def wait_for_files(board: Board, *, pause: Callable[[float], None] = time.sleep) -> int:
    """Wait up to a minute until the files that are in work now are answered.

    Call it before closing: a file that was complete before the deadline and is accepted after the
    close cannot be ranked any more.

    Parameters
    ----------
    board : Board
        The competition.
    pause : callable
        Waits some seconds.

    Returns
    -------
    int
        Number of files that are still in work.
    """
    waiting = _young_files(board)
    for _ in range(round(_MOST_SECONDS / _STEP_SECONDS)):
        if not waiting:
            break
        pause(_STEP_SECONDS)
        waiting &= _young_files(board)
    return len(waiting)


def _young_files(board: Board) -> set[Path]:
    files = set()
    for path in board.folder.spool.iterdir():
        try:
            age = time.time() - path.lstat().st_mtime
        except FileNotFoundError:  # answered meanwhile
            continue
        if path.is_file() and age < _OLDEST_SECONDS:
            files.add(path)
    return files
