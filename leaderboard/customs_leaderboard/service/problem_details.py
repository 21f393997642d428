"""Errors as HTTP answers, after RFC 9457 (Problem Details); the one place that maps them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from customs_data.errors import KitError
from customs_leaderboard.errors import (
    ClockError,
    ConflictError,
    DamagedDatabaseError,
    DisabledTeamError,
    NotFoundError,
    NotOpenError,
    QuotaError,
    RefusedFileError,
    TooLargeError,
    UnavailableError,
    UnknownCodeError,
    UnknownOrganizerError,
    UnknownTokenError,
)
from customs_leaderboard.rules.schedule import show_time

_MEDIA_TYPE: Final = "application/problem+json"
_RETRY_AFTER_S: Final = 10
_METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


class NoTokenError(KitError):
    """A request without the token that it needs (HTTP 401)."""

    def __init__(self) -> None:
        super().__init__(
            "The request has no token. Send the team's token as `Authorization: Bearer TOKEN`."
        )


class PrivateError(KitError):
    """A request to a private competition without a code or token (HTTP 401)."""

    def __init__(self) -> None:
        super().__init__(
            "This competition is private. Use the view code, or your team's token, as the "
            "password, with any user name; programs send the token as `Authorization: Bearer "
            "TOKEN`."
        )


class TooManyRequestsError(KitError):
    """Too many requests from a client address (HTTP 429).

    Attributes
    ----------
    wait_s : float
        Seconds until the next request is allowed.
    """

    def __init__(self, message: str, wait_s: float) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class BadUploadError(KitError):
    """A request body that is neither a file nor a form with one (HTTP 400)."""


class SlowClientError(KitError):
    """A client that stopped sending in the middle of its file (HTTP 408)."""


@dataclass(frozen=True)
class ProblemDetails:
    """An error answer after RFC 9457.

    Attributes
    ----------
    status : int
        HTTP status.
    kind : str
        Fixed name of the kind of error, for programs.
    detail : str
        One human sentence and the way out; the whole report of a refused file.
    headers : dict of str to str
        Headers of the answer.
    extra : dict
        Further members of the JSON: ``problems`` of a refused file, ``resets_at`` of a quota.
    """

    status: int
    kind: str
    detail: str
    headers: dict[str, str] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The kind in words."""
        return self.kind.replace("-", " ").capitalize()

    def as_dict(self) -> dict[str, Any]:
        """Return the details as plain data for JSON."""
        return {
            "type": f"urn:customs-kit:problem:{self.kind}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **self.extra,
        }

    def as_json(self) -> JSONResponse:
        """Return the details as an answer of the API."""
        return JSONResponse(self.as_dict(), self.status, self.headers, media_type=_MEDIA_TYPE)


#: Returns the page of an error.
ErrorPage = Callable[[Request, ProblemDetails], Response]

_KINDS: Final[dict[type[KitError], tuple[int, str]]] = {
    NoTokenError: (401, "no-token"),
    PrivateError: (401, "private"),
    UnknownTokenError: (401, "unknown-token"),
    UnknownCodeError: (401, "unknown-code"),
    UnknownOrganizerError: (401, "unknown-token"),
    DisabledTeamError: (403, "team-disabled"),
    NotOpenError: (403, "not-open"),
    NotFoundError: (404, "not-found"),
    ConflictError: (409, "conflict"),
    SlowClientError: (408, "client-too-slow"),
    TooLargeError: (413, "file-too-large"),
    RefusedFileError: (422, "file-refused"),
    QuotaError: (429, "quota-used"),
    TooManyRequestsError: (429, "too-many-requests"),
    UnavailableError: (503, "unavailable"),
    DamagedDatabaseError: (503, "database-damaged"),
    ClockError: (503, "clock-wrong"),
}


def details_of(error: Exception) -> ProblemDetails:
    """Return the answer to an error.

    Raises
    ------
    Exception
        The error itself if it is a bug and not meant for users.
    """
    if isinstance(error, RequestValidationError):
        # The values are left out: one may be a token.
        wrong = [f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}" for e in error.errors()[:5]]
        return ProblemDetails(422, "bad-request", f"Invalid request: {'; '.join(wrong)}.")
    if isinstance(error, HTTPException):
        phrase = HTTPStatus(error.status_code).phrase
        kind = phrase.lower().replace(" ", "-")
        return ProblemDetails(error.status_code, kind, f"{phrase}.", dict(error.headers or {}))
    if not isinstance(error, KitError):
        raise error
    status, kind = _KINDS.get(type(error), (400, "bad-request"))
    headers: dict[str, str] = {}
    extra: dict[str, Any] = {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, RefusedFileError):
        extra["problems"] = [problem.as_dict() for problem in error.report.problems]
    if isinstance(error, QuotaError):
        extra["resets_at"] = None if error.resets_at is None else show_time(error.resets_at)
    if isinstance(error, TooManyRequestsError):
        headers["Retry-After"] = str(math.ceil(error.wait_s))
    if isinstance(error, UnavailableError):
        headers["Retry-After"] = str(_RETRY_AFTER_S)
    return ProblemDetails(status, kind, str(error), headers, extra)


def details_of_bug(request_id: str) -> ProblemDetails:
    """Return the answer to a bug; the log has its traceback under the same number."""
    return ProblemDetails(
        500, "internal-error", f"The leaderboard failed. Tell the organizer: request {request_id}."
    )


def answer(request: Request, details: ProblemDetails) -> Response:
    """Return an error as JSON to programs, as a page to browsers."""
    if request.url.path.startswith(("/api/", "/health/", "/edition/")):
        return details.as_json()
    page: ErrorPage = request.app.state.error_page
    return page(request, details)


def add_handlers(app: FastAPI) -> None:
    """Register the handlers of errors."""

    async def handle(request: Request, error: Exception) -> Response:
        details = details_of(error)
        if details.status == HTTPStatus.METHOD_NOT_ALLOWED:
            allow = {"Allow": ", ".join(_allowed(request))}
            if request.method == "OPTIONS":
                return Response(status_code=204, headers=allow)
            details.headers.update(allow)  # the framework names only those of the first route
        return answer(request, details)

    for kind in (KitError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, handle)


def _allowed(request: Request) -> list[str]:
    """Return the methods that some route has for the request's path, and OPTIONS."""

    def has(method: str) -> bool:
        scope = {**request.scope, "method": method}
        return any(route.matches(scope)[0] is Match.FULL for route in request.app.router.routes)

    return [method for method in _METHODS if method == "OPTIONS" or has(method)]
