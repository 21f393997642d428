"""The JSON API: what programs ask, and the command line's `submit` among them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from customs_leaderboard.audit_log import PUBLIC_ACTIONS, head_hash, read_entries
from customs_leaderboard.board import Board
from customs_leaderboard.competition import show_time
from customs_leaderboard.schema import Team
from customs_leaderboard.selecting import select_submissions, selected_numbers
from customs_leaderboard.service import answers
from customs_leaderboard.service.access import AuthenticatedTeam, board_of
from customs_leaderboard.service.caching import cached_response
from customs_leaderboard.service.edition_files import EditionFiles
from customs_leaderboard.service.uploads import UPLOAD_LIMIT, receive_upload, submit_upload
from customs_leaderboard.standings import (
    progress,
    public_standings,
    team_history,
    team_submission,
)
from customs_leaderboard.submitting import count_today, next_day

API: Final = "/api/v1"
_JSON: Final = "application/json"
_N_PROGRESS: Final = 20

_WHY: Final[dict[int, str]] = {
    400: "The request is not one that the API knows.",
    401: "No token, or no team's.",
    403: "The team was disabled, or the competition takes no such thing now.",
    404: "There is no such thing, or it belongs to another team.",
    408: "The client stopped sending.",
    413: "The file is larger than the competition takes.",
    422: "The file cannot be scored (the report says why), or the request does not fit.",
    429: "The team's submissions of the day are used up, or the client asks too often.",
    503: "Disk or database do not answer.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI says of a route's problems."""
    schema = {"schema": {"$ref": "#/components/schemas/ProblemAnswer"}}
    return {
        status: {"description": _WHY[status], "content": {"application/problem+json": schema}}
        for status in sorted({*statuses, 429, 503})
    }


router = APIRouter(prefix=API)
#: A number that a database can look up.
Number = Annotated[int, Path(ge=1, le=answers.MAX_NUMBER)]
_NOT_MODIFIED: Final[dict[int | str, dict[str, Any]]] = {304: {"description": "Not modified."}}


@router.get(
    "/competition",
    response_model=answers.CompetitionAnswer,
    responses={**problems(), **_NOT_MODIFIED},
)
async def competition(request: Request) -> Response:
    """Return rules, phase, deadline and commitment."""
    files: EditionFiles = request.app.state.edition_files
    return await _cached(request, "competition", lambda board: _competition(board, files))


@router.get(
    "/standings", response_model=answers.StandingsAnswer, responses={**problems(), **_NOT_MODIFIED}
)
async def standings(request: Request) -> Response:
    """Return the standings by laddered public score; ask with If-None-Match to poll cheaply."""
    return await _cached(request, "standings", lambda board: public_standings(board).as_dict())


@router.get(
    "/progress",
    response_model=list[answers.ProgressAnswer],
    responses={**problems(), **_NOT_MODIFIED},
)
async def team_progress(request: Request) -> Response:
    """Return how the laddered scores of the leading teams grew."""
    return await _cached(request, "progress", _progress)


@router.get("/log", response_model=answers.LogAnswer, responses={**problems(), **_NOT_MODIFIED})
async def log(request: Request) -> Response:
    """Return what organizers did; whoever keeps `head` can later check the whole log."""
    return await _cached(request, "log", _log)


@router.get("/team", response_model=answers.TeamAnswer, responses=problems(401, 403, 422))
def team(
    request: Request,
    team: AuthenticatedTeam,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: Annotated[int, Query(ge=1, le=answers.MAX_NUMBER)] = answers.MAX_NUMBER,
) -> Response:
    """Return the team of the token and its newest submissions, or those before a number."""
    board = board_of(request)
    return _json(_team(board, team, limit, before))


@router.get(
    "/submissions/{number}",
    response_model=answers.OwnSubmissionAnswer,
    responses=problems(401, 403, 404, 422),
)
def submission(request: Request, team: AuthenticatedTeam, number: Number) -> Response:
    """Return one of the team's submissions."""
    return _json(team_submission(board_of(request), team.number, number).as_dict())


@router.post(
    "/submissions",
    response_model=answers.ReceiptAnswer,
    status_code=201,
    max_body_size=UPLOAD_LIMIT,
    responses={
        200: {"model": answers.ReceiptAnswer, "description": "Sent before: nothing was counted."},
        **problems(400, 401, 403, 408, 413, 422),
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "CSV or gzipped CSV: the body itself, or the part `file` of a form.",
            "content": {
                "text/csv": {"schema": {"type": "string"}},
                "application/gzip": {"schema": {"type": "string", "format": "binary"}},
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["file"],
                        "properties": {"file": {"type": "string", "format": "binary"}},
                    }
                },
            },
        }
    },
)
async def submit(request: Request, team: AuthenticatedTeam) -> Response:
    """Send a file; it is on disk and counted when the answer comes."""
    async with receive_upload(request, check=lambda _fields: None) as upload:
        receipt = await submit_upload(request, team.number, upload)
    return _json(receipt.as_dict(), 200 if receipt.duplicate else 201)


@router.get("/selections", response_model=answers.SelectionAnswer, responses=problems(401, 403))
def selections(request: Request, team: AuthenticatedTeam) -> Response:
    """Return the submissions that the team wants to be judged by."""
    return _json({"submissions": selected_numbers(board_of(request), team.number)})


@router.put(
    "/selections",
    response_model=answers.SelectionAnswer,
    responses=problems(400, 401, 403, 404, 422),
)
def select(request: Request, team: AuthenticatedTeam, wanted: answers.SelectionRequest) -> Response:
    """Replace the submissions that the team wants to be judged by."""
    chosen = select_submissions(board_of(request), team.number, wanted.submissions)
    return _json({"submissions": chosen})


def _json(content: Any, status: int = 200) -> Response:
    """Answer with plain data; response models are for OpenAPI, and tests hold answers to them."""
    return JSONResponse(content, status)


async def _cached(request: Request, name: str, make: Callable[[Board], Any]) -> Response:
    def encode(board: Board) -> bytes:
        return json.dumps(make(board), separators=(",", ":"), allow_nan=False).encode()

    return await cached_response(request, f"api {name}", encode, _JSON)


def _competition(board: Board, files: EditionFiles) -> dict[str, Any]:
    manifest = board.manifest
    with board.database.reading() as session:
        state = board.state(session)
    return {
        "phase": board.phase(state),
        "closes": show_time(state.closes),
        "rules": board.competition.as_dict(),
        "edition": {
            "name": manifest.name,
            "origin": manifest.origin,
            "commitment": manifest.commitment,
            "rows": manifest.rows,
            "files": files.names,
        },
    }


def _progress(board: Board) -> list[dict[str, Any]]:
    return [held.as_dict() for held in progress(board, _N_PROGRESS)]


def _log(board: Board) -> dict[str, Any]:
    with board.database.reading() as session:
        entries = read_entries(session, actions=PUBLIC_ACTIONS)
        head = head_hash(session)
    return {"head": head, "entries": [entry.as_dict() for entry in entries]}


def _team(board: Board, team: Team, limit: int, before: int) -> dict[str, Any]:
    now = board.now()
    with board.database.reading() as session:
        n_today = count_today(session, team.number, now)
    history = team_history(board, team.number, limit=limit, before=before)
    return {
        "number": team.number,
        "name": team.name,
        "n_submissions": team.n_submissions,
        "best_shown": team.best_shown,
        "n_left_today": max(board.competition.daily_limit - n_today, 0),
        "resets_at": show_time(next_day(now)),
        "selected": selected_numbers(board, team.number),
        "submissions": [held.as_dict() for held in history],
    }
