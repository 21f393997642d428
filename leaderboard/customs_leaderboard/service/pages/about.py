"""The rules: dates, metric, Ladder, and how to check the organizer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request, Response

from customs_data.tasks import find_task
from customs_leaderboard.board import Board
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
from customs_leaderboard.service.text_formats import format_moment, n_decimals
from customs_leaderboard.store.schema import State
from customs_leaderboard.store.solutions import read_solutions

router = APIRouter()


@dataclass(frozen=True)
class Event:
    """A moment on the timeline; `past` is whether it is over."""

    at: datetime
    name: str
    text: str
    past: bool


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
        events=_timeline(board, state),
        manifest=manifest,
        files=files.tables,
        solutions=read_solutions(board),
        quotas=explain_quotas(competition),
        references=board.reference_scores,
        ranking=name_ranking(ranked),
        explanation=explain_metric(task, ranked[0], manifest.rows),
        uncertainty=explain_uncertainty(task, ranked[0], manifest.rows["public"]),
        ladder_chart=draw_ladder(competition.ladder_step, n_decimals(competition)),
        address=public_url_of(request),
    )


def _timeline(board: Board, state: State) -> list[Event]:
    """Return what happens when, in order."""
    rules, now = board.competition, board.now()
    events = [(rules.opens, "Opens", "")] if not rules.phases else []
    events += [(phase.begins, phase.name, "phase begins") for phase in rules.phases]
    events += [(one.at, one.name, one.description) for one in rules.milestones]
    extended = (
        f"extended from {format_moment(rules.closes)}" if state.closes != rules.closes else ""
    )
    events.append((state.closes, "Deadline", extended))
    if state.closed_at is not None:
        events.append((state.closed_at, "Closed", "final standings"))
    if state.revealed_at is not None:
        events.append((state.revealed_at, "Labels revealed", ""))
    return [Event(at, name, text, at <= now) for at, name, text in sorted(events)]
