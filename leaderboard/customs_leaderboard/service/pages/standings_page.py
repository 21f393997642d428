"""The home page before the close: laddered standings, progress, and the commitment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from customs_leaderboard.board import Board
from customs_leaderboard.service.charts.progress import (
    N_DRAWN,
    NARROW,
    WIDE,
    Level,
    Spark,
    draw_bars,
    draw_progress,
    draw_sparks,
)
from customs_leaderboard.service.edition_files import Archive
from customs_leaderboard.service.pages.news import newest_announcement
from customs_leaderboard.service.pages.rendering import render
from customs_leaderboard.service.pages.sorting import N_TOP, Order, Sorting
from customs_leaderboard.standings.phases import phase_spans
from customs_leaderboard.standings.public import StandingRow, progress, public_standings
from customs_leaderboard.standings.reference_scores import ReferenceScore
from customs_scorer.metrics import TaskMetrics

#: Number of baselines among the teams; more would hide the teams.
N_BASELINES: Final = 4


def columns(metrics: TaskMetrics) -> dict[str, Order]:
    """Return the columns of the table, with the order of a first click."""
    best_first: Order = "desc" if metrics.ranked[0].higher_is_better else "asc"
    return {"score": best_first, "team": "asc", "submissions": "desc", "improved": "desc"}


@dataclass(frozen=True)
class TableRow:
    """A team's or a baseline's row; a baseline has no rank and no submissions.

    `beyond` is whether the row is after the top teams, `tied` whether others share the rank.
    """

    name: str
    score: float
    bar: float
    rank: int | None = None
    team_number: int | None = None
    n_submissions: int | None = None
    improved_at: datetime | None = None
    spark: Spark | None = None
    beyond: bool = False
    tied: bool = False


def make_standings_page(
    board: Board, sorting: Sorting, archive: Archive | None, site: str | None
) -> bytes:
    """Return the page of a competition that is not closed."""
    standings = public_standings(board)
    with board.database.reading() as session:
        spans = phase_spans(board, board.state(session))
    now, opens = board.now(), board.competition.opens
    # The page draws nothing that lies in the future.
    end = max(min(now, standings.closes), opens)
    references = _some(board.reference_scores.baselines)
    ceiling = board.reference_scores.ceiling
    levels = [Level(one.name, one.score, "reference") for one in references]
    if ceiling is not None:
        levels.append(Level("expected ceiling", ceiling.score, "ceiling", ceiling.spread or 0.0))
    order = _sorted(standings.rows, references, sorting)
    last_top = _last_top(order)
    listed = order if sorting.everything else order[: last_top + 1]
    drawn = standings.rows[:N_DRAWN]
    numbers = {row.team_number for row in drawn}
    others = [one for one in listed if isinstance(one, StandingRow)]
    teams = progress(board, rows=[*drawn, *(r for r in others if r.team_number not in numbers)])
    content: dict[str, Any] = {}
    if standings.rows:
        leading = teams[: len(drawn)]
        rules = board.competition
        marks = [(one.begins, one.name) for one in rules.phases[1:]]
        marks += [(one.at, one.name) for one in rules.milestones]
        content = {
            "bars": draw_bars([row.score for row in standings.rows], levels),
            "charts": {
                name: draw_progress(frame, leading, levels, opens, end, marks)
                for name, frame in (("wide", WIDE), ("narrow", NARROW))
            },
        }
        sparks = draw_sparks(teams, opens, end)
        n_at_rank = Counter(row.rank for row in standings.rows)
        content["rows"] = [
            TableRow(one.name, one.score, content["bars"](one.score), beyond=i > last_top)
            if isinstance(one, ReferenceScore)
            else TableRow(
                one.team,
                one.score,
                content["bars"](one.score),
                one.rank,
                one.team_number,
                one.n_submissions,
                one.improved_at,
                sparks.get(one.team_number),
                beyond=i > last_top,
                tied=n_at_rank[one.rank] > 1,
            )
            for i, one in enumerate(listed)
        ]
    return render(
        board,
        "standings.html",
        standings=standings,
        sorting=sorting,
        ceiling=ceiling,
        prior=board.reference_scores.prior,
        has_baselines=bool(references),
        n_submissions=sum(row.n_submissions for row in standings.rows),
        n_top=N_TOP,
        n_drawn=N_DRAWN,
        left=standings.closes - now,
        manifest=board.manifest,
        announcement=newest_announcement(board),
        phases=spans,
        archive=archive,
        public_url=site,
        **content,
    )


def _some(baselines: list[ReferenceScore]) -> list[ReferenceScore]:
    """Return a few baselines, evenly spaced from best to worst; the rules page lists all."""
    if len(baselines) <= N_BASELINES:
        return baselines
    step = (len(baselines) - 1) / (N_BASELINES - 1)
    return [baselines[round(i * step)] for i in range(N_BASELINES)]


def _last_top(rows: Sequence[StandingRow | ReferenceScore]) -> int:
    """Return the index of the last row of the top teams; of the last row if there are no more."""
    teams = [i for i, row in enumerate(rows) if isinstance(row, StandingRow)]
    return teams[N_TOP - 1] if len(teams) > N_TOP else len(rows) - 1


def _sorted(
    teams: list[StandingRow], references: list[ReferenceScore], sorting: Sorting
) -> list[StandingRow | ReferenceScore]:
    """Return the sorted teams; baselines are among them if sorted by score, else at the end."""
    if sorting.column == "score":
        # Equal scores keep their order: by rank, and teams before baselines.
        return sorted([*teams, *references], key=lambda row: row.score, reverse=sorting.descends)
    keys = {
        "team": lambda row: row.team.casefold(),
        "submissions": lambda row: row.n_submissions,
        "improved": lambda row: row.improved_at,
    }
    # sorted() is stable, also in reverse: equal teams stay in the order of ranks.
    in_order = sorted(teams, key=keys[sorting.column], reverse=sorting.descends)
    return [*in_order, *references]
