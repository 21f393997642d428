"""Errors as pages that look like the rest."""

from __future__ import annotations

from typing import Final

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from customs_leaderboard.service.access import board_of
from customs_leaderboard.service.pages.rendering import render
from customs_leaderboard.service.problems import Problem

_TITLES: Final = {
    400: "That did not work",
    401: "Not a team's token",
    403: "Not now",
    404: "There is no such page",
    405: "Not done this way",
    408: "It took too long",
    413: "Too large",
    422: "That cannot be read",
    429: "Too many for now",
    500: "Our mistake",
    503: "Not available for the moment",
}
_NO_PAGE: Final = "The address may be mistyped, or the page is gone."


def problem_page(request: Request, problem: Problem) -> Response:
    """Return a problem as a page; it asks nothing of the database, which may be what failed."""
    detail = _NO_PAGE if problem.kind == "not-found" and _is_bare(problem) else problem.detail
    title = _TITLES.get(problem.status, problem.title)
    content = render(
        board_of(request), "problem.html", title=title, detail=detail, status=problem.status
    )
    return HTMLResponse(content, problem.status, problem.headers)


def _is_bare(problem: Problem) -> bool:
    """Whether there is no more to say than the status."""
    return problem.detail == "Not Found."
