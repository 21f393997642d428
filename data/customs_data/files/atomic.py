"""Atomic writing: a file or folder appears complete under its name, or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from customs_data.errors import KitError


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
    with write_errors(path):
        if must_be_new:
            try:  # reserve the name
                _create(path, mode)
            except FileExistsError:
                raise KitError(f"{path} exists already. Choose another name.") from None
        try:
            with replace_file(path, mode=mode) as scratch:
                scratch.write_bytes(content.encode() if isinstance(content, str) else content)
        except BaseException:
            if must_be_new:
                path.unlink()
            raise


@contextmanager
def write_errors(path: Path | str) -> Iterator[None]:
    """Turn an OSError while `path` is written into a KitError of one sentence."""
    try:
        yield
    except OSError as error:
        raise KitError(f"{path} cannot be written: {error.strerror or error}.") from None


@contextmanager
def replace_file(path: Path, *, mode: int | None = None) -> Iterator[Path]:
    """Write a file under a temporary name, then sync it and rename it to `path`.

    Yields
    ------
    Path
        The temporary name: an empty file beside `path`, with its suffix.

    Raises
    ------
    OSError
        If the file cannot be written; see `write_errors`.
    """
    path = Path(os.path.realpath(path))  # a symbolic link stays one
    if path.exists() and not path.is_file():  # a device or pipe, such as /dev/stdout
        yield path
        return
    scratch = path.with_name(f".{secrets.token_hex(8)}-{path.name}")
    try:
        _create(scratch, mode)
        if mode is None and path.exists():
            scratch.chmod(stat.S_IMODE(path.stat().st_mode))
        yield scratch
        _sync(scratch)
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


@contextmanager
def new_folder(path: Path | str, *, mode: int = 0o777) -> Iterator[Path]:
    """Fill a folder under a temporary name, then sync its files and rename it to `path`.

    An existing empty folder is not replaced, as it may be the working directory or a mounted disk:
    the finished parts are moved into it.

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
    with write_errors(path):
        is_new = not place.exists()
        if not is_new and not (place.is_dir() and not any(place.iterdir())):
            raise taken
        place.parent.mkdir(parents=True, exist_ok=True)
        scratch = (place.parent if is_new else place) / f".{secrets.token_hex(8)}-{place.name}"
        try:
            scratch.mkdir(mode=mode)
            yield scratch
            for file in scratch.rglob("*"):
                if file.is_file():
                    _sync(file)
            if is_new:
                scratch.rename(place)  # fails where a folder with files or a file has appeared
            elif list(place.iterdir()) != [scratch]:
                raise taken
            else:
                for part in list(scratch.iterdir()):
                    part.rename(place / part.name)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _create(path: Path, mode: int | None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    os.close(os.open(path, flags, 0o666 if mode is None else mode))


def _sync(path: Path) -> None:
    # Windows syncs only what is open for writing; elsewhere a file may be read-only.
    descriptor = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
