"""The practice edition, which commands use by default: made once, in the user's cache."""

from __future__ import annotations

import logging
import os
import pwd
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Final

from platformdirs import user_cache_path

from customs_data.edition.generating import make_practice_edition, settings_of
from customs_data.edition.layout import CROISSANT, Layout
from customs_data.edition.manifest import read_manifest
from customs_data.edition.verification import CLOSED, verify_edition
from customs_data.errors import KitError
from customs_data.files.atomic import UnwritableError, write_errors
from customs_data.tasks import DEFAULT, find_task, task_names
from customs_data.temporary import temporary_folder
from customs_data.world.configuration import load_configuration

_WAY_OUT: Final = (
    "Set XDG_CACHE_HOME to a folder of your own, or name an edition (on the command line: "
    "--edition)."
)
# Without configuration, Python prints warnings of a logger on standard error.
_LOG: Final = logging.getLogger(__name__)


def practice_edition(task: str = DEFAULT) -> Path:
    """Return the folder of a task's practice edition in the user's cache; make it at first use.

    An edition of another release, or one that `customs-kit data verify` would refuse, is replaced.
    Several processes may call this at once.

    Raises
    ------
    KitError
        If the cache cannot be read or written.
    """
    cache = user_cache_path("customs-kit")
    if not cache.is_absolute():
        raise KitError(f"The cache {cache} is not an absolute path. {_WAY_OUT}")
    folder = cache / find_task(task).practice_name
    try:
        with write_errors(cache):
            before = _identity(folder)
            if problem := _problem(folder, task):
                if before is not None:
                    _LOG.warning("The practice edition in %s %s. Making it again.", folder, problem)
                _make(folder, before, task)
    except UnwritableError as error:
        raise KitError(
            f"The cache {cache} cannot be written: {error.reason}{_owner(cache)}. {_WAY_OUT}"
        ) from None
    return folder


def practice_task(name: str) -> str | None:
    """Return the task whose practice edition has a name (`Task.practice_name`); None for others.

    Examples
    --------
    >>> practice_task("practice"), practice_task("practice-hs6"), practice_task("busan")
    ('fraud', 'hs6', None)
    """
    if not name.startswith("practice"):
        return None  # without importing tasks of other packages
    return next((it for it in task_names() if find_task(it).practice_name == name), None)


def _problem(folder: Path, task: str) -> str:
    """Return why the cached edition cannot be used, as the end of a sentence; nothing if it can."""
    try:
        checks = verify_edition(folder)
        manifest = read_manifest(folder / "public")
    except KitError:
        return "is not complete"
    made_by = manifest.generator_version, manifest.configuration.get("seed")
    if made_by != (version("customs-kit"), find_task(task).practice_seed):
        return f"was made by customs-kit {manifest.generator_version}"
    if manifest.task != task:
        return f"asks the task {manifest.task}"
    if manifest.configuration.get("world") != settings_of(
        load_configuration(find_task(task).configuration)
    ):
        return "is of another version of the practice world"
    if not (folder / "public" / CROISSANT).is_file():
        return f"has no {CROISSANT}"
    if not Layout.of(folder).has_hidden:
        return "has no hidden labels that can be read"
    # Its labels are no secret, and a disk without permissions cannot close the folder.
    failed = [check.name for check in checks if not check.passed and check.name != CLOSED]
    return f"is damaged ({'; '.join(failed)})" if failed else ""


def _make(folder: Path, before: tuple[int, int] | None, task: str) -> None:
    """Make the edition beside its place, then exchange it for what was there.

    Parameters
    ----------
    folder : path
        Its place.
    before : (int, int) or None
        Identity of what is to be replaced. If another process has replaced it in the meantime, its
        edition stays.
    task : str
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with temporary_folder(folder.parent) as scratch:
        make_practice_edition(scratch / "new", task)
        if before is not None and _identity(folder) == before:
            # Whoever reads the old edition goes on reading; it is removed with the scratch folder.
            with suppress(FileNotFoundError):
                folder.rename(scratch / "old")
        try:
            (scratch / "new").rename(folder)
        except OSError:
            if _problem(folder, task):
                raise


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what distinguishes a file from another one under the same name; None if absent."""
    with suppress(FileNotFoundError):
        status = path.lstat()
        return status.st_dev, status.st_ino
    return None


def _owner(cache: Path) -> str:
    """Return whose folder it is, as the end of a sentence, if it is another user's."""
    with suppress(OSError, KeyError):
        nearest = next(path for path in (cache, *cache.parents) if path.exists())
        owner = nearest.stat().st_uid
        if owner != os.geteuid():
            return f" ({nearest} belongs to {pwd.getpwuid(owner).pw_name})"
    return ""
