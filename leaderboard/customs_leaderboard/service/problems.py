"""What the service answers instead of doing what was asked: errors become HTTP here only."""

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

from customs_data.errors import KitError
from customs_leaderboard.errors import (
    DisabledTeamError,
    NotFoundError,
    NotOpenError,
    QuotaError,
    RefusedFileError,
    TooLargeError,
    UnavailableError,
    UnknownTokenError,
)
from customs_leaderboard.rules.competition import show_time

_MEDIA_TYPE: Final = "application/problem+json"
_RETRY_AFTER_S: Final = 10


class NoTokenError(KitError):
    """A request that needs a team's token has none (HTTP 401)."""

    def __init__(self) -> None:
        super().__init__(
            "The request must carry the team's token as `Authorization: Bearer TOKEN`, however: "
            "it does not."
        )


class TooManyRequestsError(KitError):
    """A client address asks too often (HTTP 429).

    Attributes
    ----------
    wait_s : float
        Seconds until it may ask again.
    """

    def __init__(self, message: str, wait_s: float) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class BadUploadError(KitError):
    """A request whose body is no file as the service takes it (HTTP 400)."""


class SlowClientError(KitError):
    """A client that stopped sending in the middle (HTTP 408)."""


@dataclass(frozen=True)
class Problem:
    """An answer that says why not, after RFC 9457.

    Attributes
    ----------
    status : int
        HTTP status.
    kind : str
        What it is about, for programs; always the same for the same kind.
    detail : str
        One human sentence and the way out; of a refused file the whole report.
    headers : dict of str to str
        To be sent with it.
    extra : dict
        More members of the JSON: ``problems`` of a refused file, ``resets_at`` of a quota.
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
        """Return the problem as plain data for JSON."""
        return {
            "type": f"urn:customs-kit:problem:{self.kind}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **self.extra,
        }

    def as_json(self) -> JSONResponse:
        """Return the problem as an answer of the API."""
        return JSONResponse(self.as_dict(), self.status, self.headers, media_type=_MEDIA_TYPE)


#: Shows a problem to a browser.
ProblemPage = Callable[[Request, Problem], Response]

_KINDS: Final[dict[type[KitError], tuple[int, str]]] = {
    NoTokenError: (401, "no-token"),
    UnknownTokenError: (401, "unknown-token"),
    DisabledTeamError: (403, "team-disabled"),
    NotOpenError: (403, "not-open"),
    NotFoundError: (404, "not-found"),
    SlowClientError: (408, "client-too-slow"),
    TooLargeError: (413, "file-too-large"),
    RefusedFileError: (422, "file-refused"),
    QuotaError: (429, "quota-used"),
    TooManyRequestsError: (429, "too-many-requests"),
    UnavailableError: (503, "unavailable"),
}


def problem_of(error: Exception) -> Problem:
    """Return what to answer to an error.

    Raises
    ------
    Exception
        The error itself, if it is not meant for users: a bug.
    """
    if isinstance(error, RequestValidationError):
        # What was sent is not repeated: it may be a token.
        wrong = [f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}" for e in error.errors()[:5]]
        return Problem(
            422, "bad-request", "The request must fit the API, however: " + "; ".join(wrong)
        )
    if isinstance(error, HTTPException):
        phrase = HTTPStatus(error.status_code).phrase
        return Problem(
            error.status_code,
            phrase.lower().replace(" ", "-"),
            f"{phrase}.",
            dict(error.headers or {}),
        )
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
        extra["resets_at"] = show_time(error.resets_at)
    if isinstance(error, TooManyRequestsError):
        headers["Retry-After"] = str(math.ceil(error.wait_s))
    if isinstance(error, UnavailableError):
        headers["Retry-After"] = str(_RETRY_AFTER_S)
    return Problem(status, kind, str(error), headers, extra)


def internal_problem(request_id: str) -> Problem:
    """Return the answer to a bug; what happened stands in the log under the number."""
    return Problem(
        500,
        "internal-error",
        f"The leaderboard failed. Tell the organizer the number of the request: {request_id}.",
    )


def is_api(path: str) -> bool:
    """Whether programs ask, not browsers."""
    return path.startswith(("/api/", "/health/", "/edition/"))


def answer(request: Request, problem: Problem) -> Response:
    """Return a problem as JSON, or as a page where a browser asks for one."""
    page: ProblemPage | None = request.app.state.problem_page
    if page is None or is_api(request.url.path):
        return problem.as_json()
    return page(request, problem)


def add_handlers(app: FastAPI) -> None:
    """Let an app answer errors as this module says."""

    async def handle(request: Request, error: Exception) -> Response:
        return answer(request, problem_of(error))

    for kind in (KitError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, handle)
