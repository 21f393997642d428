"""Atomic writing: a file or folder appears complete under its name, or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from customs_data.errors import KitError
from customs_data.files.table_parts import files_and_parts
from customs_data.temporary import (
    is_below,
    move_parts,
    reason_of,
    reserved,
    sweep,
    temporary_file,
    temporary_folder,
)

#: The disk refuses, whatever file the error names.
_DISK: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
#: A file system without hard links.
_NO_LINKS: Final = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)


class UnwritableError(KitError):
    """A file or folder cannot be written.

    Attributes
    ----------
    path : path
        What was written.
    reason : str
        Why, in the operating system's words.
    """

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(f"{path} cannot be written: {reason}.")
        self.path = path
        self.reason = reason


def write_atomically(
    path: Path | str, content: bytes | str, *, mode: int | None = None, must_be_new: bool = False
) -> None:
    """Write a file in one step; missing folders above it are created.

    Parameters
    ----------
    path : path
        File to write.
    content : bytes or str
        Text is written as UTF-8, line ends as they are.
    mode : int, optional
        Permissions, such as 0o600; by default those of the file that is replaced.
    must_be_new : bool
        Refuse to replace a file.

    Raises
    ------
    KitError
        If the file cannot be written, or must be new and exists.
    """
    path = Path(path)
    with write_errors(path), replace_file(path, mode=mode, must_be_new=must_be_new) as scratch:
        scratch.write_bytes(content.encode() if isinstance(content, str) else content)


@contextmanager
def write_errors(path: Path | str, folder: Path | None = None) -> Iterator[None]:
    """Turn an OSError while `path` is written into an UnwritableError of one sentence.

    Parameters
    ----------
    path : path
        What is written.
    folder : path, optional
        Its temporary name. An error of a file elsewhere then is one of reading that file.
    """
    try:
        yield
    except UnwritableError as error:  # of a file in the folder: name the folder's final place
        if folder is not None and is_below(error.path, folder):
            raise UnwritableError(path, error.reason) from None
        raise
    except OSError as error:
        names = [name for name in (error.filename, error.filename2) if name is not None]
        is_read = folder is not None and names and not any(is_below(it, folder) for it in names)
        if is_read and error.errno not in _DISK:
            raise KitError(f"{os.fsdecode(names[0])} cannot be read: {reason_of(error)}.") from None
        raise UnwritableError(path, reason_of(error)) from None


@contextmanager
def replace_file(
    path: Path, *, mode: int | None = None, must_be_new: bool = False
) -> Iterator[Path]:
    """Write a file under a temporary name, then sync it and rename it to `path`.

    Parameters
    ----------
    path, mode, must_be_new
        As in `write_atomically`.

    Yields
    ------
    Path
        The temporary name: an empty file beside `path`, with its suffix.

    Raises
    ------
    KitError
        If the file must be new and exists.
    OSError
        If the file cannot be written; see `write_errors`.
    """
    taken = KitError(f"{path} exists already. Choose another name.")
    path = Path(os.path.realpath(path))  # a symbolic link stays one
    exists = path.exists()
    if exists and must_be_new:
        raise taken
    if exists and not path.is_file():  # a device or pipe, such as /dev/stdout
        yield path
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    permissions = 0o666 if mode is None else mode
    with temporary_file(path.parent, path.suffix, mode=permissions) as scratch:
        if mode is None and exists:
            scratch.chmod(stat.S_IMODE(path.stat().st_mode))
        yield scratch
        _sync(scratch)
        if must_be_new:
            try:
                _rename_to_new(scratch, path)
            except FileExistsError:
                raise taken from None
        else:
            scratch.replace(path)
        sync_folder(path.parent)


@contextmanager
def new_folder(path: Path | str, *, mode: int = 0o777) -> Iterator[Path]:
    """Fill a folder under a temporary name, then sync its files and rename it to `path`.

    An existing empty folder is not replaced, as it may be the working directory or a mounted disk:
    the finished parts are moved into it. Of several makers of one folder, one succeeds.

    Yields
    ------
    Path
        The temporary name: an empty folder.

    Raises
    ------
    KitError
        If `path` is neither new nor an empty folder, or cannot be written.
    """
    place = Path(os.path.realpath(path))
    taken = KitError(f"{path} exists already. Choose a new or empty folder.")
    with write_errors(path), ExitStack() as stack:
        is_new = not place.exists()
        if is_new:
            place.parent.mkdir(parents=True, exist_ok=True)
        elif not place.is_dir() or not stack.enter_context(reserved(place)):
            raise taken
        else:
            sweep(place)
            if any(place.iterdir()):
                raise taken
        folder = place.parent if is_new else place
        scratch = stack.enter_context(temporary_folder(folder, mode=mode))
        with write_errors(path, scratch):
            yield scratch
        for file in scratch.rglob("*"):
            if file.is_file():
                _sync(file)
        if is_new:
            try:
                scratch.rename(place)  # fails where a folder with files or a file has appeared
            except OSError as error:
                if error.errno in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):
                    raise taken from None
                raise
        elif list(place.iterdir()) != [scratch]:
            raise taken
        else:
            move_parts(scratch)
        sync_folder(folder)


def copy_files(source: Path, folder: Path) -> None:
    """Copy the files of one folder, and the tables in parts there, to a new one.

    Other folders are left out: a copy of public/ may have hidden/ in it.

    Raises
    ------
    OSError
        As soon as one cannot be copied; `shutil.copytree` would collect them.
    """
    folder.mkdir()
    for path in files_and_parts(source):
        target = folder / path.relative_to(source)
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, target)


def _rename_to_new(scratch: Path, path: Path) -> None:
    """Rename a file unless `path` exists."""
    try:
        os.link(scratch, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # reserves the name
        try:
            scratch.replace(path)
        except BaseException:
            path.unlink()
            raise


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable; syncing a file does not include its name."""
    try:
        _sync(path)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system that syncs no folders
            raise


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
