"""Tables in parts: a folder ``train/`` of ``part-00001.parquet``, ``part-00002.parquet`` ..."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Final

from customs_data.errors import KitError

_NAME: Final = re.compile(r"part-[0-9]{5,}\.parquet")
#: Rows of a part, at most.
PART_ROWS: Final = 500_000


def part_name(number: int) -> str:
    """Return the name of a part's file; the first part is number 1.

    Examples
    --------
    >>> part_name(1)
    'part-00001.parquet'
    """
    return f"part-{number:05d}.parquet"


def is_in_parts(path: Path) -> bool:
    """Return whether a path is a folder with a first part."""
    return (path / part_name(1)).is_file()


def table_parts(path: Path) -> tuple[Path, ...]:
    """Return the files of a table in their order: those in the folder, or the file itself.

    Raises
    ------
    KitError
        If a part is missing between others.
    """
    if not is_in_parts(path):
        return (path,)
    there = {entry.name for entry in path.iterdir() if _NAME.fullmatch(entry.name)}
    names = [part_name(number + 1) for number in range(len(there))]
    if missing := [name for name in names if name not in there]:
        raise KitError(f"{path} lacks {missing[0]}, although it has later parts. Fetch it again.")
    return tuple(path / name for name in names)


def joint_sha256(digests: Iterable[str]) -> str:
    """Return the SHA-256 of a table in parts: that of its parts' SHA-256, 32 bytes each, in order.

    Parameters
    ----------
    digests : iterable of str
        SHA-256 of the canonical CSV of each part, in hexadecimal.
    """
    joint = sha256()
    for digest in digests:
        joint.update(bytes.fromhex(digest))
    return joint.hexdigest()
