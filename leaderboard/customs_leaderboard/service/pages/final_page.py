"""The home page after the close: final standings, and how to check them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from customs_leaderboard.board import Board
from customs_leaderboard.service.charts.final import (
    N_DRAWN,
    N_IN_SCHEMES,
    draw_slopes,
    draw_whiskers,
    move_of,
    tabulate_schemes,
)
from customs_leaderboard.service.pages.rendering import render
from customs_leaderboard.service.pages.sorting import Order, Sorting
from customs_leaderboard.standings.final import Finalist, FinalStandings, final_standings

COLUMNS: Final[dict[str, Order]] = {
    "rank": "asc",
    "team": "asc",
    "private5": "desc",
    "private10": "desc",
    "public5": "desc",
    "public10": "desc",
    "shake": "desc",
}
_KEYS: Final[dict[str, Callable[[Finalist], Any]]] = {
    "rank": lambda row: row.rank,
    "team": lambda row: row.team.casefold(),
    "private5": lambda row: row.scores["private"]["precision_at_5"],
    "private10": lambda row: row.scores["private"]["precision_at_10"],
    "public5": lambda row: row.scores["public"]["precision_at_5"],
    "public10": lambda row: row.scores["public"]["precision_at_10"],
    "shake": lambda row: row.shake_up,
}


def make_final_page(board: Board, column: str, order: str) -> bytes:
    """Return the page.

    Parameters
    ----------
    board : Board
        A closed competition.
    column, order : str
        As in `Sorting.of`.
    """
    with board.database.reading() as session:
        state = board.state(session)
    sorting = Sorting.of(column, order, COLUMNS)
    finals = final_standings(board)
    content: dict[str, Any] = {"finals": finals}
    if finals is not None and finals.rows:
        content |= _content(finals, sorting)
    return render(
        board,
        "final.html",
        phase=board.phase(state),
        closed_at=state.closed_at,
        sorting=sorting,
        manifest=board.manifest,
        **content,
    )


def _content(finals: FinalStandings, sorting: Sorting) -> dict[str, Any]:
    rows = sorted(finals.rows, key=_KEYS[sorting.column], reverse=sorting.descends)
    return {
        "rows": [(row, move_of(row)) for row in rows],
        "winner": finals.rows[0],
        "whiskers": draw_whiskers(finals.rows),
        "slopes": {
            "wide": draw_slopes(finals.rows, narrow=False),
            "narrow": draw_slopes(finals.rows, narrow=True),
        },
        "n_drawn": N_DRAWN,
        "schemes": tabulate_schemes(finals),
        "n_in_schemes": N_IN_SCHEMES,
        "private_rate": finals.periods["private"]["n_fraud"]
        / finals.periods["private"]["n_declarations"],
    }
