"""The organizer's page: status, teams, and a form for each action.

There are no cookies: each form carries the token, and no page contains it. An action answers 303,
so that reloading the page does not repeat it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from customs_data.errors import KitError
from customs_leaderboard.board import Board
from customs_leaderboard.organizing.announcements import read_announcements
from customs_leaderboard.organizing.status import read_activity, read_status
from customs_leaderboard.service.access import board_of
from customs_leaderboard.service.admin import actions
from customs_leaderboard.service.admin.actions import as_organizer, check_organizer
from customs_leaderboard.service.charts.hours import draw_hours
from customs_leaderboard.service.pages.rendering import page
from customs_leaderboard.service.problem_details import ProblemDetails, details_of
from customs_leaderboard.similarity.report import NOTE
from customs_leaderboard.store.audit_log import read_entries

_N_ENTRIES: Final = 12
_N_FIELDS: Final = 20
_NUMBER: Final = re.compile("[0-9]{1,9}")
#: Details of entries that only prove something later.
_LEFT_OUT: Final = {
    "salt", "commitment", "sha256", "answer_sha256", "n_bytes", "received_at", "improved",
}  # fmt: skip
#: What the page says after an action, by the word in its address.
_DONE: Final = {
    "announce": "The announcement is published.",
    "withdraw": "The announcement is withdrawn. The log keeps it.",
    "extend": "The deadline is extended.",
    "disable": "The team is disabled.",
    "enable": "The team takes part again.",
    "strike": "The submission is struck.",
    "restore": "The submission counts again.",
}

router = APIRouter(prefix="/admin")


@router.api_route("", methods=["GET", "HEAD"])
def show_form(request: Request) -> Response:
    """Ask for the token; after an action, say what was done."""
    action = request.query_params.get("done", "")
    return page(request, "admin_token.html", problem=None, done=_DONE.get(action), action=action)


@router.post("")
async def show_status(request: Request) -> Response:
    """Show the status to the organizer."""
    form = await _form_of(request)

    def answer() -> Response:
        try:
            check_organizer(request, _text(form, "token"))
        except KitError as error:
            return _ask_again(request, details_of(error))
        done = _DONE.get(_text(form, "done"))
        return _dashboard(request, done=done)

    return await run_sync(answer)


@router.post("/{what}")
async def act(request: Request, what: str) -> Response:
    """Do one thing, and answer 303; or show the status with what is wrong."""
    form = await _form_of(request)

    def answer() -> Response:
        try:
            check_organizer(request, _text(form, "token"))
        except KitError as error:
            return _ask_again(request, details_of(error))
        try:
            name, do = _action_of(what, form)
            with as_organizer(request) as board:
                do(board)
        except KitError as error:
            return _dashboard(request, problem=details_of(error))
        return RedirectResponse(f"/admin?{urlencode({'done': name})}", 303)

    return await run_sync(answer)


def _action_of(what: str, form: FormData) -> tuple[str, Callable[[Board], str]]:
    """Return an action and its name in `_DONE`.

    Raises
    ------
    KitError
        If there is no such action, or a field is missing.
    """
    reason = _text(form, "reason")
    if what == "announce":
        text = _text(form, "text")
        return what, lambda board: actions.announce(board, text)
    if what == "extend":
        closes = _text(form, "closes")
        return what, lambda board: actions.extend(board, closes, reason)
    numbered: dict[str, Callable[[Board, int], str]] = {
        "withdraw": actions.withdraw,
        "disable": lambda board, number: actions.disable(board, number, reason),
        "enable": lambda board, number: actions.enable(board, number, reason),
        "strike": lambda board, number: actions.strike_submission(board, number, reason),
        "restore": lambda board, number: actions.restore_submission(board, number, reason),
    }
    name = _text(form, "do") if what in ("team", "submission") else what
    number = _text(form, "number")
    if name not in numbered:
        raise KitError("The form is incomplete. Choose what to do.")
    if not _NUMBER.fullmatch(number):
        raise KitError("The form is incomplete. Give a number.")
    return name, lambda board: numbered[name](board, int(number))


def _dashboard(
    request: Request, *, done: str | None = None, problem: ProblemDetails | None = None
) -> Response:
    board = board_of(request)
    status = read_status(board)
    with board.database.reading() as session:
        announcements = read_announcements(session)
        entries = read_entries(session, limit=_N_ENTRIES)
    return page(
        request,
        "admin.html",
        status=200 if problem is None else problem.status,
        now=status,
        hours=draw_hours(status.by_hour),
        teams=read_activity(board),
        announcements=announcements,
        entries=[(entry, _shown(entry.details)) for entry in entries],
        similar=request.app.state.similar.get(),
        note=NOTE,
        done=done,
        problem=problem,
    )


def _shown(details: dict[str, Any]) -> str:
    """Return details in one line, without `_LEFT_OUT`."""
    parts = [
        f"{name.replace('_', ' ')} {value}"
        for name, value in details.items()
        if name not in _LEFT_OUT
    ]
    text = ", ".join(parts)
    return text if len(text) <= 160 else f"{text[:159]}…"


def _ask_again(request: Request, problem: ProblemDetails) -> Response:
    answer = page(
        request, "admin_token.html", status=problem.status, problem=problem, done=None, action=""
    )
    answer.headers.update(problem.headers)
    return answer


async def _form_of(request: Request) -> FormData:
    return await request.form(max_files=0, max_fields=_N_FIELDS)


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""
