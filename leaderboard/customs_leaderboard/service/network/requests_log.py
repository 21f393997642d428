"""Log of requests, one line of JSON each; also bugs, which belong to no route."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from customs_leaderboard.service.access import settings_of
from customs_leaderboard.service.network.limits import sender_key
from customs_leaderboard.service.problem_details import answer, details_of_bug

LOGGER: Final = logging.getLogger("customs_leaderboard.service")
_CLIENT_LEFT: Final = 499


class JsonLines(logging.Formatter):
    """Formatter of log records, and the `fields` given with them, as lines of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        content: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            content["traceback"] = self.formatException(record.exc_info)
        return json.dumps(content)


class RequestLog:
    """Middleware that numbers and logs requests, and answers with an error after a bug.

    A line contains the route's pattern, never path, query, headers or body: they may contain
    tokens. It names the client's address by a keyed hash.

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
        timer: Callable[[], float] = settings_of(request).timer
        started = timer()
        request_id = request.state.request_id = secrets.token_hex(8)
        host = request.client.host if request.client else None
        request.state.sender = sender_key(host, request.app.state.address_key)
        status: int | None = None

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except ClientDisconnect:
            status = _CLIENT_LEFT
        except Exception:
            LOGGER.exception("failed", extra={"fields": {"request": request_id}})
            if status is None:
                page = answer(request, details_of_bug(request_id))
                await page(scope, receive, send_with_id)
            status = 500
        finally:
            fields = {
                "request": request_id,
                "method": request.method if request.method in _METHODS else "other",
                "route": getattr(scope.get("route"), "path", None),
                "status": status,
                "ms": round((timer() - started) * 1000, 1),
                "team": getattr(request.state, "team_number", None),
                "sender": request.state.sender,
            }
            LOGGER.info("request", extra={"fields": fields})


_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")
