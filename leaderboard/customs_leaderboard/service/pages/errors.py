"""Pages of errors."""

from __future__ import annotations

from typing import Final

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse

from customs_leaderboard.service.access import contest_of, is_hidden_from
from customs_leaderboard.service.pages.rendering import render
from customs_leaderboard.service.problem_details import ProblemDetails

_TITLES: Final = {
    400: "Bad request",
    401: "Not known here",
    403: "Not possible now",
    404: "Page not found",
    405: "Not possible this way",
    408: "Took too long",
    413: "File too large",
    422: "Not readable",
    429: "Too many requests",
    500: "Our mistake",
    503: "Not available at the moment",
}
_NO_PAGE: Final = "The address may be mistyped, or the page was removed."


def error_page(request: Request, problem: ProblemDetails) -> Response:
    """Return the page of an error; it needs no database, which may be what failed."""
    detail = _NO_PAGE if problem.detail == "Not Found." else problem.detail
    title = _TITLES.get(problem.status, problem.title)
    if is_hidden_from(request):
        # The frame of the pages contains the competition's title.
        return PlainTextResponse(f"{title}. {detail}\n", problem.status, problem.headers)
    content = render(
        contest_of(request), "error.html", title=title, detail=detail, status=problem.status
    )
    return HTMLResponse(content, problem.status, problem.headers)
