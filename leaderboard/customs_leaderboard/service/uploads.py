"""Receiving a file as a stream, under the size limit, into a `Spool`."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import anyio
from anyio.to_thread import run_sync
from fastapi import Request

from customs_leaderboard.service.access import board_of, settings_of
from customs_leaderboard.service.caching import AnswerCache
from customs_leaderboard.service.forms import FormParser, PartBegins
from customs_leaderboard.service.problem_details import BadUploadError, SlowClientError
from customs_leaderboard.submissions.receipts import Receipt
from customs_leaderboard.submissions.spool import Spool, too_large
from customs_leaderboard.submissions.submit import submit

#: Name of the form part that contains the file.
FILE_PART: Final = "file"
#: ``max_body_size`` of routes that call `receive_upload`, which checks its own limit.
UPLOAD_LIMIT: Final = 1 << 40
_N_FIELD_BYTES: Final = 4096
# Largest size of a form without its file.
_N_FORM_BYTES: Final = 1 << 16
# Handing over to a thread costs as much as hashing 100 KiB; most files fit into one buffer.
_BUFFER_BYTES: Final = 1 << 19

T = TypeVar("T")


class Writer:
    """Buffered writer to a spool: 512 KiB at a time in a thread, the rest with `flush`.

    Parameters
    ----------
    spool : Spool
        Destination.
    """

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._buffer: list[bytes] = []
        self._n_buffered = 0

    async def write(self, part: bytes) -> None:
        """Buffer or write some bytes; raise at once if they exceed the limit."""
        self._buffer.append(part)
        self._n_buffered += len(part)
        too_many = self._spool.n_bytes + self._n_buffered > self._spool.max_bytes
        if self._n_buffered >= _BUFFER_BYTES or too_many:
            await run_sync(self.flush)

    def flush(self) -> None:
        """Write the buffer; blocks."""
        parts, self._buffer, self._n_buffered = self._buffer, [], 0
        for part in parts:
            self._spool.write(part)


@dataclass
class Upload(Generic[T]):
    """A received file.

    Attributes
    ----------
    spool : Spool
        Its bytes, except those in the writer's buffer.
    writer : Writer
        Buffer of the last bytes.
    checked : T
        Result of ``check``.
    """

    spool: Spool
    writer: Writer
    checked: T


@asynccontextmanager
async def receive_upload(
    request: Request, check: Callable[[dict[str, str]], Awaitable[T]]
) -> AsyncIterator[Upload[T]]:
    """Receive the file of a request: its body, or the part ``file`` of a multipart form.

    Parameters
    ----------
    request : Request
        Request whose body was not read yet.
    check : callable
        Awaited with the form fields that precede the file, before any byte of the file is stored;
        it raises to refuse the sender.

    Yields
    ------
    Upload
        The whole file; it is removed on leaving the context unless a submission took it over.

    Raises
    ------
    TooLargeError
        If the file exceeds the limit: at once if Content-Length says so, else at the first byte
        beyond it.
    SlowClientError
        If the client paused or took too long.
    BadUploadError
        If a form is broken or has no file.
    UnavailableError
        If the disk fails.
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
                    checked = await _receive_form(request, parts, writer, check)
                else:
                    checked = await check({})
                    async for part in parts:
                        await writer.write(part)
        except TimeoutError:
            raise SlowClientError("The file did not arrive in time. Send it again.") from None
        yield Upload(spool, writer, checked)


async def submit_upload(request: Request, team_number: int, upload: Upload[Any]) -> Receipt:
    """Submit a received file for a team in one of the scoring threads; errors as `submit`."""
    cache: AnswerCache = request.app.state.answers
    limiter: anyio.CapacityLimiter = request.app.state.scoring

    def finish() -> Receipt:
        upload.writer.flush()
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
) -> T:
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
                        raise BadUploadError(
                            f"Send one file, in the form part '{FILE_PART}', and no other."
                        )
                    texts = {n: v.decode("utf-8", errors="replace") for n, v in fields.items()}
                    checked.append(await check(texts))
            elif current is None:
                await writer.write(event.content)
            elif len(current) + len(event.content) > _N_FIELD_BYTES:
                raise BadUploadError(f"A form field may have at most {_N_FIELD_BYTES:,} bytes.")
            else:
                current += event.content
    parser.finish()
    if not checked:
        raise BadUploadError(f"The form has no file. Send it in the part '{FILE_PART}'.")
    return checked[0]


async def _parts(
    request: Request, max_bytes: int, scope: anyio.CancelScope
) -> AsyncIterator[bytes]:
    """Yield the parts of the body, up to a size; the scope's deadline limits part and whole."""
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
    """Return Content-Length; 0 if it is no number, which the server refuses itself."""
    declared = request.headers.get("Content-Length", "")
    return int(declared) if declared.isascii() and declared.isdigit() else 0
