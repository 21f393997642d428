"""One request to an ASGI app, message by message, below every HTTP library."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

PATH = "/api/v1/submissions"


async def ask(
    app: Any, headers: dict[str, str], receive: Callable[[], Awaitable[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """Post to `PATH`, and return the messages of the answer."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
        "scheme": "http", "path": PATH, "raw_path": PATH.encode(), "query_string": b"",
        "headers": [(n.lower().encode(), v.encode()) for n, v in headers.items()],
        "client": ("203.0.113.9", 1), "server": ("board.example", 80), "state": {},
    }  # fmt: skip
    await app(scope, receive, send)
    return sent
