"""Folders of runs: each run has its own, and none is ever written into twice."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from customs_data.files.atomic import write_errors


@contextmanager
def run_folder(out: Path, name: str, *, finished: str) -> Iterator[Path]:
    """Make a new folder NAME below `out`; NAME-2, NAME-3, ... if that is taken.

    Several processes may do so at once. If the run is interrupted, the folder is removed unless
    the run had got as far as the file `finished`.

    Raises
    ------
    KitError
        If the folder cannot be made.
    """
    folder = _make(out, name)
    try:
        yield folder
    except BaseException:
        if not (folder / finished).exists():
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _make(out: Path, name: str) -> Path:
    with write_errors(out):
        out.mkdir(parents=True, exist_ok=True)
        for n in count(1):
            folder = out / (name if n == 1 else f"{name}-{n}")
            try:
                folder.mkdir()  # fails if another process was faster
            except FileExistsError:
                continue
            break
    return folder
