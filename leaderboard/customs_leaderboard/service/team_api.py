"""The part of the JSON API that needs a team's token."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse

from customs_leaderboard.board import Board
from customs_leaderboard.rules.schedule import show_time
from customs_leaderboard.service import answers
from customs_leaderboard.service.access import AuthenticatedTeam, TeamRoute, board_of
from customs_leaderboard.service.answers import problem_answers
from customs_leaderboard.service.api import API
from customs_leaderboard.service.json_bodies import MAX_NUMBER, Number
from customs_leaderboard.service.uploads import UPLOAD_LIMIT, receive_upload, submit_upload
from customs_leaderboard.standings.public import team_history, team_submission
from customs_leaderboard.standings.select import select_submissions, selected_numbers
from customs_leaderboard.store.schema import Team
from customs_leaderboard.submissions.admission import quota_now
from customs_leaderboard.submissions.notes import MAX_NOTE, write_note
from customs_leaderboard.submissions.own_files import OwnFile, own_file
from customs_scorer.formats import FORMATS_IN_WORDS

router = APIRouter(prefix=API, route_class=TeamRoute)


@router.get("/team", response_model=answers.TeamAnswer, responses=problem_answers(401, 403, 422))
def team(
    request: Request,
    team: AuthenticatedTeam,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: Annotated[int, Query(ge=1, le=MAX_NUMBER)] = MAX_NUMBER,
) -> Response:
    """Return the team and its newest submissions, or those before a number."""
    board = board_of(request)
    return _json(_team(board, team, limit, before))


@router.get(
    "/submissions/{number}",
    response_model=answers.OwnSubmissionAnswer,
    responses=problem_answers(401, 403, 404, 422),
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
        200: {"model": answers.ReceiptAnswer, "description": "The team sent these scores before."},
        **problem_answers(400, 401, 403, 408, 413, 422),
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": f"{FORMATS_IN_WORDS}, as the body or as the part `file` of a form.",
            "content": {
                "text/csv": {"schema": {"type": "string"}},
                "application/gzip": {"schema": {"type": "string", "format": "binary"}},
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["file"],
                        "properties": {
                            "note": {"type": "string", "maxLength": MAX_NOTE},
                            "file": {"type": "string", "format": "binary"},
                        },
                    }
                },
            },
        }
    },
)
async def submit(
    request: Request,
    team: AuthenticatedTeam,
    note: Annotated[str, Query(description="The team's note; or a field of the form.")] = "",
) -> Response:
    """Send a file; the answer comes when it is stored on disk and counted."""
    async with receive_upload(request, _accept) as upload:
        receipt = await submit_upload(request, team.number, upload)
    return _json(receipt.as_dict(), 200 if receipt.duplicate else 201)


@router.put(
    "/submissions/{number}/note",
    response_model=answers.OwnSubmissionAnswer,
    responses=problem_answers(400, 401, 403, 404, 422),
)
def annotate(
    request: Request, team: AuthenticatedTeam, number: Number, wanted: answers.NoteRequest
) -> Response:
    """Replace the note on one of the team's submissions; only the team sees it."""
    board = board_of(request)
    write_note(board, team.number, number, wanted.note)
    return _json(team_submission(board, team.number, number).as_dict())


@router.get(
    "/submissions/{number}/file",
    response_class=FileResponse,
    responses={
        200: {
            "description": "The file as it was sent.",
            "content": {
                "text/csv": {"schema": {"type": "string", "format": "binary"}},
                "application/gzip": {"schema": {"type": "string", "format": "binary"}},
            },
        },
        206: {"description": "The bytes asked for with Range."},
        416: {"description": "The file has no such bytes."},
        **problem_answers(401, 403, 404, 422),
    },
)
def download(request: Request, team: AuthenticatedTeam, number: Number) -> Response:
    """Return the file of one of the team's submissions, as it was sent."""
    return file_answer(own_file(board_of(request), team.number, number))


@router.get(
    "/selections", response_model=answers.SelectionAnswer, responses=problem_answers(401, 403)
)
def selections(request: Request, team: AuthenticatedTeam) -> Response:
    """Return the team's final selections."""
    return _json({"submissions": selected_numbers(board_of(request), team.number)})


@router.put(
    "/selections",
    response_model=answers.SelectionAnswer,
    responses=problem_answers(400, 401, 403, 404, 422),
)
def select(request: Request, team: AuthenticatedTeam, wanted: answers.SelectionRequest) -> Response:
    """Replace the team's final selections."""
    chosen = select_submissions(board_of(request), team.number, wanted.submissions)
    return _json({"submissions": chosen})


async def _accept(_fields: dict[str, str]) -> None:
    """Accept any sender: the route has authenticated the team by its header."""


def file_answer(file: OwnFile) -> Response:
    """Answer with an accepted file; its name and type are the service's own."""
    return FileResponse(
        file.path,
        media_type=file.media_type,
        filename=file.name,
        headers={"ETag": f'"{file.sha256[:32]}"'},
    )


def _json(content: Any, status: int = 200) -> Response:
    """Answer with plain data; tests compare answers with the response models of OpenAPI."""
    return JSONResponse(content, status)


def _team(board: Board, team: Team, limit: int, before: int) -> dict[str, Any]:
    with board.database.reading() as session:
        quota = quota_now(board, session, team.number)
    history = team_history(board, team.number, limit=limit, before=before)
    return {
        "number": team.number,
        "name": team.name,
        "n_submissions": team.n_submissions,
        "best_shown": team.best_shown,
        "n_left_today": quota.n_left,
        "resets_at": None if quota.resets_at is None else show_time(quota.resets_at),
        "selected": selected_numbers(board, team.number),
        "submissions": [submission.as_dict() for submission in history],
    }
