"""The public part of the JSON API."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from customs_leaderboard.board import Board
from customs_leaderboard.contest import Contest
from customs_leaderboard.errors import NotFoundError
from customs_leaderboard.organizing.announcements import read_announcements
from customs_leaderboard.rules.schedule import as_plain, show_time
from customs_leaderboard.service import answers
from customs_leaderboard.service.answers import problem_answers
from customs_leaderboard.service.caching import cached_json
from customs_leaderboard.service.edition_files import EditionArchive, EditionFiles
from customs_leaderboard.standings.final import final_sha256, final_standings
from customs_leaderboard.standings.phases import find_phase, phase_spans, phase_standings
from customs_leaderboard.standings.public import progress, public_standings
from customs_leaderboard.store.actions import PUBLIC_ACTIONS
from customs_leaderboard.store.audit_log import head_hash, read_entries
from customs_leaderboard.store.solutions import read_solutions, solution_as_dict

#: Prefix of the API's paths.
API: Final = "/api/v1"
#: Paths of what is published after the reveal.
REVEAL: Final = "/reveal.json.gz"
EVIDENCE: Final = "/evidence.zip"
_N_PROGRESS: Final = 20

router = APIRouter(prefix=API)
#: Log and announcements, which every kind of competition has.
records = APIRouter(prefix=API)
_RESPONSES: Final = {**problem_answers(), 304: {"description": "Not modified."}}


@router.get(
    "/competition",
    response_model=answers.CompetitionAnswer,
    responses=_RESPONSES,
)
async def competition(request: Request) -> Response:
    """Return rules, phase, deadline and commitment."""
    files: EditionFiles = request.app.state.edition_files
    archive: EditionArchive = request.app.state.edition_archive
    names = {"files": files.names, "archive": archive.name}
    return await cached_json(request, "competition", lambda board: _competition(board, names))


@router.get(
    "/standings",
    response_model=answers.StandingsAnswer | answers.PhaseStandingsAnswer,
    responses={**_RESPONSES, **problem_answers(404, 422)},
)
async def standings(
    request: Request,
    phase: Annotated[str | None, Query(description="As they were at the end of a phase.")] = None,
) -> Response:
    """Return the standings by laddered public score; ask with If-None-Match to poll cheaply."""
    if phase is None:
        return await cached_json(
            request, "standings", lambda board: public_standings(board).as_dict()
        )
    name = find_phase(request.app.state.board, phase)
    return await cached_json(
        request, f"standings of phase {name}", lambda board: phase_standings(board, name).as_dict()
    )


@router.get("/phases", response_model=answers.PhasesAnswer, responses=_RESPONSES)
async def phases(request: Request) -> Response:
    """Return the phases and milestones."""
    return await cached_json(request, "phases", _phases)


@router.get(
    "/progress",
    response_model=list[answers.ProgressAnswer],
    responses=_RESPONSES,
)
async def team_progress(request: Request) -> Response:
    """Return the laddered scores of the leading teams over time."""
    return await cached_json(request, "progress", _progress)


@records.get("/log", response_model=answers.LogAnswer, responses=_RESPONSES)
async def log(request: Request) -> Response:
    """Return the organizer's actions; keep `head` to check the whole log later."""
    return await cached_json(request, "log", _log)


@records.get("/announcements", response_model=answers.AnnouncementsAnswer, responses=_RESPONSES)
async def announcements(request: Request) -> Response:
    """Return the organizer's announcements, newest first."""
    return await cached_json(request, "announcements", _announcements)


@router.get("/references", response_model=answers.ReferencesAnswer, responses=_RESPONSES)
async def references(request: Request) -> Response:
    """Return baselines, expected ceiling and prior, measured on other editions."""
    return await cached_json(request, "references", lambda board: board.reference_scores.as_dict())


@router.get(
    "/final",
    response_model=answers.FinalStandingsAnswer,
    responses={**_RESPONSES, **problem_answers(404)},
)
async def final(request: Request) -> Response:
    """Return the final standings; 404 before the close."""
    return await cached_json(request, "final", _final)


def _competition(board: Board, names: dict[str, Any]) -> dict[str, Any]:
    manifest = board.manifest
    with board.database.reading() as session:
        state = board.state(session)
    return {
        "phase": board.phase(state),
        "closes": show_time(state.closes),
        "rules": board.rules,
        "edition": {
            "name": manifest.name,
            "origin": manifest.origin,
            "commitment": manifest.commitment,
            "solutions": [solution_as_dict(one) for one in read_solutions(board)],
            "rows": manifest.rows,
            **names,
        },
        "downloads": [REVEAL, EVIDENCE] if state.revealed_at is not None else [],
    }


def _progress(board: Board) -> list[dict[str, Any]]:
    return [team.as_dict() for team in progress(board, _N_PROGRESS)]


def _log(board: Contest) -> dict[str, Any]:
    with board.database.reading() as session:
        entries = read_entries(session, actions=PUBLIC_ACTIONS)
        head = head_hash(session)
    return {"head": head, "entries": [entry.as_dict() for entry in entries]}


def _phases(board: Board) -> dict[str, Any]:
    with board.database.reading() as session:
        spans = phase_spans(board, board.state(session))
    milestones = [as_plain(milestone) for milestone in board.competition.milestones]
    return {"phases": [span.as_dict() for span in spans], "milestones": milestones}


def _announcements(board: Contest) -> dict[str, Any]:
    with board.database.reading() as session:
        return {"announcements": [one.as_dict() for one in read_announcements(session)]}


def _final(board: Board) -> dict[str, Any]:
    finals = final_standings(board)
    if finals is None:
        raise NotFoundError("The final standings are computed after the close.")
    with board.database.reading() as session:
        return {**finals.as_dict(), "sha256": final_sha256(session)}
