"""Folders of runs: each run has its own, and no kept run is ever written over."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Final

from customs_baselines.running.kept_code import CODE
from customs_data.files.atomic import write_errors
from customs_data.temporary import owned

LOG: Final = "log.txt"


@contextmanager
def run_folder(out: Path, name: str, *, finished: str) -> Iterator[Path]:
    """Make a folder NAME below `out`; NAME-2, NAME-3, ... if that is taken.

    Several processes may do so at once. A folder that a killed run has left, with nothing in it but
    the code and the log, is taken again. If the run is interrupted, the folder is removed unless
    the run had got as far as the file `finished`.

    Raises
    ------
    KitError
        If the folder cannot be made.
    """
    with ExitStack() as stack:
        folder = _take(out, name, stack)
        try:
            yield folder
        except BaseException:
            if not (folder / finished).exists():
                shutil.rmtree(folder, ignore_errors=True)
            raise


def _take(out: Path, name: str, stack: ExitStack) -> Path:
    """Return the first folder that no other run has; it is locked until `stack` ends."""
    with write_errors(out):
        out.mkdir(parents=True, exist_ok=True)
        for n in count(1):
            folder = out / (name if n == 1 else f"{name}-{n}")
            try:
                folder.mkdir()
                is_new = True
            except FileExistsError:
                is_new = False
                if not _is_unfinished(folder):
                    continue
            with ExitStack() as attempt:
                # Looked at again: the run may have finished before the lock.
                if attempt.enter_context(owned(folder, is_new=is_new)) and _is_unfinished(folder):
                    _empty(folder)
                    stack.push(attempt.pop_all())
                    break
    return folder


def _is_unfinished(folder: Path) -> bool:
    """Whether a folder contains nothing but what a run writes first."""
    try:
        return {path.name for path in folder.iterdir()} <= {CODE, LOG}
    except OSError:  # a file, or removed
        return False


def _empty(folder: Path) -> None:
    shutil.rmtree(folder / CODE, ignore_errors=True)
    (folder / LOG).unlink(missing_ok=True)
