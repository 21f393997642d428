"""The page for sending a file: token and file in one form."""

from __future__ import annotations

from typing import Any, Final

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response

from customs_data.edition.layout import SAMPLE
from customs_data.errors import KitError
from customs_data.tasks import find_task
from customs_leaderboard.board import Board
from customs_leaderboard.rules.explanations import explain_answer, explain_quotas
from customs_leaderboard.service.access import authenticate_form, board_of
from customs_leaderboard.service.network.kept_answers import KeptAnswers
from customs_leaderboard.service.pages.rendering import page
from customs_leaderboard.service.problem_details import ProblemDetails, details_of
from customs_leaderboard.service.uploads import UPLOAD_LIMIT, receive_upload, submit_upload
from customs_leaderboard.store.schema import Team
from customs_leaderboard.submissions.receipts import Receipt

_BAD: Final = 422

router = APIRouter()


@router.api_route("/submit", methods=["GET", "HEAD"])
def show_form(request: Request) -> Response:
    """Show the form."""
    return _form(request, _phase(board_of(request)))


@router.post("/submit", max_body_size=UPLOAD_LIMIT)
async def take_file(request: Request) -> Response:
    """Take a file, and redirect to its receipt or its problems."""
    answers: KeptAnswers = request.app.state.kept_answers
    senders: list[Team] = []

    async def team_of_form(fields: dict[str, str]) -> Team:
        token = fields.get("token", "").strip()
        senders.append(await run_sync(authenticate_form, request, token))
        return senders[0]

    try:
        async with receive_upload(request, team_of_form) as upload:
            receipt = await submit_upload(request, upload.checked.number, upload)
            team = upload.checked
    except KitError as error:
        refusal = await run_sync(_refusal, request, details_of(error))
        # Strangers fill no memory; and headers, such as Retry-After, are not kept.
        return answers.redirect_to(refusal) if senders and refusal.status_code == _BAD else refusal
    return answers.redirect_to(await run_sync(_receipt, request, team, receipt))


def _receipt(request: Request, team: Team, receipt: Receipt) -> Response:
    content = {"team": team, "receipt": receipt, **_phase(board_of(request))}
    return page(request, "receipt.html", status=200 if receipt.duplicate else 201, **content)


def _refusal(request: Request, problem: ProblemDetails) -> Response:
    try:
        content = _phase(board_of(request))
    except KitError:  # the database does not answer: show the form without the phase
        content = {"phase": None, "closes": None}
    answer = _form(request, content, problem)
    answer.headers.update(problem.headers)
    return answer


def _form(
    request: Request, content: dict[str, Any], problem: ProblemDetails | None = None
) -> Response:
    board = board_of(request)
    return page(
        request,
        "submit.html",
        status=200 if problem is None else problem.status,
        problem=problem,
        archive=request.app.state.edition_archive.get_or_none(),
        n_test=board.manifest.files[SAMPLE].rows,
        quotas=explain_quotas(board.competition),
        meaning=explain_answer(find_task(board.manifest.task)),
        **content,
    )


def _phase(board: Board) -> dict[str, Any]:
    with board.database.reading() as session:
        state = board.state(session)
    return {"phase": board.phase(state), "closes": state.closes}
