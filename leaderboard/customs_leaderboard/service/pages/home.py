"""The home page: standings before the close, final standings after it."""

from __future__ import annotations

from functools import partial
from typing import Final

from fastapi import APIRouter, Request, Response

from customs_leaderboard.board import Board
from customs_leaderboard.service.access import board_of, public_url_of
from customs_leaderboard.service.caching import cached_response
from customs_leaderboard.service.edition_files import EditionArchive
from customs_leaderboard.service.pages import final_page, standings_page
from customs_leaderboard.service.pages.rendering import HTML, render
from customs_leaderboard.service.pages.sorting import Sorting
from customs_leaderboard.standings.export import standings_table, to_csv
from customs_leaderboard.standings.phases import find_phase, phase_spans, phase_standings

_ORDERS: Final = {"asc", "desc"}

router = APIRouter()


@router.api_route("/", methods=["GET", "HEAD"])
async def show_home(request: Request) -> Response:
    """Show the standings."""
    column = request.query_params.get("sort", "")
    order = request.query_params.get("order", "")
    if name := request.query_params.get("phase"):
        known_name = find_phase(board_of(request), name)
        build = partial(make_phase_page, name=known_name)
        return await cached_response(request, f"page phase {known_name}", build, HTML)
    # Known values only: the cache keeps one answer for each name.
    metrics = board_of(request).metrics
    known = {*standings_page.columns(metrics), *final_page.columns(metrics)}
    column = column if column in known else ""
    order = order if order in _ORDERS else ""
    everything = request.query_params.get("all") == "1"
    make = partial(
        make_home,
        column=column,
        order=order,
        everything=everything,
        archive=request.app.state.edition_archive,
        site=public_url_of(request),
    )
    return await cached_response(request, f"page home {column} {order} {everything}", make, HTML)


@router.api_route("/standings.csv", methods=["GET", "HEAD"])
async def send_table(request: Request) -> Response:
    """Send the standings as `customs-kit leaderboard standings --csv` writes them."""
    answer = await cached_response(request, "standings.csv", make_table, "text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="standings.csv"'
    return answer


def make_table(board: Board) -> bytes:
    """Return the standings as CSV."""
    return to_csv(standings_table(board)).encode()


def make_phase_page(board: Board, name: str) -> bytes:
    """Return the page of the standings at a phase's end; errors as `phase_standings`."""
    standings = phase_standings(board, name)
    with board.database.reading() as session:
        spans = phase_spans(board, board.state(session))
    return render(board, "phase.html", span=standings.span, rows=standings.rows, phases=spans)


def make_home(
    board: Board,
    column: str,
    order: str,
    *,
    everything: bool,
    archive: EditionArchive,
    site: str | None = None,
) -> bytes:
    """Return the page for the competition's phase.

    Parameters
    ----------
    board : Board
        The competition.
    column, order, everything
        As `Sorting.of`.
    archive : EditionArchive
        What the button for the data gives.
    site : str, optional
        Address of the leaderboard, for its picture where a link is pasted.
    """
    with board.database.reading() as session:
        closed = board.state(session).closed_at is not None
    columns = (final_page if closed else standings_page).columns(board.metrics)
    sorting = Sorting.of(column, order, columns, everything=everything)
    if closed:
        return final_page.make_final_page(board, sorting, archive.get_or_none(), site)
    return standings_page.make_standings_page(board, sorting, archive.get_or_none(), site)
