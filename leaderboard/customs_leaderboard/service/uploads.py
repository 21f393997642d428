"""Receiving a file: as it comes in, under the cap, into core's spool."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

import anyio
from anyio.to_thread import run_sync
from fastapi import Request

from customs_leaderboard.service.access import board_of, settings_of
from customs_leaderboard.service.caching import AnswerCache
from customs_leaderboard.service.forms import FormParser, PartBegins
from customs_leaderboard.service.problems import BadUploadError, SlowClientError
from customs_leaderboard.submissions.receipts import Receipt
from customs_leaderboard.submissions.spool import Spool, too_large
from customs_leaderboard.submissions.submit import submit

#: Name of the form's part that is the file.
FILE_PART: Final = "file"
#: ``max_body_size`` of routes that call `receive_upload`: it has a cap of its own.
UPLOAD_LIMIT: Final = 1 << 40
_N_FIELD_BYTES: Final = 4096
# Of a form around its file.
_N_FORM_BYTES: Final = 1 << 16
# A step to a thread costs as much as hashing some 100 KiB; a usual file takes none but its last.
_BUFFER_BYTES: Final = 1 << 19

T = TypeVar("T")


class Writer:
    """Writes to a spool in threads, half a MiB at a time; the last of them with `write_now`.

    Parameters
    ----------
    spool : Spool
        Where to.
    """

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._held: list[bytes] = []
        self._n_held = 0

    async def write(self, part: bytes) -> None:
        """Keep or write some bytes; more than the cap are refused at once."""
        self._held.append(part)
        self._n_held += len(part)
        too_many = self._spool.n_bytes + self._n_held > self._spool.max_bytes
        if self._n_held >= _BUFFER_BYTES or too_many:
            await run_sync(self.write_now)

    def write_now(self) -> None:
        """Write what is kept; blocks."""
        held, self._held, self._n_held = self._held, [], 0
        for part in held:
            self._spool.write(part)


@dataclass
class Upload(Generic[T]):
    """A received file.

    Attributes
    ----------
    spool : Spool
        Its bytes, but for the last.
    writer : Writer
        Holds the last of them.
    fields : dict of str to str
        The form's other fields that came before the file.
    checked : T
        What ``check`` returned.
    """

    spool: Spool
    writer: Writer
    checked: T
    fields: dict[str, str] = field(default_factory=dict)


@asynccontextmanager
async def receive_upload(
    request: Request, check: Callable[[dict[str, str]], Awaitable[T]]
) -> AsyncIterator[Upload[T]]:
    """Receive the file of a request: its body, or the part ``file`` of a multipart form.

    Parameters
    ----------
    request : Request
        Nothing of its body was read.
    check : callable
        Awaited before the first byte of the file is kept, with the form's fields up to there:
        whoever may not send a file is refused without storing anything.

    Yields
    ------
    Upload
        The whole file; it is removed on leaving unless it was taken over.

    Raises
    ------
    TooLargeError
        As soon as more bytes came than the competition takes, or at once if Content-Length says so.
    SlowClientError
        If nothing came for too long.
    BadUploadError
        If a form is broken or has no file.
    UnavailableError
        If the disk does not take it.
    """
    board = board_of(request)
    is_form = request.headers.get("Content-Type", "").lower().startswith("multipart/form-data")
    max_bytes = board.competition.max_upload_bytes + (_N_FORM_BYTES if is_form else 0)
    if _declared_bytes(request) > max_bytes:
        raise too_large(board.competition)
    with Spool(board) as spool:
        writer = Writer(spool)
        try:
            with anyio.fail_after(None) as scope:
                parts = _parts(request, max_bytes, scope)
                if is_form:
                    checked, fields = await _receive_form(request, parts, writer, check)
                else:
                    checked, fields = await check({}), {}
                    async for part in parts:
                        await writer.write(part)
        except TimeoutError:
            raise SlowClientError("The file must come in time, however: it stopped.") from None
        yield Upload(spool, writer, checked, fields)


async def submit_upload(request: Request, team_number: int, upload: Upload[Any]) -> Receipt:
    """Take a received file for a team, in one of the threads for scoring; errors as `submit`."""
    cache: AnswerCache = request.app.state.answers
    limiter: anyio.CapacityLimiter = request.app.state.scoring

    def finish() -> Receipt:
        upload.writer.write_now()
        return submit(board_of(request), team_number, upload.spool)

    receipt = await run_sync(finish, limiter=limiter)
    if not receipt.duplicate:
        cache.expire()
    return receipt


async def _receive_form(
    request: Request,
    parts: AsyncIterator[bytes],
    writer: Writer,
    check: Callable[[dict[str, str]], Awaitable[T]],
) -> tuple[T, dict[str, str]]:
    parser = FormParser(request.headers["Content-Type"])
    fields: dict[str, bytearray] = {}
    current: bytearray | None = None
    checked: list[T] = []
    async for part in parts:
        for event in parser.feed(part):
            if isinstance(event, PartBegins):
                current = None if event.is_file else fields.setdefault(event.name, bytearray())
                if event.is_file:
                    if checked or event.name != FILE_PART:
                        raise BadUploadError(f"The form must have one file, named {FILE_PART}.")
                    checked.append(await check(_texts(fields)))
            elif current is None:
                await writer.write(event.content)
            elif len(current) + len(event.content) > _N_FIELD_BYTES:
                raise BadUploadError(f"A field must have at most {_N_FIELD_BYTES} bytes.")
            else:
                current += event.content
    parser.finish()
    if not checked:
        raise BadUploadError(f"The form must have a file, named {FILE_PART}, however: it has none.")
    return checked[0], _texts(fields)


def _texts(fields: dict[str, bytearray]) -> dict[str, str]:
    return {name: value.decode("utf-8", errors="replace") for name, value in fields.items()}


async def _parts(
    request: Request, max_bytes: int, scope: anyio.CancelScope
) -> AsyncIterator[bytes]:
    """Yield the body under a cap; the scope ends if a part, or all of it, takes too long."""
    settings = settings_of(request)
    last = anyio.current_time() + settings.receive_total_s
    n_bytes = 0
    stream = request.stream()
    while True:
        scope.deadline = min(anyio.current_time() + settings.receive_timeout_s, last)
        part = await anext(stream, b"")
        scope.deadline = math.inf  # a slow disk is not the client's fault
        if not part:
            return
        n_bytes += len(part)
        if n_bytes > max_bytes:
            raise too_large(board_of(request).competition)
        yield part


def _declared_bytes(request: Request) -> int:
    """Return Content-Length; what is no number is for the server to refuse."""
    declared = request.headers.get("Content-Length", "")
    return int(declared) if declared.isascii() and declared.isdigit() else 0
