"""Permissions of a competition's folder: nobody but its owner may read any of it."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

FILE_MODE: Final = 0o600
FOLDER_MODE: Final = 0o700
_FOR_OTHERS: Final = 0o077


def close_to_others(root: Path) -> None:
    """Take the permissions of others from a folder and everything in it.

    Earlier releases left the database, and submissions of a restored competition, open to them.
    Links are not followed. What belongs to another user stays as it is.
    """
    with suppress(OSError):
        _close(os.lstat(root), root)
    for folder, folders, files in os.walk(root):  # does not follow links
        for name in (*folders, *files):
            path = Path(folder, name)
            with suppress(OSError):
                _close(os.lstat(path), path)


def _close(status: os.stat_result, path: Path) -> None:
    is_ours = stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)
    if is_ours and status.st_mode & _FOR_OTHERS:
        # Not with follow_symlinks=False, which glibc before 2.32 cannot do. A link put here in the
        # meantime does no harm: this mode admits nobody.
        path.chmod(stat.S_IMODE(status.st_mode) & ~_FOR_OTHERS)
