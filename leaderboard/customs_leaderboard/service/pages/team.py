"""A team's own page: its submissions with their files, and final selections.

Each form asks for the token, and no page contains it, so that a saved page does not leak it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response
from starlette.datastructures import FormData

from customs_data.errors import KitError
from customs_leaderboard.board import Board
from customs_leaderboard.contest import Phase
from customs_leaderboard.service.access import authenticate_form, board_of, public_url_of
from customs_leaderboard.service.network.kept_answers import KeptAnswers
from customs_leaderboard.service.pages.rendering import page
from customs_leaderboard.service.people_api import people_of
from customs_leaderboard.service.problem_details import ProblemDetails, details_of
from customs_leaderboard.service.team_api import file_answer
from customs_leaderboard.standings.public import team_history
from customs_leaderboard.standings.select import select_submissions
from customs_leaderboard.store.schema import Team
from customs_leaderboard.submissions.admission import quota_now
from customs_leaderboard.submissions.own_files import own_file
from customs_leaderboard.teams.codes import CodeRecord
from customs_leaderboard.teams.joining import invite_to_own_team, withdraw_own
from customs_leaderboard.teams.members import revoke_own_member

#: Number of newest submissions on the page; the API has all.
N_SHOWN: Final = 500
_N_FIELDS: Final = 1000
_NUMBER: Final = re.compile("[0-9]{1,9}")

router = APIRouter()


@router.api_route("/team", methods=["GET", "HEAD"])
def show_form(request: Request) -> Response:
    """Ask for the token."""
    return page(request, "team_token.html", problem=None)


@router.post("/team")
async def show_team(request: Request) -> Response:
    """Show the team of the token."""
    form = await form_of(request)

    def answer() -> Response:
        try:
            return _team_page(request, authenticate_form(request, _token_of(form)))
        except KitError as error:
            return _ask_again(request, details_of(error))

    return await run_sync(answer)


@router.post("/team/select")
async def save_selection(request: Request) -> Response:
    """Save final selections, and redirect to the team's page."""
    form = await form_of(request)

    def answer() -> Response:
        board = board_of(request)
        try:
            team = authenticate_form(request, _token_of(form))
        except KitError as error:
            return _ask_again(request, details_of(error))
        try:
            chosen = select_submissions(board, team.number, _numbers_of(form))
        except KitError as error:
            return _team_page(request, team, problem=details_of(error))
        request.app.state.answers.expire()
        answers: KeptAnswers = request.app.state.kept_answers
        return answers.redirect_to(_team_page(request, team, saved=chosen))

    return await run_sync(answer)


@router.post("/team/file")
async def send_file(request: Request) -> Response:
    """Send one of the team's accepted files."""
    form = await form_of(request)

    def answer() -> Response:
        try:
            team = authenticate_form(request, _token_of(form))
        except KitError as error:
            return _ask_again(request, details_of(error))
        try:
            number = (*_numbers_of(form, "file"), 0)[0]
            return file_answer(own_file(board_of(request), team.number, number))
        except KitError as error:
            return _team_page(request, team, problem=details_of(error))

    return await run_sync(answer)


@router.post("/team/members")
async def change_members(request: Request) -> Response:
    """Invite a member, or revoke a token or an invitation; redirect to the team's page."""
    form = await form_of(request)
    action = form.get("action", "")

    def answer() -> Response:
        try:
            team = authenticate_form(request, _token_of(form))
        except KitError as error:
            return _ask_again(request, details_of(error))
        try:
            made = _change_members(request, team, action if isinstance(action, str) else "")
        except KitError as error:
            return _team_page(request, team, problem=details_of(error))
        answers: KeptAnswers = request.app.state.kept_answers
        return answers.redirect_to(_team_page(request, team, invitation=made))

    return await run_sync(answer)


@dataclass(frozen=True)
class Today:
    """What a team may do today."""

    phase: Phase
    closes: datetime
    n_left_today: int
    resets_at: datetime | None


def _team_page(
    request: Request,
    team: Team,
    *,
    saved: list[int] | None = None,
    invitation: tuple[CodeRecord, str] | None = None,
    problem: ProblemDetails | None = None,
) -> Response:
    board = board_of(request)
    history = team_history(board, team.number, limit=N_SHOWN)
    people = people_of(request, team.number)
    return page(
        request,
        "team.html",
        status=200 if problem is None else problem.status,
        team=team,
        today=_today(board, team),
        history=history,
        selected=sorted(submission.number for submission in history if submission.selected),
        has_more=len(history) == N_SHOWN,
        members={one["number"]: one["name"] for one in people["members"] if one["name"]},
        can_select=any(not one.late and one.struck_at is None for one in history),
        saved=saved,
        people=people,
        invitation=None if invitation is None else {**vars(invitation[0]), "code": invitation[1]},
        address=public_url_of(request),
        problem=problem,
    )


def _today(board: Board, team: Team) -> Today:
    with board.database.reading() as session:
        state = board.state(session)
        quota = quota_now(board, session, team.number)
    return Today(board.phase(state), state.closes, quota.n_left, quota.resets_at)


def _ask_again(request: Request, problem: ProblemDetails) -> Response:
    answer = page(request, "team_token.html", status=problem.status, problem=problem)
    answer.headers.update(problem.headers)
    return answer


async def form_of(request: Request) -> FormData:
    """Return the fields of a form without files."""
    return await request.form(max_files=0, max_fields=_N_FIELDS)


def _token_of(form: FormData) -> str:
    token = form.get("token", "")
    return token.strip() if isinstance(token, str) else ""


def _change_members(request: Request, team: Team, action: str) -> tuple[CodeRecord, str] | None:
    """Do what a team chose; return the record and code of a new invitation."""
    board, (kind, _, number) = board_of(request), action.partition("-")
    if action == "invite":
        return invite_to_own_team(board, team.number)
    if kind not in ("member", "invitation") or not _NUMBER.fullmatch(number):
        raise KitError("Choose what to change.")
    if kind == "member":
        revoke_own_member(board, team.number, int(number))
    else:
        withdraw_own(board, team.number, int(number))
    return None


def _numbers_of(form: FormData, field: str = "submission") -> list[int]:
    texts = form.getlist(field)
    if not all(isinstance(text, str) and _NUMBER.fullmatch(text) for text in texts):
        raise KitError("Select submissions by their numbers.")
    return [int(text) for text in texts if isinstance(text, str)]
