"""The chart of laddered scores over time, and the sparklines in the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final, Literal

from customs_leaderboard.service.charts.scales import (
    Scale,
    day_ticks,
    round_range,
    spread,
    value_ticks,
)
from customs_leaderboard.service.text_formats import format_score
from customs_leaderboard.standings.public import Progress

LevelKind = Literal["reference", "ceiling"]

#: Number of leading teams with a colour; colour-blind readers cannot tell more colours apart.
N_TONES: Final = 6
#: Number of leading teams in the chart; more lines would be unreadable.
N_DRAWN: Final = 16
_LABEL_GAP: Final = 17.0
_SPARK: Final = (112, 26)


@dataclass(frozen=True)
class Frame:
    """Size of a chart and the margins of its plot, in units of its view box."""

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    n_days: int
    n_letters: int

    @property
    def plot_right(self) -> int:
        """Right end of the plot."""
        return self.width - self.right

    @property
    def plot_bottom(self) -> int:
        """Bottom of the plot."""
        return self.height - self.bottom


#: For screens, and for phones, where the same letters take more of the width.
WIDE: Final = Frame(1000, 440, left=46, right=236, top=16, bottom=34, n_days=7, n_letters=26)
NARROW: Final = Frame(380, 400, left=36, right=116, top=16, bottom=30, n_days=3, n_letters=13)


@dataclass(frozen=True)
class Line:
    """A team's line: path, label and colour (0 for grey)."""

    team: str
    team_number: int
    label: str
    tone: int
    path: str
    end_y: float
    label_y: float


@dataclass(frozen=True)
class ReferenceLine:
    """The horizontal line of a baseline or the ceiling."""

    label: str
    kind: LevelKind
    y: float
    label_y: float


@dataclass(frozen=True)
class ProgressChart:
    """The chart, ready for a template."""

    frame: Frame
    x_ticks: list[tuple[float, str]]
    y_ticks: list[tuple[float, str]]
    lines: list[Line]
    levels: list[ReferenceLine]


@dataclass(frozen=True)
class Spark:
    """A sparkline and its end."""

    path: str
    end_x: float
    end_y: float


def draw_progress(
    frame: Frame,
    teams: Sequence[Progress],
    levels: Sequence[tuple[str, float, LevelKind]],
    first: datetime,
    last: datetime,
) -> ProgressChart:
    """Lay out the chart; lines are stairs, because a score stays until the next improvement.

    Parameters
    ----------
    frame : Frame
        Size of the chart.
    teams : sequence of Progress
        At least one team, the best first.
    levels : sequence of (str, float, kind)
        Name and score of baselines and the ceiling.
    first, last : datetime
        Ends of the time axis, in this order.
    """
    drawn = teams[:N_DRAWN]
    scores = [score for team in drawn for _, score in team.points]
    # Leave out levels below all teams, such as chance: they would press the lines together.
    levels = [level for level in levels if level[1] >= min(scores)]
    low, high, step = round_range([*scores, *(score for _, score, _ in levels)])
    x = Scale(first.timestamp(), last.timestamp(), frame.left, frame.plot_right)
    y = Scale(low, high, frame.plot_bottom, frame.top)
    end_y = [y(team.points[-1][1]) for team in drawn]
    level_y = [y(score) for _, score, _ in levels]
    label_y = _label_places(frame, end_y + level_y)
    return ProgressChart(
        frame,
        [(x(at.timestamp()), text) for at, text in day_ticks(first, last, frame.n_days)],
        [(y(value), format_score(value, 2)) for value in value_ticks(low, high, step)],
        [
            Line(
                team.team,
                team.team_number,
                _shorten(f"{rank} {team.team}", frame.n_letters),
                rank if rank <= N_TONES else 0,
                stairs([(x(at.timestamp()), y(score)) for at, score in team.points], x.end),
                end_y[rank - 1],
                label_y[rank - 1],
            )
            for rank, team in enumerate(drawn, start=1)
        ],
        [
            ReferenceLine(_shorten(label, frame.n_letters), kind, place, label_place)
            for (label, _, kind), place, label_place in zip(
                levels, level_y, label_y[len(drawn) :], strict=True
            )
        ],
    )


def _label_places(frame: Frame, places: Sequence[float]) -> list[float]:
    """Return places of labels that do not overlap; equal places keep their order."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    spread_places = spread([places[i] for i in order], _LABEL_GAP, frame.top, frame.plot_bottom)
    return [place for _, place in sorted(zip(order, spread_places, strict=True))]


def stairs(points: Sequence[tuple[float, float]], end_x: float) -> str:
    """Return the SVG path of a value that stays until the next one.

    Examples
    --------
    >>> stairs([(0, 10), (5, 8)], 9)
    'M0 10H5V8H9'
    """
    (x, y), *later = points
    steps = "".join(f"H{x:g}V{y:g}" for x, y in later)
    return f"M{x:g} {y:g}{steps}H{end_x:g}"


def draw_sparks(teams: Sequence[Progress], first: datetime, end: datetime) -> dict[int, Spark]:
    """Return the sparkline of each team by its number, all on the same scales."""
    scores = [score for team in teams for _, score in team.points]
    if not scores:
        return {}
    width, height = _SPARK
    # Cut to the hour, so that `_spark` can cache.
    last = end.replace(minute=0, second=0, microsecond=0)
    x = Scale(first.timestamp(), last.timestamp(), 1, width - 4)
    y = Scale(min(scores), max(max(scores), min(scores) + 0.01), height - 4, 4)
    return {team.team_number: _spark(tuple(team.points), x, y) for team in teams}


@lru_cache(maxsize=2000)
def _spark(points: tuple[tuple[datetime, float], ...], x: Scale, y: Scale) -> Spark:
    places = [(x(at.timestamp()), y(score)) for at, score in points]
    return Spark(stairs(places, x.end), x.end, places[-1][1])


def _shorten(text: str, n_letters: int) -> str:
    return text if len(text) <= n_letters else text[: n_letters - 1].rstrip() + "…"
