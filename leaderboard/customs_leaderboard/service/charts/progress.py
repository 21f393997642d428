"""The chart of laddered scores over time, and the sparklines and bars in the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from customs_leaderboard.service.charts.scales import (
    Scale,
    round_range,
    spread,
    time_ticks,
    value_ticks,
)
from customs_leaderboard.service.text_formats import format_score
from customs_leaderboard.standings.public import Progress, share_ranks

LevelKind = Literal["reference", "ceiling"]

#: Number of leading teams with a colour; colour-blind readers cannot tell more colours apart.
N_TONES: Final = 6
#: Number of leading teams in the chart; more lines would be unreadable.
N_DRAWN: Final = 16
_LABEL_GAP: Final = 17.0
#: Room for a letter of a label.
_LETTER_WIDTH: Final = 8.0
_SPARK: Final = (112, 26)
#: Width of a bar; the template's marks and rounded ends fit into its height of 14.
BAR_WIDTH: Final = 112
#: Shortest time axis, so that the first minutes are not stretched over the whole chart.
_SHORTEST: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Frame:
    """Size of a chart and the margins of its plot, in units of its view box."""

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    n_ticks: int
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
WIDE: Final = Frame(1000, 440, left=46, right=236, top=16, bottom=34, n_ticks=8, n_letters=26)
NARROW: Final = Frame(380, 400, left=36, right=116, top=16, bottom=30, n_ticks=4, n_letters=13)


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
class Level:
    """A baseline's or the ceiling's score, and how far it may be off (0 if unknown)."""

    name: str
    score: float
    kind: LevelKind
    spread: float = 0.0


@dataclass(frozen=True)
class ReferenceLine:
    """The horizontal line of a baseline or the ceiling, in a band if its spread is known."""

    label: str
    kind: LevelKind
    y: float
    label_y: float
    band_top: float
    band_height: float


@dataclass(frozen=True)
class Mark:
    """A vertical line at a time, such as the end of a phase."""

    x: float
    label: str
    #: Whether there is room for the label before the line.
    is_before: bool


@dataclass(frozen=True)
class ProgressChart:
    """The chart, ready for a template."""

    frame: Frame
    end_x: float
    x_ticks: list[tuple[float, str]]
    y_ticks: list[tuple[float, str]]
    lines: list[Line]
    levels: list[ReferenceLine]
    marks: list[Mark]


@dataclass(frozen=True)
class Bars:
    """Lengths of the bars of scores, and marks of baselines and ceiling across them.

    `marks` is an SVG path.
    """

    scale: Scale
    marks: str
    ceiling: float | None

    def __call__(self, score: float) -> float:
        """Return the length of a score's bar."""
        return self.scale(score)


@dataclass(frozen=True)
class Spark:
    """A sparkline and its end."""

    path: str
    end_x: float
    end_y: float


def draw_progress(
    frame: Frame,
    teams: Sequence[Progress],
    levels: Sequence[Level],
    first: datetime,
    last: datetime,
    marks: Sequence[tuple[datetime, str]] = (),
) -> ProgressChart:
    """Lay out the chart; lines are stairs, because a score stays until the next improvement.

    Parameters
    ----------
    frame : Frame
        Size of the chart.
    teams : sequence of Progress
        At least one team, the best first.
    levels : sequence of Level
        Baselines and the ceiling.
    first, last : datetime
        Opening, and the time until which lines are drawn: now, or the deadline.
    marks : sequence of (datetime, str)
        Times with a name, such as ends of phases; those after `last` are not drawn.
    """
    drawn = teams[:N_DRAWN]
    scores = [score for team in drawn for _, score in team.points]
    # Leave out levels below all teams, such as chance: they would press the lines together.
    levels = [level for level in levels if level.score >= min(scores)]
    ends = [level.score + sign * level.spread for level in levels for sign in (-1, 1)]
    low, high, step = round_range([*scores, *ends])
    ranks = share_ranks([team.points[-1][1] for team in drawn])
    axis_end = max(last, first + _SHORTEST)
    x = Scale(first.timestamp(), axis_end.timestamp(), frame.left, frame.plot_right)
    y = Scale(low, high, frame.plot_bottom, frame.top)
    end_x = x(last.timestamp())
    end_y = [y(team.points[-1][1]) for team in drawn]
    level_y = [y(level.score) for level in levels]
    label_y = _label_places(frame, end_y + level_y)
    return ProgressChart(
        frame,
        end_x,
        [(x(at.timestamp()), text) for at, text in time_ticks(first, axis_end, frame.n_ticks)],
        [(y(value), format_score(value, 2)) for value in value_ticks(low, high, step)],
        [
            Line(
                team.team,
                team.team_number,
                _shorten(f"{ranks[i]} {team.team}", frame.n_letters),
                i + 1 if i < N_TONES else 0,
                stairs([(x(at.timestamp()), y(score)) for at, score in team.points], end_x),
                end_y[i],
                label_y[i],
            )
            for i, team in enumerate(drawn)
        ],
        [
            _reference_line(level, frame, y, label_place)
            for level, label_place in zip(levels, label_y[len(drawn) :], strict=True)
        ],
        [_mark(x(at.timestamp()), label, frame) for at, label in marks if first < at <= last],
    )


def _mark(x: float, label: str, frame: Frame) -> Mark:
    return Mark(x, label, x - frame.left >= _LETTER_WIDTH * len(label) + 6)


def _reference_line(level: Level, frame: Frame, y: Scale, label_y: float) -> ReferenceLine:
    top, bottom = y(level.score + level.spread), y(level.score - level.spread)
    label = _shorten(level.name, frame.n_letters)
    return ReferenceLine(label, level.kind, y(level.score), label_y, top, round(bottom - top, 1))


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
    """Return the sparklines by team number, on the same scales; none for a flat line."""
    teams = [team for team in teams if len(team.points) > 1]
    scores = [score for team in teams for _, score in team.points]
    if not scores or end <= first:
        return {}
    width, height = _SPARK
    x = Scale(first.timestamp(), end.timestamp(), 1, width - 4)
    y = Scale(min(scores), max(max(scores), min(scores) + 0.01), height - 4, 4)
    sparks = {}
    for team in teams:
        places = [(x(at.timestamp()), y(score)) for at, score in team.points]
        sparks[team.team_number] = Spark(stairs(places, x.end), x.end, places[-1][1])
    return sparks


def draw_bars(scores: Sequence[float], levels: Sequence[Level]) -> Bars:
    """Lay out the bars of at least one score; they start at 0 unless a score is negative."""
    values = [*scores, *(level.score for level in levels)]
    scale = Scale(min(0.0, *values), max(values) or 1.0, 0, BAR_WIDTH)
    marks = "".join(f"M{scale(one.score):g} 2v10" for one in levels if one.kind == "reference")
    ceiling = next((scale(one.score) for one in levels if one.kind == "ceiling"), None)
    return Bars(scale, marks, ceiling)


def _shorten(text: str, n_letters: int) -> str:
    return text if len(text) <= n_letters else text[: n_letters - 1].rstrip() + "…"
