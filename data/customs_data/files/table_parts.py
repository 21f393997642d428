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
    """Return whether a path is a folder with a part; False if this user may not read it."""
    try:
        return any(_NAME.fullmatch(entry.name) for entry in path.iterdir())
    except OSError:  # among them a file, and a path that does not exist
        return False


def files_and_parts(folder: Path) -> list[Path]:
    """Return the files in a folder and the parts of its tables, sorted; no other folder's files.

    Raises
    ------
    KitError
        If a part is missing between others.
    OSError
        If the folder cannot be read.
    """
    files = []
    for path in sorted(folder.iterdir()):
        if path.is_file():
            files.append(path)
        elif is_in_parts(path):
            files += table_parts(path)
    return files


def table_of(path: Path) -> str:
    """Return the name of the table that a file has by its place.

    Examples
    --------
    >>> table_of(Path("public/test.csv")), table_of(Path("public/train/part-00001.parquet"))
    ('test', 'train')
    """
    return path.parent.name if _NAME.fullmatch(path.name) else path.name.partition(".")[0]


def table_parts(path: Path) -> tuple[Path, ...]:
    """Return the files of a table in their order: those in the folder, or the file itself.

    Raises
    ------
    KitError
        If a part is missing before or between others, or has more digits than it needs.
    """
    if not is_in_parts(path):
        return (path,)
    there = {entry.name for entry in path.iterdir() if _NAME.fullmatch(entry.name)}
    names = [part_name(number + 1) for number in range(len(there))]
    if missing := [name for name in names if name not in there]:
        raise KitError(
            f"{path} lacks {missing[0]}, although it has {max(there, key=_length_first)}. "
            "Fetch the table again."
        )
    return tuple(path / name for name in names)


def _length_first(name: str) -> tuple[int, str]:
    return len(name), name


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
