"""Receiving a file: bytes go to disk as they come, under a cap, before anything looks at them."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from customs_leaderboard.board import Board
from customs_leaderboard.errors import TooLargeError
from customs_leaderboard.rules.competition import Competition
from customs_leaderboard.store.folder import disk_errors

_GZIP_MAGIC: Final = b"\x1f\x8b"


class Spool:
    """A file being received, removed on leaving unless it was taken over.

    Parameters
    ----------
    board : Board
        Whose rules cap the size.

    Attributes
    ----------
    path : path
        Where the bytes lie.
    n_bytes : int
        Bytes received so far.
    max_bytes : int
        So many are taken.

    Examples
    --------
    ::

        with Spool(board) as spool:
            for part in parts:
                spool.write(part)
            receipt = submit(board, team.number, spool)
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

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._stream is None:
            return
        try:
            self._stream.close()
        except OSError:
            pass  # what could not be written was never taken over
        finally:
            self.path.unlink(missing_ok=True)

    def write(self, part: bytes) -> None:
        """Receive some bytes.

        Raises
        ------
        TooLargeError
            If they are more than the competition takes.
        UnavailableError
            If the disk does not take them.
        """
        self.n_bytes += len(part)
        if self.n_bytes > self.max_bytes:
            raise too_large(self._competition)
        if len(self._head) < len(_GZIP_MAGIC):
            self._head += part[: len(_GZIP_MAGIC)]
        self._digest.update(part)
        with disk_errors():
            self._opened().write(part)

    def finish(self) -> None:
        """Make the bytes durable; nothing may be written after it.

        Raises
        ------
        UnavailableError
            If the disk does not take them.
        """
        with disk_errors():
            stream = self._opened()
            if stream.closed:
                return
            stream.flush()
            os.fsync(stream.fileno())
            stream.close()

    def _opened(self) -> IO[bytes]:
        """Make the file with its first bytes: who receives them may not wait for a disk before."""
        if self._stream is None:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            self._stream = os.fdopen(descriptor, "wb")
        return self._stream

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes as they were sent, in hexadecimal."""
        return self._digest.hexdigest()

    @property
    def suffix(self) -> str:
        """``.csv.gz`` or ``.csv``, by the first bytes."""
        return ".csv.gz" if self._head.startswith(_GZIP_MAGIC) else ".csv"


def too_large(competition: Competition) -> TooLargeError:
    """Return what to say of a file that is larger than a competition takes."""
    return TooLargeError(
        f"A file must have at most {competition.max_upload_mib} MiB, however: this one is larger. "
        "Compress it with gzip."
    )
