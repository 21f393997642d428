"""Formats of a submission: the one list for the check, the board, Kaggle and Codabench.

Parquet is not among them: what `customs-kit submission check` accepts, every target accepts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from customs_data.errors import KitError
from customs_data.files.csv_parsing import UTF8_BOM
from customs_data.files.reading import read_content
from customs_data.files.recognition import GZIP_MAGIC, PARQUET_MAGIC, known_format
from customs_data.temporary import scratch_folder

#: Suffix of a file -> its format; a file of another name is recognised by its first bytes.
FORMATS: Final = {".csv": "CSV", ".csv.gz": "gzipped CSV"}
FORMATS_IN_WORDS: Final = " or ".join(FORMATS.values())
SUFFIXES_IN_WORDS: Final = " or ".join(FORMATS)

_WAY_OUT: Final = f"send {FORMATS_IN_WORDS}; with pandas: frame.to_csv(path, index=False)"
_N_FIRST_BYTES: Final = 4096


def not_parquet(content: bytes | None, source: str) -> bytes:
    """Return the content of a file (`read_content`), or raise a `KitError` if it is Parquet."""
    if content is None:
        raise KitError(f"{source} is Parquet: {_WAY_OUT}.")
    return content


def check_format(path: Path) -> None:
    """Check by its first bytes whether a file may be a submission.

    Raises
    ------
    KitError
        If it is of another known format.
    OSError
        If it cannot be read.
    """
    with path.open("rb") as stream:
        start = stream.read(_N_FIRST_BYTES)
    if start.startswith(PARQUET_MAGIC):
        not_parquet(None, str(path))
    known = known_format(start)
    if known is not None and not start.startswith(GZIP_MAGIC):
        raise KitError(f"{path} is {known[0]}: {_WAY_OUT}.")


@contextmanager
def plain_csv(path: Path) -> Iterator[Path]:
    """Yield a checked submission as plain CSV with the suffix .csv, copied if it is none.

    Kaggle decides by the name of a file how to read it.

    Raises
    ------
    KitError
        If it cannot be read.
    """
    content = not_parquet(read_content(path), path.name)
    with path.open("rb") as stream:
        is_plain = not stream.read(len(UTF8_BOM)).startswith((GZIP_MAGIC, UTF8_BOM))
    if is_plain and path.suffix == ".csv":
        yield path
        return
    with scratch_folder() as folder:
        copy = folder / f"{path.name.partition('.')[0] or 'submission'}.csv"
        copy.write_bytes(content.removeprefix(UTF8_BOM))
        yield copy
