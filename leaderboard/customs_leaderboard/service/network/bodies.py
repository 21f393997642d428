"""Time limits of request bodies."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Final

from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from customs_leaderboard.service.access import settings_of
from customs_leaderboard.service.problem_details import SlowClientError, answer, details_of

_LEFT: Final[Message] = {"type": "http.disconnect"}


class BodyLimits:
    """Middleware that answers 408 when a body does not arrive in time.

    Until a valid token was seen, the whole body has `ServiceSettings.stranger_total_s`, then
    `receive_total_s`. What reads the body is told that the client has left.

    Parameters
    ----------
    app : ASGIApp
        The next layer.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive, send)
        settings = settings_of(request)
        started = monotonic()
        is_complete = is_late = is_answered = False

        async def receive_in_time() -> Message:
            nonlocal is_complete, is_late
            if is_complete:
                return await receive()
            if is_late:
                return _LEFT
            is_known = getattr(request.state, "team_number", None) is not None
            total_s = settings.receive_total_s if is_known else settings.stranger_total_s
            pause_s = min(settings.receive_timeout_s, started + total_s - monotonic())
            try:
                async with asyncio.timeout(pause_s):  # cheaper than a cancel scope of anyio
                    message = await receive()
            except TimeoutError:
                is_late = True
            else:
                is_complete = not message.get("more_body", False)
                return message
            if not is_answered:
                late = details_of(SlowClientError("The request did not arrive in time."))
                late.headers["Connection"] = "close"
                await answer(request, late)(scope, receive, send)
            return _LEFT

        async def send_unless_late(message: Message) -> None:
            nonlocal is_answered
            if not is_late:
                is_answered = True
                await send(message)

        try:
            await self._app(scope, receive_in_time, send_unless_late)
        except ClientDisconnect:
            if not is_late:
                raise
