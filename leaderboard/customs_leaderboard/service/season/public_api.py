"""The public part of the API of seasons."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request, Response

from customs_leaderboard.errors import NotFoundError
from customs_leaderboard.rules.schedule import show_time
from customs_leaderboard.season.board import SeasonBoard
from customs_leaderboard.season.standings import final_table
from customs_leaderboard.service.answers import problem_answers
from customs_leaderboard.service.api import API, EVIDENCE
from customs_leaderboard.service.caching import cached_json
from customs_leaderboard.service.season import answers

_RESPONSES: Final = {**problem_answers(), 304: {"description": "Not modified."}}

router = APIRouter(prefix=API)


@router.get("/competition", response_model=answers.SeasonCompetitionAnswer, responses=_RESPONSES)
async def competition(request: Request) -> Response:
    """Return rules, phase, deadline and commitment."""
    return await cached_json(request, "competition", _competition)


@router.get(
    "/final",
    response_model=answers.SeasonTableAnswer,
    responses={**_RESPONSES, **problem_answers(404)},
)
async def final(request: Request) -> Response:
    """Return the final table; 404 before the close."""
    return await cached_json(request, "final", _final)


def _competition(board: SeasonBoard) -> dict[str, Any]:
    with board.database.reading() as session:
        state = board.state(session)
    return {
        "phase": board.phase(state),
        "closes": show_time(state.closes),
        "rules": board.rules,
        "commitment": state.commitment,
        "downloads": [EVIDENCE] if state.revealed_at is not None else [],
    }


def _final(board: SeasonBoard) -> dict[str, Any]:
    table = final_table(board)
    if table is None:
        raise NotFoundError("The final table is computed after the close.")
    return table.as_dict()
