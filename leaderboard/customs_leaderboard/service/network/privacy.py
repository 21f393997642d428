"""A private competition: only teams and people with the view code see it."""

from __future__ import annotations

import base64
from http import HTTPStatus
from typing import Final

from anyio.to_thread import run_sync
from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from customs_data.errors import KitError
from customs_leaderboard.contest import Contest
from customs_leaderboard.errors import UnknownCodeError
from customs_leaderboard.service.access import charge_wrong, contest_of
from customs_leaderboard.service.problem_details import (
    PrivateError,
    ProblemDetails,
    answer,
    details_of,
)
from customs_leaderboard.teams.codes import opens
from customs_leaderboard.teams.teams import authenticate
from customs_leaderboard.teams.tokens import is_token

#: What anybody may ask for: nothing of it shows the competition.
_OPEN: Final = {
    "/register", "/join", "/api/v1/register", "/api/v1/join", "/health/live", "/health/ready",
}  # fmt: skip
_OPEN_FOLDER: Final = "/static/"
# Nothing but Basic: Chromium does not ask for a password if a second scheme is on the line.
_CHALLENGE: Final = 'Basic realm="leaderboard", charset="UTF-8"'


class Privacy:
    """Middleware that asks for credentials if the competition is private.

    It answers before any route, so that none can be forgotten.

    Parameters
    ----------
    app : ASGIApp
        The next layer.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or _is_open(scope["path"]):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive, send)
        if not contest_of(request).competition.private:
            await self._app(scope, receive, send)
            return
        try:
            await run_sync(_check, request)
            request.state.is_admitted = True
        except KitError as error:
            await _refuse(request, details_of(error), receive, send)
            return
        await self._app(scope, receive, _marked_private(send))


def _is_open(path: str) -> bool:
    return path in _OPEN or path.startswith(_OPEN_FOLDER)


def _check(request: Request) -> None:
    secret = _secret_of(request.headers.get("Authorization", ""))
    if secret is None:
        raise PrivateError
    with charge_wrong(request):
        _check_secret(contest_of(request), secret)


def _check_secret(board: Contest, secret: str) -> None:
    """Accept a team's token, the view code or the organizer's.

    Raises
    ------
    UnknownTokenError, UnknownCodeError
        If it is none of them.
    DisabledTeamError
        If the team was disabled.
    """
    if is_token(secret):
        authenticate(board, secret)
    elif not (opens(board, secret, "view") or opens(board, secret, "organizer")):
        raise UnknownCodeError


def _secret_of(authorization: str) -> str | None:
    """Return a bearer token or the password of HTTP Basic authentication; None without one."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2].strip()
    except ValueError:  # not base64, or not UTF-8
        return ""


async def _refuse(request: Request, details: ProblemDetails, receive: Receive, send: Send) -> None:
    if details.status == HTTPStatus.UNAUTHORIZED:
        details.headers["WWW-Authenticate"] = _CHALLENGE
    await answer(request, details)(request.scope, receive, send)


def _marked_private(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Cache-Control"] = f"private, {headers.get('Cache-Control', 'no-store')}"
            headers.add_vary_header("Authorization")
        await send(message)

    return send_with_headers
