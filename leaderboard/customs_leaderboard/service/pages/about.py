"""The rules: dates, metric, Ladder, and how to check the organizer."""

from __future__ import annotations

from math import ceil, sqrt

from fastapi import APIRouter, Request, Response

from customs_leaderboard.service.access import board_of
from customs_leaderboard.service.charts.ladder import draw_ladder
from customs_leaderboard.service.edition_files import EditionFiles
from customs_leaderboard.service.pages.rendering import page
from customs_leaderboard.service.text_formats import n_decimals

router = APIRouter()


@router.api_route("/about", methods=["GET", "HEAD"])
def show_about(request: Request) -> Response:
    """Show the rules."""
    board = board_of(request)
    competition, manifest = board.competition, board.manifest
    with board.database.reading() as session:
        state = board.state(session)
    files: EditionFiles = request.app.state.edition_files
    n_inspected = {name: ceil(manifest.rows[name] / 20) for name in ("public", "private")}
    return page(
        request,
        "about.html",
        phase=board.phase(state),
        closes=state.closes,
        manifest=manifest,
        files=files.names,
        references=board.reference_scores,
        n_inspected=n_inspected,
        # The largest possible one, that of a share of 1/2: it says nothing about the labels.
        standard_error=sqrt(0.25 / n_inspected["public"]),
        ladder_chart=draw_ladder(competition.ladder_step, n_decimals(competition)),
        address=str(request.base_url).rstrip("/"),
    )
