"""Receiving a file as a stream, under the size limit, into a `Spool`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import anyio
from anyio.to_thread import run_sync
from fastapi import Request
from starlette.requests import ClientDisconnect

from customs_leaderboard.service.access import board_of
from customs_leaderboard.service.fair_queue import FairQueue
from customs_leaderboard.service.forms import FormParser, PartBegins
from customs_leaderboard.service.problem_details import BadUploadError
from customs_leaderboard.submissions.admission import ReceivedFile
from customs_leaderboard.submissions.notes import check_note
from customs_leaderboard.submissions.receipts import Receipt
from customs_leaderboard.submissions.spool import Spool, too_large
from customs_leaderboard.submissions.submit import decide_early, score_and_accept

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
    threads : CapacityLimiter
        Threads of their own, so that receiving waits for no page and no file in work.
    """

    def __init__(self, spool: Spool, threads: anyio.CapacityLimiter) -> None:
        self._spool = spool
        self._threads = threads
        self._buffer: list[bytes] = []
        self._n_buffered = 0

    async def write(self, part: bytes) -> None:
        """Buffer or write some bytes; raise at once if they exceed the limit."""
        self._buffer.append(part)
        self._n_buffered += len(part)
        too_many = self._spool.n_bytes + self._n_buffered > self._spool.max_bytes
        if self._n_buffered >= _BUFFER_BYTES or too_many:
            await run_sync(self.flush, limiter=self._threads)

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
    received_at : datetime
        Time at which the last bytes were read.
    note : str
        The form field ``note``; else the query parameter of this name.
    """

    spool: Spool
    writer: Writer
    checked: T
    received_at: datetime
    note: str


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
    BadUploadError
        If a form is broken or has no file.
    KitError
        If the note is too long (`check_note`).
    ClientDisconnect
        If the client left, or was too slow (`BodyLimits`).
    UnavailableError
        If the disk fails.
    """
    board = board_of(request)
    is_form = request.headers.get("Content-Type", "").lower().startswith("multipart/form-data")
    max_bytes = board.competition.max_upload_bytes + (_N_FORM_BYTES if is_form else 0)
    if _declared_bytes(request) > max_bytes:
        raise too_large(board.competition)
    with Spool(board) as spool:
        writer = Writer(spool, request.app.state.spooling)
        body = _Body(request, max_bytes)
        note = check_note(request.query_params.get("note", ""))
        if is_form:
            checked, fields = await _receive_form(request, body.parts(), writer, check)
            note = check_note(fields.get("note", note))
        else:
            checked = await check({})
            async for part in body.parts():
                await writer.write(part)
        yield Upload(spool, writer, checked, body.received_at, note)


async def submit_upload(request: Request, team_number: int, upload: Upload[Any]) -> Receipt:
    """Submit a received file for a team in its turn.

    Raises
    ------
    TooManyRequestsError
        If enough files of the team are waiting already.
    ClientDisconnect
        If the client left before the turn; then nothing was done.
    KitError
        As `submit`.
    """
    board, cache = board_of(request), request.app.state.answers
    queue: FairQueue = request.app.state.queue

    def decide() -> tuple[ReceivedFile, Receipt | None]:
        upload.writer.flush()
        file = upload.spool.received(
            team_number,
            upload.received_at,
            member_number=getattr(request.state, "member_number", None),
            sender=getattr(request.state, "sender", None),
            note=upload.note,
        )
        return file, decide_early(board, file)

    # What needs no work does not wait for any.
    file, receipt = await run_sync(decide, limiter=request.app.state.spooling)
    if receipt is not None:
        return receipt
    async with queue.turn(team_number):
        if await request.is_disconnected():
            raise ClientDisconnect
        receipt = await run_sync(score_and_accept, board, file, upload.spool, limiter=queue.threads)
    if not receipt.duplicate:
        cache.expire()
    return receipt


async def _receive_form(
    request: Request,
    parts: AsyncIterator[bytes],
    writer: Writer,
    check: Callable[[dict[str, str]], Awaitable[T]],
) -> tuple[T, dict[str, str]]:
    """Receive a form; return the result of ``check`` and all fields, those after the file too."""
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
                    checked.append(await check(_texts_of(fields)))
            elif current is None:
                await writer.write(event.content)
            elif len(current) + len(event.content) > _N_FIELD_BYTES:
                raise BadUploadError(f"A form field may have at most {_N_FIELD_BYTES:,} bytes.")
            else:
                current += event.content
    parser.finish()
    if not checked:
        raise BadUploadError(f"The form has no file. Send it in the part '{FILE_PART}'.")
    return checked[0], _texts_of(fields)


def _texts_of(fields: dict[str, bytearray]) -> dict[str, str]:
    return {name: value.decode("utf-8", errors="replace") for name, value in fields.items()}


class _Body:
    """The body of a request, up to a size.

    Attributes
    ----------
    received_at : datetime
        Time at which its newest bytes were read from the socket, as far as the server says
        (`LimitedConnection`), else from the event loop. The deadline must not depend on how long a
        file waits for threads and locks, before it is read here or afterwards.
    """

    def __init__(self, request: Request, max_bytes: int) -> None:
        self._request = request
        self._max_bytes = max_bytes
        self.received_at = board_of(request).now()

    async def parts(self) -> AsyncIterator[bytes]:
        """Yield the parts of the body."""
        board = board_of(self._request)
        n_bytes, has_more = 0, True
        while has_more:
            message = await self._request.receive()
            self.received_at = getattr(self._request.state, "complete_at", None) or board.now()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            has_more = message.get("more_body", False)
            part: bytes = message.get("body", b"")
            n_bytes += len(part)
            if n_bytes > self._max_bytes:
                raise too_large(board.competition)
            yield part


def _declared_bytes(request: Request) -> int:
    """Return Content-Length; 0 if it is no number, which the server refuses itself."""
    declared = request.headers.get("Content-Length", "")
    return int(declared) if declared.isascii() and declared.isdigit() else 0
