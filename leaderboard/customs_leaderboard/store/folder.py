"""The competition's folder on the organizer's disk, and writing to it so that nothing is lost."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from customs_data.errors import KitError
from customs_leaderboard.errors import UnavailableError


@dataclass(frozen=True)
class Folder:
    """Where the parts of a competition lie; all of it is closed to other users (0700).

    Attributes
    ----------
    root : path
        Holds competition.toml, references.json, board.sqlite3 (unless another database is used),
        submissions/TEAM/SHA256.csv[.gz], spool/, and reveal.json.gz after the reveal.
    """

    root: Path

    @classmethod
    def make(cls, root: Path) -> Folder:
        """Make an empty folder.

        Raises
        ------
        KitError
            If it exists and holds anything, or cannot be made.
        """
        folder = cls(root)
        try:
            if root.exists() and (not root.is_dir() or any(root.iterdir())):
                raise KitError(f"{root} must be a new or empty folder, however: it is not.")
            for path in (root, folder.submissions, folder.spool):
                path.mkdir(parents=True, exist_ok=True)
                path.chmod(0o700)
            sync_folder(root)
        except OSError as error:
            raise KitError(f"{root} cannot be made: {error.strerror}.") from None
        return folder

    @property
    def competition_file(self) -> Path:
        """The rules."""
        return self.root / "competition.toml"

    @property
    def references_file(self) -> Path:
        """Scores of baselines on other editions, and the ceiling; may be absent."""
        return self.root / "references.json"

    @property
    def reveal_file(self) -> Path:
        """Secret, nonce and labels; absent before the reveal."""
        return self.root / "reveal.json.gz"

    @property
    def database_file(self) -> Path:
        """The embedded database; absent if another one is used."""
        return self.root / "board.sqlite3"

    @property
    def submissions(self) -> Path:
        """Accepted files."""
        return self.root / "submissions"

    @property
    def spool(self) -> Path:
        """Files being received."""
        return self.root / "spool"

    def submission_path(self, team_number: int, sha256: str, suffix: str) -> Path:
        """Where an accepted file lies; no part of the name is a user's text."""
        return self.submissions / str(team_number) / f"{sha256}{suffix}"

    def new_spool_file(self) -> Path:
        """Return a name in spool/ that nobody can guess."""
        return self.spool / secrets.token_hex(16)

    def put_all(self, files: Iterable[tuple[Path, int, str, str]]) -> None:
        """Move spooled files, already synced, to their places, and sync the places.

        Parameters
        ----------
        files : iterable of (path, int, str, str)
            Where a file is spooled; and its team's number, SHA-256 and suffix.

        Raises
        ------
        UnavailableError
            If the disk does not take them; then some may be in their places.
        """
        places = set()
        with disk_errors():
            for spooled, team_number, sha256, suffix in files:
                path = self.submission_path(team_number, sha256, suffix)
                if not path.parent.is_dir():
                    self._make_durably(path.parent)
                os.replace(spooled, path)  # noqa: PTH105 - one place for tests to let a disk fail
                places.add(path.parent)
            # All moved before the first sync: it makes most of the others' moves durable, too.
            for place in sorted(places):
                sync_folder(place)

    def _make_durably(self, path: Path) -> None:
        """Make a team's folder; one that may not be durable is not left for the next file."""
        path.mkdir(mode=0o700)
        try:
            sync_folder(path.parent)
        except OSError:
            path.rmdir()
            raise


def sync_folder(path: Path) -> None:
    """Make names in a folder durable; a file's own fsync says nothing about its name."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_durably(path: Path, content: bytes) -> None:
    """Write a file in one step; errors as `durable_file`."""
    with durable_file(path) as stream:
        stream.write(content)


@contextmanager
def durable_file(path: Path) -> Iterator[IO[bytes]]:
    """Write beside a name, then take the name: after a crash there is the old file or the new one.

    Raises
    ------
    UnavailableError
        If the disk does not take it.
    """
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with disk_errors():
            descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(scratch, path)  # noqa: PTH105
            sync_folder(path.parent)
    finally:
        scratch.unlink(missing_ok=True)


@contextmanager
def disk_errors() -> Iterator[None]:
    """Tell a failing disk in one sentence; the reason stands in the log, not in the answer."""
    try:
        yield
    except OSError as error:
        raise UnavailableError(
            f"The leaderboard's disk does not take the file ({error.strerror or error}); nothing "
            "was counted. Send it again later, and tell the organizer."
        ) from error
