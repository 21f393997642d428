"""Receive a file: write its bytes to disk as they come, up to the size limit."""

from __future__ import annotations

import hashlib
import os
from datetime import datetime
from pathlib import Path
from typing import IO, Self

from customs_data.files.recognition import GZIP_MAGIC
from customs_leaderboard.board import Board
from customs_leaderboard.errors import TooLargeError
from customs_leaderboard.rules.competition import Competition
from customs_leaderboard.store.folder import disk_errors
from customs_leaderboard.submissions.admission import ReceivedFile


class Spool:
    """A file being received; on exit it is deleted unless it was accepted.

    Parameters
    ----------
    board : Board
        The competition.

    Attributes
    ----------
    path : path
        File in spool/.
    n_bytes : int
        Bytes received so far.
    max_bytes : int
        Size limit of the competition.

    Examples
    --------
    ::

        with Spool(board) as spool:
            for part in parts:
                spool.write(part)
            receipt = submit(board, spool.received(team.number, board.now()), spool)
    """

    def __init__(self, board: Board) -> None:
        self.path: Path = board.folder.new_spool_file()
        self.n_bytes = 0
        self.max_bytes = board.competition.max_upload_bytes
        self._competition = board.competition
        self._digest = hashlib.sha256()
        self._head = b""
        self._stream: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._stream is None:
            return
        try:
            self._stream.close()
        except OSError:
            pass  # a file that cannot be written is not accepted
        finally:
            self.path.unlink(missing_ok=True)

    def write(self, part: bytes) -> None:
        """Append some bytes.

        Raises
        ------
        TooLargeError
            If the file exceeds the size limit.
        UnavailableError
            If the disk fails.
        """
        self.n_bytes += len(part)
        if self.n_bytes > self.max_bytes:
            raise too_large(self._competition)
        if len(self._head) < len(GZIP_MAGIC):
            self._head += part[: len(GZIP_MAGIC)]
        self._digest.update(part)
        with disk_errors():
            self._opened().write(part)

    def finish(self) -> None:
        """Make the bytes durable; no more can be written afterwards.

        Raises
        ------
        UnavailableError
            If the disk fails.
        """
        with disk_errors():
            stream = self._opened()
            if stream.closed:
                return
            stream.flush()
            os.fsync(stream.fileno())
            stream.close()

    def received(
        self,
        team_number: int,
        received_at: datetime,
        *,
        member_number: int | None = None,
        sender: str | None = None,
        note: str = "",
    ) -> ReceivedFile:
        """Return what admission needs of the complete file; parameters as `ReceivedFile`."""
        return ReceivedFile(team_number, self.sha256, received_at, member_number, sender, note)

    def _opened(self) -> IO[bytes]:
        """Create the file with the first bytes, because the event loop must not wait for a disk."""
        if self._stream is None:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            self._stream = os.fdopen(descriptor, "wb")
        return self._stream

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes so far, in hexadecimal."""
        return self._digest.hexdigest()

    @property
    def suffix(self) -> str:
        """``.csv.gz`` if the first bytes are those of gzip, else ``.csv``."""
        return ".csv.gz" if self._head.startswith(GZIP_MAGIC) else ".csv"


def too_large(competition: Competition) -> TooLargeError:
    """Return the error for a file that exceeds the size limit."""
    return TooLargeError(
        f"The file is too large: at most {competition.max_upload_mib} MiB. Compress it with gzip."
    )
