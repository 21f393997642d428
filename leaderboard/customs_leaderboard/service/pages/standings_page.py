"""The home page before the close: laddered standings, progress, and the commitment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from customs_leaderboard.board import Board
from customs_leaderboard.service.charts.progress import (
    N_DRAWN,
    NARROW,
    WIDE,
    LevelKind,
    Spark,
    draw_progress,
    draw_sparks,
)
from customs_leaderboard.service.pages.news import newest_announcement
from customs_leaderboard.service.pages.rendering import render
from customs_leaderboard.service.pages.sorting import Order, Sorting
from customs_leaderboard.standings.phases import phase_spans
from customs_leaderboard.standings.public import StandingRow, progress, public_standings
from customs_leaderboard.standings.reference_scores import ReferenceScore

COLUMNS: Final[dict[str, Order]] = {
    "score": "desc",
    "team": "asc",
    "submissions": "desc",
    "improved": "desc",
}
#: Number of baselines among the teams; more would hide the teams.
N_BASELINES: Final = 4


@dataclass(frozen=True)
class TableRow:
    """A team's or a baseline's row; a baseline has no rank and no submissions."""

    name: str
    score: float
    rank: int | None = None
    team_number: int | None = None
    n_submissions: int | None = None
    improved_at: datetime | None = None
    spark: Spark | None = None


def make_standings_page(board: Board, column: str, order: str) -> bytes:
    """Return the page.

    Parameters
    ----------
    board : Board
        A competition that is not closed.
    column, order : str
        As in `Sorting.of`.
    """
    standings = public_standings(board)
    teams = progress(board, standings=standings)
    with board.database.reading() as session:
        spans = phase_spans(board, board.state(session))
    now, opens = board.now(), board.competition.opens
    sorting = Sorting.of(column, order, COLUMNS)
    # At least a day: the ticks of the axis are days.
    end = max(min(now, standings.closes), opens + timedelta(days=1))
    sparks = draw_sparks(teams, opens, end)
    references = _some(board.reference_scores.baselines)
    ceiling = board.reference_scores.ceiling
    levels: list[tuple[str, float, LevelKind]] = [
        (level.name, level.score, "reference") for level in references
    ]
    levels += [] if ceiling is None else [("expected ceiling", ceiling.score, "ceiling")]
    charts: dict[str, Any] = {}
    if teams:
        charts = {
            name: draw_progress(frame, teams, levels, opens, end)
            for name, frame in (("wide", WIDE), ("narrow", NARROW))
        }
    return render(
        board,
        "standings.html",
        standings=standings,
        rows=_rows(standings.rows, references, sparks, sorting),
        sorting=sorting,
        charts=charts,
        ceiling=ceiling,
        has_baselines=bool(references),
        n_submissions=sum(row.n_submissions for row in standings.rows),
        n_drawn=N_DRAWN,
        left=standings.closes - now,
        manifest=board.manifest,
        announcement=newest_announcement(board),
        phases=spans,
    )


def _some(baselines: list[ReferenceScore]) -> list[ReferenceScore]:
    """Return a few baselines, evenly spaced from best to worst; the rules page lists all."""
    if len(baselines) <= N_BASELINES:
        return baselines
    step = (len(baselines) - 1) / (N_BASELINES - 1)
    return [baselines[round(i * step)] for i in range(N_BASELINES)]


def _rows(
    teams: list[StandingRow],
    references: list[ReferenceScore],
    sparks: dict[int, Spark],
    sorting: Sorting,
) -> list[TableRow]:
    """Return the sorted teams; baselines are among them if sorted by score, else at the end."""
    rows = [
        TableRow(
            row.team,
            row.score,
            row.rank,
            row.team_number,
            row.n_submissions,
            row.improved_at,
            sparks.get(row.team_number),
        )
        for row in teams
    ]
    fixed = [TableRow(level.name, level.score) for level in references]
    keys = {
        "score": lambda row: row.score,
        "team": lambda row: row.name.casefold(),
        "submissions": lambda row: row.n_submissions,
        "improved": lambda row: row.improved_at,
    }
    if sorting.column == "score":
        # Equal scores keep their order: by rank, and teams before baselines.
        rows = sorted(rows + fixed, key=lambda row: -row.score)
        return rows if sorting.descends else rows[::-1]
    key = keys[sorting.column]
    # sorted() is stable, also in reverse: equal teams stay in the order of ranks.
    return sorted(rows, key=key, reverse=sorting.descends) + fixed
