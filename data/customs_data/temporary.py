"""Temporary files and folders: locked by their maker, and swept by the next one if it was killed.

A lock (flock) ends with its process, however that ends. So a temporary file without a lock has no
maker any more. Names are our own, and links are never followed.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from customs_data.errors import KitError

_NAME: Final = re.compile(r"\.customs-kit-[0-9a-f]{16}(\.\w{1,12})?")
_SUFFIX: Final = re.compile(r"\.\w{1,12}")
#: In a temporary folder: parts of it that are being moved to the folder above.
_MOVING: Final = ".moving.json"


@contextmanager
def temporary_file(folder: Path, suffix: str = "", *, mode: int = 0o666) -> Iterator[Path]:
    """Make an empty temporary file in `folder`; remove it at the end unless it was renamed.

    Parameters
    ----------
    folder : path
        An existing folder.
    suffix : str
        End of its name, such as ``.csv``; left out where it is no usual suffix.
    mode : int
        Permissions.
    """
    sweep(folder)
    end = suffix if _SUFFIX.fullmatch(suffix) else ""
    while True:
        path = folder / f".customs-kit-{secrets.token_hex(8)}{end}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)
        try:
            if _is_made(descriptor, path):
                yield path
                return
        finally:
            path.unlink(missing_ok=True)
            os.close(descriptor)


@contextmanager
def temporary_folder(folder: Path, *, mode: int = 0o700) -> Iterator[Path]:
    """Make a temporary folder in `folder`; remove it at the end unless it was renamed."""
    sweep(folder)
    while True:
        path = folder / f".customs-kit-{secrets.token_hex(8)}"
        path.mkdir(mode=mode)
        descriptor = None
        try:
            with suppress(FileNotFoundError):  # a sweeper was faster
                descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            if descriptor is not None and _is_made(descriptor, path):
                yield path
                return
        finally:
            _discard(path)
            if descriptor is not None:
                os.close(descriptor)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Make a folder for intermediate files where the system has them ($TMPDIR).

    Raises
    ------
    KitError
        If it cannot be written.
    """
    try:
        place = Path(tempfile.gettempdir())
    except FileNotFoundError:  # its message lists every folder that was tried
        raise KitError(
            "No folder for temporary files can be written. Set TMPDIR to one that can."
        ) from None
    scratch = place
    try:
        with temporary_folder(place) as scratch:
            yield scratch
    except OSError as error:
        if error.filename is not None and not is_below(error.filename, scratch):
            raise
        raise KitError(
            f"The folder for temporary files, {place}, cannot be written: {reason_of(error)}. Make "
            "room there, or set TMPDIR to another folder."
        ) from None


def reason_of(error: OSError) -> str:
    """Return why the operating system refused, in its words: No space left on device."""
    if error.errno:
        return os.strerror(error.errno)
    return (str(error).splitlines() or [type(error).__name__])[0].removesuffix(".")


def is_below(name: object, folder: Path) -> bool:
    """Return whether the file name of an OSError is that of `folder` or of something in it."""
    if not isinstance(name, str | bytes | os.PathLike):
        return False
    return Path(os.fsdecode(name)).absolute().is_relative_to(folder.absolute())


@contextmanager
def reserved(folder: Path) -> Iterator[bool]:
    """Lock an existing folder; yield False if another process has locked it.

    The lock says only that a command of the kit is filling the folder. Where the file system has no
    locks, True is yielded to everybody.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            _lock(descriptor)
            is_free = True
        except BlockingIOError:
            is_free = False
        yield is_free
    finally:
        os.close(descriptor)


@contextmanager
def owned(folder: Path, *, is_new: bool) -> Iterator[bool]:
    """Lock a folder while it is being filled; yield whether it is this process's.

    Parameters
    ----------
    folder : path
        A folder that this process has just made, or one whose maker may have ended.
    is_new : bool
        Whether this process made it: then it is this process's on file systems without locks, too.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:  # removed by its maker, or no folder
        yield False
        return
    try:
        try:
            is_mine = _lock(descriptor) or is_new
        except BlockingIOError:
            is_mine = False
        yield is_mine and _is_at(descriptor, folder)
    finally:
        os.close(descriptor)


def move_parts(scratch: Path) -> None:
    """Move everything in a temporary folder to the folder above, completely or not at all.

    A list of the parts is written first and removed last. If the process is killed in between, the
    sweeper removes the parts that were moved.
    """
    parts = sorted(scratch.iterdir())
    listed = {part.name: [part.lstat().st_dev, part.lstat().st_ino] for part in parts}
    (scratch / _MOVING).write_text(json.dumps(listed), encoding="utf-8")
    for part in parts:
        part.rename(scratch.parent / part.name)
    (scratch / _MOVING).unlink()


def sweep(folder: Path) -> None:
    """Remove temporary files and folders in `folder` whose makers have ended."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _NAME.fullmatch(entry.name):
                with suppress(OSError):  # removed by its maker, or another user's
                    _remove_orphan(Path(entry.path))


def _remove_orphan(path: Path) -> None:
    status = path.lstat()
    regular = stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)
    if not regular or status.st_uid != os.geteuid():
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if _lock(descriptor) and _is_at(descriptor, path):
            _discard(path)
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    """Lock an open file or folder; return False where the file system has no locks.

    Raises
    ------
    BlockingIOError
        If another process has locked it.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:
        return False
    return True


def _is_made(descriptor: int, path: Path) -> bool:
    """Lock a new temporary file; return False if a sweeper took it before it was locked."""
    try:
        return not _lock(descriptor) or _is_at(descriptor, path)
    except BlockingIOError:
        return False


def _is_at(descriptor: int, path: Path) -> bool:
    """Return whether a path is still that of an open file."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    return False


def _discard(path: Path) -> None:
    """Remove a temporary file or folder, and parts of it that were moved up."""
    if not path.is_dir():
        path.unlink(missing_ok=True)
        return
    with suppress(OSError, ValueError):
        listed = json.loads((path / _MOVING).read_text(encoding="utf-8"))
        for name, identity in listed.items():
            part = path.parent / name
            with suppress(FileNotFoundError):
                if [part.lstat().st_dev, part.lstat().st_ino] == identity:
                    part.rename(path / name)
    shutil.rmtree(path, ignore_errors=True)
