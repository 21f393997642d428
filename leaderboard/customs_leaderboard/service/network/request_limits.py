"""Limits of requests: by team where a request has a valid token, else by client address."""

from __future__ import annotations

from typing import Final

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from customs_leaderboard.service.access import (
    client_of,
    recognise_organizer,
    recognise_team,
    team_key,
    too_many,
)
from customs_leaderboard.service.problem_details import TooManyRequestsError, answer, details_of

_RETRY_AFTER_S: Final = 1.0


class RequestLimits:
    """Middleware that answers 429 to whoever sends too many requests, except health checks.

    A form has its token in its body: when its address has sent too many requests, the form is read
    all the same, and `access.authenticate_form` refuses what has no valid token.

    Parameters
    ----------
    app : ASGIApp
        The next layer.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and not scope["path"].startswith("/health/"):
            request = Request(scope, receive, send)
            try:
                await _admit(request)
            except TooManyRequestsError as error:
                await answer(request, details_of(error))(scope, receive, send)
                return
        await self._app(scope, receive, send)


async def _admit(request: Request) -> None:
    """Count a request; raise `TooManyRequestsError` if there are too many."""
    team = await recognise_team(request)
    if team is not None:
        client, whose = team_key(team), "team"
    elif await recognise_organizer(request):
        client, whose = "organizer", "token"
    else:
        client, whose = client_of(request), "address"
    is_known = whose != "address"
    connection = getattr(request.state, "connection", None)  # only of the real server
    if connection is not None and not connection.serves(client, is_known=is_known):
        raise too_many(whose, _RETRY_AFTER_S)
    wait_s: float = request.app.state.requests.take(client)
    is_form = request.method == "POST" and not request.url.path.startswith("/api/")
    if wait_s > 0 and (is_known or not is_form):
        raise too_many(whose, wait_s)
    request.state.wait_s = wait_s
