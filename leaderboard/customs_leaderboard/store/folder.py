"""The competition's folder on the organizer's disk, and durable writing to it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from customs_data.errors import KitError
from customs_data.files.atomic import new_folder, sync_folder, write_errors
from customs_data.temporary import reason_of
from customs_leaderboard.errors import UnavailableError
from customs_leaderboard.store.schema import Submission


class Folder:
    """Paths of a competition's files; other users cannot read any of them (0700).

    Attributes
    ----------
    root : path
        The folder.
    competition_file : path
        The rules.
    references_file : path
        Reference scores; may be absent.
    reveal_file : path
        Secret, nonce and labels; absent before the reveal.
    archive_file : path
        The edition's public files in one zip; the service makes it.
    evidence_file : path
        What lets anyone verify the competition; absent before the reveal.
    database_file : path
        The embedded database; absent if another one is used.
    submissions : path
        Accepted files: TEAM/SHA256.csv[.gz].
    spool : path
        Files being received.
    solutions : path
        Solution files that replaced the edition's: NUMBER.csv; absent before the first.
    pages : path
        Texts of the organizer; may be absent.
    season_file, secret_file : path
        Rules and master secret of a competition of seasons; absent in others.
    worlds : path
        Its worlds in play, a cache.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.competition_file = root / "competition.toml"
        self.references_file = root / "references.json"
        self.reveal_file = root / "reveal.json.gz"
        self.archive_file = root / "public.zip"
        self.evidence_file = root / "evidence.zip"
        self.database_file = root / "board.sqlite3"
        self.submissions = root / "submissions"
        self.spool = root / "spool"
        self.solutions = root / "solutions"
        self.pages = root / "pages"
        self.season_file = root / "season.toml"
        self.secret_file = root / "secret.json"
        self.worlds = root / "worlds"

    @classmethod
    @contextmanager
    def new(cls, root: Path) -> Iterator[Folder]:
        """Fill a competition's folder under a temporary name, then rename it to `root`.

        Raises
        ------
        KitError
            If `root` is neither new nor an empty folder, or cannot be written.
        """
        with new_folder(root, mode=0o700) as scratch:
            folder = cls(scratch)
            for path in (folder.submissions, folder.spool):
                path.mkdir(mode=0o700)
            yield folder
            if root.exists():  # an empty folder may be open to other users
                root.chmod(0o700)

    def submission_path(self, team_number: int, sha256: str, suffix: str) -> Path:
        """Path of an accepted file; contains no text that a user chose."""
        return self.submissions / str(team_number) / f"{sha256}{suffix}"

    def solution_path(self, number: int) -> Path:
        """Path of a solution file that replaced an earlier one."""
        return self.solutions / f"{number}.csv"

    def accepted_file(self, submission: Submission) -> Path:
        """Return the path of an accepted file, and check that it did not change.

        Raises
        ------
        KitError
            If the file cannot be read, or has changed.
        """
        path = self.submission_path(submission.team_number, submission.sha256, submission.suffix)
        problem = "has changed since it was accepted"
        try:
            with path.open("rb") as stream:
                if hashlib.file_digest(stream, "sha256").hexdigest() == submission.sha256:
                    return path
        except OSError as error:
            problem = f"cannot be read ({error.strerror})"
        raise KitError(
            f"{path}, the file of submission {submission.number}, {problem}. Restore it from a "
            "backup."
        )

    def new_spool_file(self) -> Path:
        """Return a random path in spool/."""
        return self.spool / secrets.token_hex(16)

    def put_all(self, files: Iterable[tuple[Path, int, str, str]]) -> None:
        """Move received and synced files to their final paths, and sync the folders.

        Parameters
        ----------
        files : iterable of (path, int, str, str)
            Path in spool/; team number, SHA-256 and suffix.

        Raises
        ------
        UnavailableError
            If the disk fails; some files may then be at their final paths.
        """
        folders = set()
        with disk_errors():
            for spooled, team_number, sha256, suffix in files:
                path = self.submission_path(team_number, sha256, suffix)
                if not path.parent.is_dir():
                    self._make_durably(path.parent)
                spooled.replace(path)
                folders.add(path.parent)
            # Move all before the first sync, which makes most of the other moves durable, too.
            for folder in sorted(folders):
                sync_folder(folder)

    def _make_durably(self, path: Path) -> None:
        """Make a team's folder; if it cannot be synced, remove it again for the next attempt."""
        path.mkdir(mode=0o700)
        try:
            sync_folder(path.parent)
        except OSError:
            path.rmdir()
            raise


def check_new(path: Path) -> None:
    """Raise `KitError` unless a path is that of a new file in an existing folder."""
    with write_errors(path):
        exists = path.exists()
    if exists:
        raise KitError(f"{path} exists already. Choose another name.")
    if not path.parent.is_dir():
        raise KitError(f"No such folder: {path.parent}.")


@contextmanager
def disk_errors() -> Iterator[None]:
    """Turn an OSError into one sentence without paths; the log contains the original."""
    try:
        yield
    except OSError as error:
        raise UnavailableError(
            f"The leaderboard cannot write to its disk ({reason_of(error)}); nothing was "
            "counted. Send the file again later, and tell the organizer."
        ) from error
