"""The rules: dates, metric, Ladder, and how to check the organizer."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from customs_data.tasks import find_task
from customs_leaderboard.rules.explanations import (
    explain_metric,
    explain_quotas,
    explain_uncertainty,
    name_ranking,
)
from customs_leaderboard.service.access import board_of, public_url_of
from customs_leaderboard.service.charts.ladder import draw_ladder
from customs_leaderboard.service.edition_files import EditionFiles
from customs_leaderboard.service.pages.rendering import page
from customs_leaderboard.service.text_formats import n_decimals
from customs_leaderboard.store.solutions import read_solutions

router = APIRouter()


@router.api_route("/about", methods=["GET", "HEAD"])
def show_about(request: Request) -> Response:
    """Show the rules."""
    board = board_of(request)
    competition, manifest = board.competition, board.manifest
    with board.database.reading() as session:
        state = board.state(session)
    files: EditionFiles = request.app.state.edition_files
    task, ranked = find_task(manifest.task), board.metrics.ranked
    return page(
        request,
        "about.html",
        phase=board.phase(state),
        closes=state.closes,
        manifest=manifest,
        files=files.names,
        solutions=read_solutions(board),
        quotas=explain_quotas(competition),
        references=board.reference_scores,
        ranking=name_ranking(ranked),
        explanation=explain_metric(task, ranked[0], manifest.rows),
        uncertainty=explain_uncertainty(task, ranked[0], manifest.rows["public"]),
        ladder_chart=draw_ladder(competition.ladder_step, n_decimals(competition)),
        address=public_url_of(request),
    )
