"""Charts after the close: intervals, ranks before and after, frauds by scheme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from customs_leaderboard.service.charts.scales import Scale, round_range
from customs_leaderboard.standings.final import Finalist, FinalStandings
from customs_scorer.metrics import InspectionMetric, Metric
from customs_scorer.metrics.inspection import n_inspected

#: Number of leading teams in the chart of ranks.
N_DRAWN: Final = 24
#: Number of leading teams whose line is emphasized, beside the largest rise and fall.
N_LEADERS: Final = 3
#: Number of leading teams in the table of schemes.
N_IN_SCHEMES: Final = 12
#: Number of shades in the stylesheet, from no frauds to the most.
N_SHADES: Final = 10
_ROW: Final = 30
_WHISKER: Final = 168

Move = Literal["up", "down", "same"]


def move_of(row: Finalist) -> Move:
    """Return whether a team gained or lost places."""
    return "same" if row.shake_up == 0 else "up" if row.shake_up > 0 else "down"


@dataclass(frozen=True)
class Whisker:
    """Positions of an interval's ends and of the score in it."""

    low: float
    score: float
    high: float


@dataclass(frozen=True)
class Whiskers:
    """Private score and interval of each team, on one scale from `low` to `high`."""

    width: int
    low: float
    high: float
    by_team: dict[int, Whisker]


def draw_whiskers(rows: Sequence[Finalist], metric: Metric) -> Whiskers:
    """Lay out the intervals of at least one team."""
    ends = [end for row in rows for end in row.scores["private"][metric.interval_name]]
    low, high, _ = round_range(ends)
    x = Scale(low, high, 4, _WHISKER - 4)
    by_team = {}
    for row in rows:
        left, right = row.scores["private"][metric.interval_name]
        score = row.scores["private"][metric.name]
        by_team[row.team_number] = Whisker(x(left), x(score), x(right))
    return Whiskers(_WHISKER, low, high, by_team)


@dataclass(frozen=True)
class Slope:
    """A team's line from its public to its final rank.

    `note` says why a team is emphasized: its move, if it is the largest one. Others are grey and
    have their name on the right only.
    """

    row: Finalist
    move: Move
    left_y: int
    right_y: int
    emphasized: bool
    note: str


@dataclass(frozen=True)
class SlopeChart:
    """Lines from public to final ranks; the narrow chart names teams on the right only."""

    width: int
    height: int
    left: int
    right: int
    n_letters: int
    narrow: bool
    slopes: list[Slope]


def draw_slopes(rows: Sequence[Finalist], *, narrow: bool) -> SlopeChart:
    """Lay out the public and final ranks of the leading teams, and the largest fall of all."""
    drawn = list(rows[:N_DRAWN])
    notes = {}
    for row, what in (
        (min(rows, key=lambda row: row.shake_up), "fall"),
        (max(drawn, key=lambda row: row.shake_up), "rise"),
    ):
        if row.shake_up * (-1 if what == "fall" else 1) > 0:
            notes[row.team_number] = f"largest {what}, {row.shake_up:+d}"
            if row not in drawn:
                drawn.append(row)
    before = sorted(drawn, key=lambda row: row.public_rank)
    left_y = {row.team_number: 40 + i * _ROW for i, row in enumerate(before)}
    slopes = [
        Slope(
            row,
            move_of(row),
            left_y[row.team_number],
            40 + i * _ROW,
            row.rank <= N_LEADERS or row.team_number in notes,
            notes.get(row.team_number, ""),
        )
        for i, row in enumerate(drawn)
    ]
    height = 40 + len(drawn) * _ROW - _ROW // 2
    if narrow:
        return SlopeChart(380, height, 40, 200, 17, True, slopes)
    return SlopeChart(900, height, 300, 540, 30, False, slopes)


@dataclass(frozen=True)
class SchemeCell:
    """Share of a scheme's frauds that a team catches, and its shade."""

    share: float
    shade: int


@dataclass(frozen=True)
class SchemeTable:
    """Schemes with their numbers of private frauds, and a row of cells for each leading team.

    `attainable` is the share of all frauds that a perfect inspection would catch.
    """

    schemes: list[tuple[str, int]]
    rows: list[tuple[Finalist, list[SchemeCell]]]
    attainable: float


def tabulate_schemes(finals: FinalStandings, metric: Metric) -> SchemeTable | None:
    """Return the frauds caught by scheme; None if the edition or the metric has none."""
    if not isinstance(metric, InspectionMetric) or metric.per != "opened":
        return None
    if finals.frauds_by_scheme is None:
        return None
    schemes = [(_name_of(name), n) for name, n in finals.frauds_by_scheme.items()]
    shares = [
        [(row.caught or {}).get(name, 0.0) / n for name, n in finals.frauds_by_scheme.items()]
        for row in finals.rows[:N_IN_SCHEMES]
    ]
    # The darkest shade is the largest share, not 1: the opened declarations contain few frauds.
    largest = max((x for row in shares for x in row), default=0.0) or 1.0
    cells = [[SchemeCell(x, round(x / largest * (N_SHADES - 1))) for x in row] for row in shares]
    n_opened = n_inspected(finals.periods["private"]["n_declarations"], metric.rate)
    return SchemeTable(
        schemes,
        list(zip(finals.rows, cells, strict=False)),
        min(n_opened / sum(finals.frauds_by_scheme.values()), 1.0),
    )


def _name_of(scheme: str) -> str:
    # Some declarations are labelled fraud although the importer was honest.
    return "no scheme" if scheme == "honest" else scheme
