"""The API with which a team plays its worlds, week by week."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Annotated, Any, Final, TypeVar

import numpy as np
import pandas as pd
from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import ValidationError

from customs_data.errors import KitError
from customs_data.files.writing import csv_chunks
from customs_leaderboard.season.attempts import begin_attempt, list_attempts
from customs_leaderboard.season.board import SeasonBoard
from customs_leaderboard.season.deciding import (
    Choice,
    SeenWeek,
    arrived_reports,
    decide_week,
    see_week,
)
from customs_leaderboard.season.live import Place
from customs_leaderboard.season.reports import reports_as_rows
from customs_leaderboard.service.access import AuthenticatedTeam, TeamRoute
from customs_leaderboard.service.answers import problem_answers
from customs_leaderboard.service.api import API
from customs_leaderboard.service.fair_queue import FairQueue
from customs_leaderboard.service.json_bodies import MAX_NUMBER, Number
from customs_leaderboard.service.season import answers
from customs_leaderboard.service.season.answers import decided_answer
from customs_scorer.season.environment import REPORT_COLUMNS

CSV: Final = "text/csv"
PARQUET: Final = "application/vnd.apache.parquet"
_JSON: Final = "application/json"
#: Headers with what CSV and Parquet have no place for.
N_INSPECTIONS: Final = "Season-Inspections"
N_WEEKS: Final = "Season-Weeks"
#: Largest body of a decision.
MAX_BODY: Final = 1 << 20

Result = TypeVar("Result")
#: Week 0 is the warm-up.
WeekNumber = Annotated[int, Path(ge=0, le=MAX_NUMBER)]

router = APIRouter(prefix=f"{API}/season", route_class=TeamRoute)


def season_board_of(request: Request) -> SeasonBoard:
    """Return the board of the app."""
    board: SeasonBoard = request.app.state.board
    return board


async def in_turn(request: Request, team_number: int, work: Callable[[], Result]) -> Result:
    """Return what a function returns that may have to simulate a world, when it is its turn."""
    queue: FairQueue = request.app.state.queue
    async with queue.turn(team_number):
        return await run_sync(work, limiter=queue.threads)


@router.get("", response_model=answers.SeasonAnswer, responses=problem_answers(401, 403))
def season(request: Request, team: AuthenticatedTeam) -> Response:
    """Return the team's attempts, and how far each world is."""
    board = season_board_of(request)
    with board.database.reading() as session:
        phase = board.phase(board.state(session))
    attempts = list_attempts(board, team.number)
    return JSONResponse(
        {
            "team": team.name,
            "number": team.number,
            "phase": phase,
            "n_attempts_left": max(board.competition.attempts - len(attempts), 0),
            "attempts": [one.as_dict(board.competition.weeks) for one in attempts],
        }
    )


@router.put(
    "/{attempt}",
    response_model=answers.AttemptAnswer,
    status_code=201,
    responses={
        200: {"model": answers.AttemptAnswer, "description": "It was begun before."},
        **problem_answers(400, 401, 403, 409, 422),
    },
)
def begin(
    request: Request,
    team: AuthenticatedTeam,
    attempt: Number,
    abandon: Annotated[
        bool, Query(description="End the attempt before it, if that is not finished.")
    ] = False,
) -> Response:
    """Begin an attempt, with worlds that nobody has seen. The last finished attempt counts."""
    board = season_board_of(request)
    begun, is_new = begin_attempt(board, team.number, attempt, abandon=abandon)
    return JSONResponse(begun.as_dict(board.competition.weeks), 201 if is_new else 200)


@router.get(
    "/{attempt}/{world}/reports",
    response_model=answers.ReportsAnswer,
    responses={
        200: {"description": "By Accept: JSON or CSV.", "content": {CSV: {}}},
        **problem_answers(401, 403, 404, 422),
    },
)
async def reports(
    request: Request, team: AuthenticatedTeam, attempt: Number, world: Number
) -> Response:
    """Return all reports that have arrived; those of the warm-up have week 0."""
    board, place = season_board_of(request), Place(team.number, attempt, world)

    def answer() -> Response:
        arrived = arrived_reports(board, place)
        if _wanted(request, _JSON, CSV) == CSV:
            return Response(b"".join(csv_chunks(arrived)), media_type=CSV)
        columns = list(REPORT_COLUMNS)
        return JSONResponse({"report_columns": columns, "reports": reports_as_rows(arrived)})

    return await in_turn(request, team.number, answer)


@router.get(
    "/{attempt}/{world}/{week}",
    response_model=answers.WeekAnswer,
    responses={
        200: {
            "description": "By Accept: JSON with reports, or the declarations as CSV or Parquet.",
            "content": {CSV: {}, PARQUET: {"schema": {"type": "string", "format": "binary"}}},
            "headers": {name: {"schema": {"type": "integer"}} for name in (N_INSPECTIONS, N_WEEKS)},
        },
        **problem_answers(401, 403, 404, 422),
    },
)
async def week(
    request: Request, team: AuthenticatedTeam, attempt: Number, world: Number, week: WeekNumber
) -> Response:
    """Return a week's declarations; week 0 is everything that was filed before week 1."""
    board, place = season_board_of(request), Place(team.number, attempt, world)
    kind = _wanted(request, _JSON, CSV, PARQUET)
    return await in_turn(
        request, team.number, lambda: _week_answer(see_week(board, place, week), place, kind)
    )


@router.post(
    "/{attempt}/{world}/{week}",
    response_model=answers.DecidedAnswer,
    max_body_size=MAX_BODY,
    responses=problem_answers(400, 401, 403, 404, 408, 409, 413, 422),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": answers.ChoiceRequest.model_json_schema(),
                },
                CSV: {"schema": {"type": "string", "description": "A Declaration ID a line."}},
            },
        }
    },
)
async def decide(
    request: Request, team: AuthenticatedTeam, attempt: Number, world: Number, week: Number
) -> Response:
    """Open declarations of a week; the answer has the reports that have arrived since.

    The same decision again gets the same answer, so that a request without an answer can be sent
    again. Another decision of the same week is refused.
    """
    board, place = season_board_of(request), Place(team.number, attempt, world)
    content = await request.body()
    received_at = board.now()
    choice = read_choice(content, request.headers.get("Content-Type", ""))

    def answer() -> Response:
        decided, _ = decide_week(board, place, week, choice, received_at)
        return JSONResponse(decided_answer(decided, attempt, world))

    answered = await in_turn(request, team.number, answer)
    request.app.state.answers.expire()
    return answered


def read_choice(content: bytes, content_type: str) -> Choice:
    """Return the choice in a body: JSON, or CSV with a Declaration ID a line.

    Raises
    ------
    KitError
        If it is neither.
    """
    if content_type.partition(";")[0].strip().lower() == CSV:
        return Choice(read_ids(content))
    try:
        choice = answers.ChoiceRequest.model_validate_json(content).as_choice()
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, wrong["loc"]))
        raise KitError(
            f"The body is not a choice: {where and where + ': '}{wrong['msg']}."
        ) from None
    if choice is None:
        raise KitError("The body must have either rows or declaration_ids.")
    return choice


def read_ids(content: bytes) -> list[str]:
    """Return the Declaration IDs of a CSV file: its first column, with a header or without.

    Raises
    ------
    KitError
        If it is not UTF-8.
    """
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise KitError("The file is not UTF-8 text. Save it as CSV in UTF-8.") from None
    cells = [line.partition(",")[0].strip().strip('"') for line in lines]
    ids = [cell for cell in cells if cell]
    return ids[1:] if ids[:1] == ["Declaration ID"] else ids


def _week_answer(seen: SeenWeek, place: Place, kind: str) -> Response:
    headers = {N_INSPECTIONS: str(seen.n_inspections), N_WEEKS: str(seen.n_weeks)}
    if kind == CSV:
        content = b"".join(csv_chunks(seen.declarations))
        return Response(content, headers=headers, media_type=CSV)
    if kind == PARQUET:
        buffer = io.BytesIO()
        seen.declarations.to_parquet(buffer, index=False)
        return Response(buffer.getvalue(), headers=headers, media_type=PARQUET)
    return JSONResponse(
        {
            "attempt": place.attempt,
            "world": place.world,
            "week": seen.number,
            "n_weeks": seen.n_weeks,
            "n_inspections": seen.n_inspections,
            "is_decided": seen.is_decided,
            "columns": list(seen.declarations.columns),
            "declarations": rows_of(seen.declarations),
            "report_columns": list(REPORT_COLUMNS),
            "reports": seen.reports,
        },
        headers=headers,
    )


def rows_of(declarations: pd.DataFrame) -> list[list[Any]]:
    """Return declarations as plain data: dates as 2026-01-31, None for an empty cell."""
    columns = []
    for name in declarations:
        column = declarations[name]
        if column.dtype.kind == "M":
            columns.append(np.datetime_as_string(column.to_numpy(), unit="D").tolist())
        else:
            columns.append([None if cell != cell else cell for cell in column.tolist()])
    return [list(row) for row in zip(*columns, strict=True)]


def _wanted(request: Request, *kinds: str) -> str:
    """Return the first of the kinds that Accept names; the first of all without one."""
    accepted = [
        part.partition(";")[0].strip() for part in request.headers.get("Accept", "").split(",")
    ]
    return next((kind for kind in accepted if kind in kinds), kinds[0])
