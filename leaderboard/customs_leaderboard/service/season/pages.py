"""The pages of a competition of seasons: the start page, and a desk at which a person can play.

As everywhere here, there are no cookies: each form carries the token, and no page contains it. A
decision sent twice counts once, so a reload does no harm.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import pandas as pd
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from starlette.datastructures import FormData, UploadFile

from customs_data.errors import KitError
from customs_data.schema import KEY
from customs_leaderboard.errors import NotFoundError
from customs_leaderboard.season.attempts import begin_attempt, check_world, list_attempts
from customs_leaderboard.season.board import SeasonBoard
from customs_leaderboard.season.deciding import Choice, arrived_reports, decide_week, see_week
from customs_leaderboard.season.live import Place
from customs_leaderboard.season.standings import final_table
from customs_leaderboard.service.access import authenticate_form, public_url_of
from customs_leaderboard.service.api import EVIDENCE
from customs_leaderboard.service.caching import cached_response
from customs_leaderboard.service.network import kept_answers
from customs_leaderboard.service.pages import joining, log, news, rendering
from customs_leaderboard.service.pages.news.page import newest_announcement
from customs_leaderboard.service.pages.rendering import HTML, page, render
from customs_leaderboard.service.problem_details import ProblemDetails, details_of
from customs_leaderboard.service.season.chart import draw_precision
from customs_leaderboard.service.season.team_api import (
    MAX_BODY,
    in_turn,
    read_ids,
    rows_of,
    season_board_of,
)
from customs_leaderboard.store.schema import Team
from customs_scorer.season.environment import OUTCOME

_NUMBER: Final = re.compile("[0-9]{1,6}")
_CRITICAL: Final = 2
_OUTCOMES: Final = ("nothing", "fraud", "critical fraud")
_N_FIELDS: Final = 20_000
_N_REPORTED: Final = 60

router = APIRouter()
for _part in (rendering, joining, kept_answers, log, news):
    router.include_router(_part.router)


@router.api_route("/", methods=["GET", "HEAD"])
async def show_home(request: Request) -> Response:
    """Show rules, phase and, after the close, the final table."""
    url = public_url_of(request)
    return await cached_response(request, "page season", lambda board: _home(board, url), HTML)


@router.api_route(EVIDENCE, methods=["GET", "HEAD"])
def send_evidence(request: Request) -> Response:
    """Send what lets anyone verify every season; 404 before the reveal."""
    board = season_board_of(request)
    with board.database.reading() as session:
        is_revealed = board.state(session).revealed_at is not None
    if not is_revealed or not board.folder.evidence_file.is_file():
        raise NotFoundError("The evidence is not published yet.")
    return FileResponse(
        board.folder.evidence_file, media_type="application/zip", filename="season-evidence.zip"
    )


@router.api_route("/play", methods=["GET", "HEAD"])
def show_form(request: Request) -> Response:
    """Ask for the token."""
    return page(request, "season/token.html", problem=None)


@router.post("/play")
async def show_attempts(request: Request) -> Response:
    """Show the team's attempts and worlds."""
    return await _act(request, lambda team, form: _attempts_page(request, team))


@router.post("/play/begin")
async def begin(request: Request) -> Response:
    """Begin an attempt."""

    def act(team: Team, form: FormData) -> Response:
        number = _number_of(form, "attempt")
        begin_attempt(
            season_board_of(request), team.number, number, abandon=form.get("abandon") == "yes"
        )
        return _attempts_page(request, team)

    return await _act(request, act)


@router.post("/play/week")
async def show_week(request: Request) -> Response:
    """Show the week of a world that is to be decided."""
    return await _act(request, lambda team, form: _week_page(request, team, _place_of(team, form)))


@router.post("/play/open", max_body_size=MAX_BODY)
async def open_rows(request: Request) -> Response:
    """Open what was ticked, or the Declaration IDs of a file; show the next week."""
    received: list[bytes] = []

    def act(team: Team, form: FormData) -> Response:
        board, place, week = (
            season_board_of(request),
            _place_of(team, form),
            _number_of(form, "week"),
        )
        ids = read_ids(received[0]) if received and received[0].strip() else _ticked(form)
        try:
            decide_week(board, place, week, Choice(ids), request.state.received_at)
        except KitError as error:
            return _week_page(request, team, place, problem=details_of(error), ticked=set(ids))
        request.app.state.answers.expire()
        return _week_page(request, team, place, decided=week)

    return await _act(request, act, received)


async def _act(
    request: Request,
    act: Callable[[Team, FormData], Response],
    received: list[bytes] | None = None,
) -> Response:
    """Read a form, and answer as the team of its token when it is its turn."""
    n_files = 0 if received is None else 1
    async with request.form(max_files=n_files, max_fields=_N_FIELDS) as form:
        file = form.get("file")
        if received is not None and isinstance(file, UploadFile):
            received.append(await file.read(MAX_BODY))
        # Waiting for the turn makes nothing late.
        request.state.received_at = season_board_of(request).now()
        token = form.get("token", "")
        try:
            text = token.strip() if isinstance(token, str) else ""
            team = await run_sync(authenticate_form, request, text)
        except KitError as error:
            return _ask_again(request, details_of(error))

        def answer() -> Response:
            try:
                return act(team, form)
            except KitError as error:
                return _attempts_page(request, team, problem=details_of(error))

        try:
            return await in_turn(request, team.number, answer)
        except KitError as error:
            return _ask_again(request, details_of(error))


def _home(board: SeasonBoard, public_url: str | None) -> bytes:
    with board.database.reading() as session:
        state = board.state(session)
    return render(
        board,
        "season/home.html",
        phase=board.phase(state),
        closes=state.closes,
        commitment=state.commitment,
        announcement=newest_announcement(board),
        table=final_table(board),
        is_revealed=state.revealed_at is not None,
        address=public_url or "https://board.example",
    )


def _ask_again(request: Request, problem: ProblemDetails) -> Response:
    answer = page(request, "season/token.html", status=problem.status, problem=problem)
    answer.headers.update(problem.headers)
    return answer


def _attempts_page(request: Request, team: Team, problem: ProblemDetails | None = None) -> Response:
    board = season_board_of(request)
    with board.database.reading() as session:
        phase = board.phase(board.state(session))
    attempts = list_attempts(board, team.number)
    return page(
        request,
        "season/attempts.html",
        status=200 if problem is None else problem.status,
        team=team,
        phase=phase,
        attempts=attempts[::-1],
        next_attempt=len(attempts) + 1,
        can_begin=phase == "open" and len(attempts) < board.competition.attempts,
        problem=problem,
    )


def _week_page(
    request: Request,
    team: Team,
    place: Place,
    *,
    problem: ProblemDetails | None = None,
    decided: int | None = None,
    ticked: set[str] | None = None,
) -> Response:
    board = season_board_of(request)
    check_world(board, place.world)
    attempts = list_attempts(board, team.number)
    if not 1 <= place.attempt <= len(attempts):
        raise NotFoundError(f"Your team has not begun attempt {place.attempt}.")
    n_decided = attempts[place.attempt - 1].decided[place.world - 1]
    is_over = n_decided == board.competition.weeks
    seen = None if is_over else see_week(board, place, n_decided + 1)
    reports = arrived_reports(board, place)
    own = reports[reports["Week"] >= 1]
    return page(
        request,
        "season/week.html",
        status=200 if problem is None else problem.status,
        team=team,
        place=place,
        seen=seen,
        columns=[] if seen is None else list(seen.declarations.columns),
        rows=[] if seen is None else rows_of(seen.declarations),
        ticked=ticked or set(),
        decided=decided,
        chart=draw_precision(_by_week(own), board.competition.weeks),
        n_opened=len(own),
        n_fraud=int((own[OUTCOME] == 1).sum()),
        reports=_newest(own),
        problem=problem,
    )


def _newest(own: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the newest reports for the table."""
    return [
        {
            "id": row[KEY],
            "week": row["Week"],
            "outcome": _OUTCOMES[2 if row["Critical Fraud"] == _CRITICAL else row[OUTCOME]],
            "duty": row["Duty Recovered"] if row[OUTCOME] == 1 else None,
        }
        for row in own.iloc[::-1].head(_N_REPORTED).to_dict("records")
    ]


def _by_week(own: pd.DataFrame) -> list[tuple[int, int, int]]:
    """Return number, declarations opened and frauds of each week with reports."""
    grouped = own[OUTCOME].groupby(own["Week"])
    return [(int(week), len(labels), int((labels == 1).sum())) for week, labels in grouped]


def _place_of(team: Team, form: FormData) -> Place:
    attempt, _, world = str(form.get("place", "")).partition("-")
    if not (_NUMBER.fullmatch(attempt) and _NUMBER.fullmatch(world)):
        raise KitError("Choose a world.")
    return Place(team.number, int(attempt), int(world))


def _number_of(form: FormData, field: str) -> int:
    text = form.get(field)
    if not isinstance(text, str) or not _NUMBER.fullmatch(text):
        raise KitError(f"The form has no {field}. Load the page again.")
    return int(text)


def _ticked(form: FormData) -> list[str]:
    return [text for text in form.getlist(KEY) if isinstance(text, str)]
