"""The organizer's part of the JSON API."""

from __future__ import annotations

from typing import Annotated, Any, Final

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from customs_leaderboard.organizing.status import read_activity, read_status
from customs_leaderboard.service.access import board_of, token_first
from customs_leaderboard.service.admin import actions, answers
from customs_leaderboard.service.admin.actions import as_organizer, check_organizer
from customs_leaderboard.service.answers import problem_answers
from customs_leaderboard.service.api import API
from customs_leaderboard.service.json_bodies import Number
from customs_leaderboard.service.problem_details import NoTokenError

_BEARER: Final = HTTPBearer(
    auto_error=False, scheme_name="organizer", description="The organizer's token."
)


def require_organizer(
    request: Request, bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
) -> None:
    """Check the bearer token; a dependency of routes, and blocks.

    Raises
    ------
    NoTokenError
        If the request has no bearer token.
    UnknownOrganizerError, TooManyRequestsError
        As `check_organizer`.
    """
    if bearer is None:
        raise NoTokenError
    check_organizer(request, bearer.credentials)


async def _check_first(request: Request) -> None:
    await run_sync(require_organizer, request, await _BEARER(request))


router = APIRouter(
    prefix=f"{API}/admin",
    dependencies=[Depends(require_organizer)],
    route_class=token_first(_check_first),
)
_READING: Final = problem_answers(401, 403)
_DOING: Final = problem_answers(400, 401, 403, 404, 422)


@router.get("/status", response_model=answers.StatusAnswer, responses=_READING)
def status(request: Request) -> JSONResponse:
    """Return how the competition is doing."""
    return JSONResponse(read_status(board_of(request)).as_dict())


@router.get("/teams", response_model=list[answers.TeamActivityAnswer], responses=_READING)
def teams(request: Request) -> JSONResponse:
    """Return all teams, those with the newest submission first."""
    return JSONResponse([team.as_dict() for team in read_activity(board_of(request))])


@router.get("/similar", response_model=answers.SimilarityAnswer | None, responses=_READING)
def similar(request: Request) -> JSONResponse:
    """Return the newest report of similar submissions; null while the first is being made."""
    report = request.app.state.similar.get()
    return JSONResponse(None if report is None else report.as_dict())


@router.post("/announcements", status_code=201, response_model=answers.DoneAnswer, responses=_DOING)
def announce(request: Request, wanted: answers.AnnouncementRequest) -> JSONResponse:
    """Publish an announcement."""
    with as_organizer(request) as board:
        return _done(actions.announce(board, wanted.text), 201)


@router.post(
    "/announcements/{number}/withdraw", response_model=answers.DoneAnswer, responses=_DOING
)
def withdraw(request: Request, number: Number) -> JSONResponse:
    """Take an announcement off the pages."""
    with as_organizer(request) as board:
        return _done(actions.withdraw(board, number))


@router.post("/deadline", response_model=answers.DoneAnswer, responses=_DOING)
def extend(request: Request, wanted: answers.DeadlineRequest) -> JSONResponse:
    """Extend the deadline."""
    with as_organizer(request) as board:
        return _done(actions.extend(board, wanted.closes, wanted.reason))


@router.post("/teams/{number}/disable", response_model=answers.DoneAnswer, responses=_DOING)
def disable(request: Request, number: Number, wanted: answers.ReasonRequest) -> JSONResponse:
    """Disable a team; after the close the final standings are computed again."""
    with as_organizer(request) as board:
        return _done(actions.disable(board, number, wanted.reason))


@router.post("/teams/{number}/enable", response_model=answers.DoneAnswer, responses=_DOING)
def enable(request: Request, number: Number, wanted: answers.ReasonRequest) -> JSONResponse:
    """Let a disabled team take part again."""
    with as_organizer(request) as board:
        return _done(actions.enable(board, number, wanted.reason))


@router.post("/submissions/{number}/strike", response_model=answers.DoneAnswer, responses=_DOING)
def strike(request: Request, number: Number, wanted: answers.ReasonRequest) -> JSONResponse:
    """Strike a submission; it is no longer ranked."""
    with as_organizer(request) as board:
        return _done(actions.strike_submission(board, number, wanted.reason))


@router.post("/submissions/{number}/restore", response_model=answers.DoneAnswer, responses=_DOING)
def restore(request: Request, number: Number, wanted: answers.ReasonRequest) -> JSONResponse:
    """Let a struck submission count again."""
    with as_organizer(request) as board:
        return _done(actions.restore_submission(board, number, wanted.reason))


def _done(what: Any, status_code: int = 200) -> JSONResponse:
    return JSONResponse({"done": what}, status_code)
