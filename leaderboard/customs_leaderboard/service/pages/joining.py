"""Pages on which people register a team, or join one, and get their token.

A link has its code after the #, which browsers keep to themselves: it reaches no log. A script
copies it into the form; without scripts people type it.
"""

from __future__ import annotations

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response

from customs_data.errors import KitError
from customs_leaderboard.service.access import contest_of
from customs_leaderboard.service.pages.rendering import page
from customs_leaderboard.service.pages.team import form_of
from customs_leaderboard.service.people_api import join_by, register_by
from customs_leaderboard.service.problem_details import ProblemDetails, details_of
from customs_leaderboard.teams.joining import Welcome

router = APIRouter()


@router.api_route("/register", methods=["GET", "HEAD"])
def show_registration(request: Request) -> Response:
    """Show the form to register a team."""
    return _form(request, "register", {})


@router.api_route("/join", methods=["GET", "HEAD"])
def show_joining(request: Request) -> Response:
    """Show the form to join a team."""
    return _form(request, "join", {})


@router.post("/register")
async def register(request: Request) -> Response:
    """Register a team, and show the token of its first member."""
    return await _take(request, "register")


@router.post("/join")
async def join(request: Request) -> Response:
    """Join a team, and show the new member's token."""
    return await _take(request, "join")


async def _take(request: Request, kind: str) -> Response:
    form = await form_of(request)
    texts = {name: form.get(name, "") for name in ("code", "team", "member")}
    values = {name: text.strip() for name, text in texts.items() if isinstance(text, str)}
    return await run_sync(_answer, request, kind, values)


def _answer(request: Request, kind: str, values: dict[str, str]) -> Response:
    code, team, member = (values.get(name, "") for name in ("code", "team", "member"))
    try:
        if kind == "register":
            welcome = register_by(request, code, team, member)
        else:
            welcome = join_by(request, code, member)
    except KitError as error:
        return _form(request, kind, values, details_of(error))
    request.state.is_admitted = True
    return _welcome(request, welcome, is_new=kind == "register")


def _welcome(request: Request, welcome: Welcome, *, is_new: bool) -> Response:
    return page(request, "welcome.html", status=201, welcome=welcome, is_new=is_new)


def _form(
    request: Request, kind: str, values: dict[str, str], problem: ProblemDetails | None = None
) -> Response:
    board = contest_of(request)
    try:
        with board.database.reading() as session:
            open_ = board.phase(board.state(session)) in ("upcoming", "open")
    except KitError:  # the database does not answer, as the problem says
        open_ = True
    answer = page(
        request,
        "joining.html",
        status=200 if problem is None else problem.status,
        kind=kind,
        values=values,
        problem=problem,
        is_open=open_,
    )
    if problem is not None:
        answer.headers.update(problem.headers)
    return answer
