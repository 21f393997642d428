"""The home page: standings before the close, final standings after it."""

from __future__ import annotations

from functools import partial
from typing import Final

from fastapi import APIRouter, Request, Response

from customs_leaderboard.board import Board
from customs_leaderboard.service.access import board_of
from customs_leaderboard.service.caching import cached_response
from customs_leaderboard.service.pages import final_page, standings_page
from customs_leaderboard.service.pages.rendering import HTML

_ORDERS: Final = {"asc", "desc"}

router = APIRouter()


@router.api_route("/", methods=["GET", "HEAD"])
async def show_home(request: Request) -> Response:
    """Show the standings."""
    column = request.query_params.get("sort", "")
    order = request.query_params.get("order", "")
    # Known values only: the cache keeps one answer for each name.
    known = {*standings_page.COLUMNS, *final_page.columns(board_of(request).metrics)}
    column = column if column in known else ""
    order = order if order in _ORDERS else ""
    make = partial(make_home, column=column, order=order)
    return await cached_response(request, f"page home {column} {order}", make, HTML)


def make_home(board: Board, column: str, order: str) -> bytes:
    """Return the page for the competition's phase; parameters as `Sorting.of`."""
    with board.database.reading() as session:
        closed = board.state(session).closed_at is not None
    if closed:
        return final_page.make_final_page(board, column, order)
    return standings_page.make_standings_page(board, column, order)
