"""The home page after the close: final standings, and how to check them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
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
from customs_leaderboard.service.edition_files import Archive
from customs_leaderboard.service.pages.news import newest_announcement
from customs_leaderboard.service.pages.rendering import render
from customs_leaderboard.service.pages.sorting import N_TOP, Order, Sorting
from customs_leaderboard.standings.final import (
    Finalist,
    FinalStandings,
    final_sha256,
    final_standings,
)
from customs_leaderboard.standings.phases import phase_spans
from customs_leaderboard.store.solutions import read_solutions
from customs_scorer.metrics import TaskMetrics

_KEYS: Final[dict[str, Callable[[Finalist], Any]]] = {
    "rank": lambda row: row.rank,
    "team": lambda row: row.team.casefold(),
    "shake": lambda row: row.shake_up,
}


def columns(metrics: TaskMetrics) -> dict[str, Order]:
    """Return the columns of the table, with the order of a first click."""
    orders: dict[str, Order] = {"rank": "asc", "team": "asc", "shake": "desc"}
    for period, metric in product(("private", "public"), metrics.ranked):
        orders[f"{period}-{metric.name}"] = "desc" if metric.higher_is_better else "asc"
    return orders


def sort_key(column: str) -> Callable[[Finalist], Any]:
    """Return the sort key of a column."""
    period, _, name = column.partition("-")
    return _KEYS.get(column) or (lambda row: row.scores[period][name])


def make_final_page(
    board: Board, sorting: Sorting, archive: Archive | None, site: str | None
) -> bytes:
    """Return the page of a closed competition."""
    with board.database.reading() as session:
        state = board.state(session)
        spans = phase_spans(board, state)
        sha256 = final_sha256(session)
    finals = final_standings(board)
    content: dict[str, Any] = {"finals": finals}
    if finals is not None and finals.rows:
        content |= _content(finals, sorting, board.metrics)
    return render(
        board,
        "final.html",
        phase=board.phase(state),
        closed_at=state.closed_at,
        sha256=sha256,
        has_evidence=board.folder.evidence_file.is_file(),
        sorting=sorting,
        manifest=board.manifest,
        solutions=read_solutions(board),
        announcement=newest_announcement(board),
        phases=spans,
        archive=archive,
        public_url=site,
        **content,
    )


def _content(finals: FinalStandings, sorting: Sorting, metrics: TaskMetrics) -> dict[str, Any]:
    rows = sorted(finals.rows, key=sort_key(sorting.column), reverse=sorting.descends)
    n_listed = None if sorting.everything else N_TOP
    metric, private = metrics.ranked[0], finals.periods["private"]
    return {
        "rows": [(row, move_of(row), i >= N_TOP) for i, row in enumerate(rows[:n_listed])],
        "selections": finals.rows[:n_listed],
        "n_top": N_TOP,
        "winner": finals.rows[0],
        "whiskers": draw_whiskers(finals.rows, metric),
        "slopes": {
            "wide": draw_slopes(finals.rows, narrow=False),
            "narrow": draw_slopes(finals.rows, narrow=True),
        },
        "n_drawn": N_DRAWN,
        "schemes": tabulate_schemes(finals, metric),
        "n_in_schemes": N_IN_SCHEMES,
        # What the declarations contain: (title, share), of the task's main count only.
        "shares": [
            (title, private[count] / private[metrics.n_units])
            for count, title in metrics.count_titles.items()
        ][:1],
        # Reported metrics at the same inspection rate as the first ranked one.
        "reported": [m for m in metrics.reported if m.short == metric.short],
    }
