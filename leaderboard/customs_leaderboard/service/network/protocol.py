"""HTTP over one connection: uvicorn's protocol with limits that need no reverse proxy."""

from __future__ import annotations

import asyncio
import json
from asyncio import TimerHandle
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import service_unavailable
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from customs_leaderboard.service.network.connections import GRACE_S, Connections, Stage
from customs_leaderboard.service.network.limits import client_key
from customs_leaderboard.service.problem_details import ProblemDetails
from customs_leaderboard.service.settings import ServiceSettings

#: Most bytes of a request's line and headers together.
MAX_HEAD_BYTES: Final = 1 << 16
#: Most header lines of a request.
MAX_HEADERS: Final = 100
# Requests that a client may send before the first one is answered.
_MAX_PIPELINED: Final = 16
# Most bytes that are read and thrown away after an answer, so that the client can read it.
_MAX_DISCARDED: Final = 64 << 20
_LINGER_S: Final = 2.0
_MOMENT_S: Final = 0.1


class _RefusedError(Exception):
    """Ends the parsing of a request; the parser answers 400 to any exception."""


class LimitedConnection(HttpToolsProtocol):
    """A connection whose client must send its requests in time and in size.

    Bodies have their limits in `bodies`, which sees what reads them.

    Parameters
    ----------
    config, server_state, app_state, _loop
        As uvicorn passes them.
    connections : Connections
        All connections of the server.
    settings : ServiceSettings
        Limits.
    clock : callable
        Returns the current time (UTC), for the time at which a request was complete.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        connections: Connections,
        settings: ServiceSettings,
        clock: Callable[[], datetime],
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.stage = Stage.INCOMPLETE
        self.since = settings.timer()
        self._counted = connections
        self._settings = settings
        self._clock = clock
        self._home = "unknown"
        self._is_known = False  # the current request has a valid token
        self._is_judged = True  # the service has looked for a token
        self.is_fresh = True
        self._is_refused = False
        self._refusal = HTTPStatus.BAD_REQUEST
        self._in_message = self._in_body = False
        self._n_head_bytes = 0
        self._n_dry_bytes = 0  # received without any progress of the parser
        self._n_discarded = 0
        self._n_unanswered = 0
        self._timers: dict[str, TimerHandle] = {}

    # What uvicorn's event loop calls

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the connection and give it time for its first request."""
        super().connection_made(transport)
        self._home = client_key(self.client[0] if self.client else None)
        self._start("head", self._settings.head_timeout_s, self._head_is_late)
        self._after_reading("fresh", _MOMENT_S, self._age)
        if not self._counted.add(self, self._home):
            self._check_soon()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._counted.remove(self)
        for name in list(self._timers):
            self._stop(name)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what the client sends, unless it is too much without an end."""
        if self._is_refused or self.transport.is_closing():
            return
        if self.stage is Stage.IDLE:  # also blank lines between requests take their time
            self._start("head", self._settings.head_timeout_s, self._head_is_late)
        self._n_dry_bytes += len(data)
        if self._in_body and not self._n_unanswered:
            self._n_discarded += len(data)
        super().data_received(data)
        if self._n_dry_bytes > MAX_HEAD_BYTES or self._n_discarded > _MAX_DISCARDED:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        self._place()

    def pause_writing(self) -> None:
        """Give a client that reads its answer too slowly some time."""
        super().pause_writing()
        self._watch_writing()

    def resume_writing(self) -> None:
        """Go on after the client has read."""
        self._stop("writing")
        super().resume_writing()

    # What the parser calls

    def on_message_begin(self) -> None:
        """Start a request."""
        super().on_message_begin()
        self.scope["state"]["connection"] = self
        self._in_message, self._n_dry_bytes, self._n_head_bytes = True, 0, 0
        if "head" not in self._timers:  # a pipelined request
            self._start("head", self._settings.head_timeout_s, self._head_is_late)

    def on_url(self, url: bytes) -> None:
        """Count the bytes of the path."""
        super().on_url(url)
        self._count_head(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header, also one that follows a chunked body."""
        super().on_header(name, value)
        self._count_head(len(name) + len(value) + 4)
        if len(self.headers) > MAX_HEADERS:
            self._refuse_head()

    def on_headers_complete(self) -> None:
        """Start the app; when there are too many connections, only for health checks."""
        self._stop("head")
        self._n_dry_bytes = 0
        self._in_body, self._is_judged = True, False
        self._n_unanswered += 1
        if self._n_unanswered > _MAX_PIPELINED:
            self._refuse_head()
        app = self.app
        if self._counted.is_full:
            self.app = self._answer_health
        super().on_headers_complete()
        self.app = app

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._n_dry_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request, and note the time before anything waits for a thread."""
        self.scope["state"]["complete_at"] = self._clock()
        super().on_message_complete()
        self._in_message = self._in_body = False
        self._n_dry_bytes = self._n_discarded = 0
        if "discarding" in self._timers:
            self._stop("discarding")
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
        self._place()

    # What the app and uvicorn call

    def on_response_complete(self) -> None:
        """Keep the connection for a next request, but not for the rest of a refused body."""
        super().on_response_complete()
        self._n_unanswered -= 1
        self._is_known = False
        if self.transport.is_closing():
            self._close()
        elif self._in_body:
            self._unset_keepalive_if_required()
            self._start("discarding", self._settings.receive_timeout_s, self.drop)
        self._place()
        if self._counted.is_exempt(self._home):
            self._counted.move(self, self._home)
        self._check_soon()

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection."""
        self._close()

    def send_400_response(self, msg: str) -> None:
        """Answer a request that the parser refuses."""
        self._refuse(self._refusal)

    # What the service calls

    def serves(self, client: str, *, is_known: bool = False) -> bool:
        """Count the current request under a client; False if that client has too many.

        Parameters
        ----------
        client : str
            Address behind a proxy, or team.
        is_known : bool
            Whether the request has a valid token: then the connection is not dropped.
        """
        self._is_known, self._is_judged = is_known, True
        self._counted.move(self, client)
        self._place()
        if is_known:
            return not self._counted.exceeds(client)
        return not self._counted.exceeds_burst(client)

    def serves_soon(self, client: str) -> None:
        """Count the current request, which has a valid token, under a team; from any thread."""
        self.loop.call_soon_threadsafe(lambda: self.serves(client, is_known=True))

    def drop(self) -> None:
        """Close the connection: at once, or when its client has read its last answer."""
        self._close() if self.stage is Stage.IDLE else self.transport.abort()

    def _check_soon(self) -> None:
        """Drop the connection in a moment if it waits and its client still has too many."""
        self._after_reading("crowd", GRACE_S, lambda: self._counted.check(self))

    def _age(self) -> None:
        self.is_fresh = False

    def _after_reading(self, name: str, seconds: float, act: Callable[[], object]) -> None:
        """Act after a while; timers run before sockets are read, so a busy server reads first."""
        self._start(name, seconds, lambda: self._start(name, _MOMENT_S, act))

    def _place(self) -> None:
        """Find out what the connection waits for."""
        n_incomplete = 1 if self._in_body else 0
        is_ours = self._is_known or not self._is_judged or self.flow.read_paused
        if self._n_unanswered > n_incomplete or (is_ours and self._n_unanswered):
            stage = Stage.BUSY
        elif self._in_message or "head" in self._timers:
            stage = Stage.INCOMPLETE
        else:
            stage = Stage.IDLE
        if stage is not self.stage:
            self.stage, self.since = stage, self._settings.timer()

    def _count_head(self, n_bytes: int) -> None:
        self._n_head_bytes += n_bytes
        if self._n_head_bytes > MAX_HEAD_BYTES:
            self._refuse_head()

    def _refuse_head(self) -> None:
        self._refusal = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        raise _RefusedError

    def _head_is_late(self) -> None:
        del self._timers["head"]
        if self.flow.read_paused:  # the server has stopped reading, not the client sending
            self._start("head", self._settings.head_timeout_s, self._head_is_late)
        elif self._in_message:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self._close()

    def _close(self) -> None:
        """Close the connection when what was written is sent, but not later than in a while."""
        self.transport.close()
        self._start("closing", self._settings.receive_timeout_s, self.transport.abort)

    def _watch_writing(self) -> None:
        n_before = self.transport.get_write_buffer_size()

        def check() -> None:
            if self.transport.get_write_buffer_size() < n_before:
                self._watch_writing()
            else:
                self.drop()

        self._start("writing", self._settings.receive_timeout_s, check)

    def _start(self, name: str, seconds: float, act: Callable[[], object]) -> None:
        self._stop(name)
        self._timers[name] = self.loop.call_later(seconds, act)

    def _stop(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer with an error, unless another answer is under way, and close.

        Closing at once could destroy the answer while the client still sends, so the rest is read
        and thrown away for a moment.
        """
        if self._is_refused or self.transport.is_closing():
            return
        self._is_refused = True
        cycle = self.cycle
        if self._n_unanswered:
            is_free = self._n_unanswered == 1 and self._in_body and not cycle.response_started
            cycle.disconnected = True  # the app writes nothing any more
            cycle.message_event.set()
        else:
            is_free = True
        if is_free:
            self.transport.write(_answer(status))
        self.transport.write_eof()
        self._start("closing", _LINGER_S, self.transport.abort)

    async def _answer_health(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        is_health = scope["type"] == "http" and scope["path"].startswith("/health/")
        await (self.config.loaded_app if is_health else service_unavailable)(scope, receive, send)


_DETAILS: Final = {
    HTTPStatus.BAD_REQUEST: ("bad-request", "This is not an HTTP request."),
    HTTPStatus.REQUEST_TIMEOUT: ("client-too-slow", "The request did not arrive in time."),
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: (
        "headers-too-large",
        f"Send at most {MAX_HEADERS} headers, together at most {MAX_HEAD_BYTES >> 10} KiB.",
    ),
}


def _answer(status: HTTPStatus) -> bytes:
    """Return a whole answer for a request that reaches no route."""
    body = json.dumps(ProblemDetails(int(status), *_DETAILS[status]).as_dict()).encode()
    head = (
        f"HTTP/1.1 {int(status)} {status.phrase}\r\nContent-Type: application/problem+json\r\n"
        f"Content-Length: {len(body)}\r\nX-Content-Type-Options: nosniff\r\n"
        "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
