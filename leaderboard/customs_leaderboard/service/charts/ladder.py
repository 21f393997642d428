"""The chart that explains the Ladder, computed with the Ladder's own rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from customs_leaderboard.ladder.update_rules import step_ladder
from customs_leaderboard.service.charts.progress import stairs
from customs_leaderboard.service.charts.scales import Scale

#: Exact scores of a made-up team, in steps above a first score: small gains, setbacks, leaps.
_IN_STEPS: Final = (0.2, 0.7, -1.1, 1.3, 1.9, 1.1, 2.5, 2.9, 1.8, 3.6, 3.1, 4.7, 4.0, 5.3, 5.1)
_FIRST: Final = 0.5
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 460, 300, 48, 8, 14, 38


@dataclass(frozen=True)
class LadderChart:
    """Positions in a view box of `width` x `height`.

    Attributes
    ----------
    exact : list of (float, float)
        Dots of the exact scores.
    public_path : str
        SVG path of the scores on the board.
    grid : list of (float, str)
        Positions and labels of multiples of the step.
    """

    width: int
    height: int
    left: int
    plot_right: int
    plot_bottom: int
    exact: list[tuple[float, float]]
    public_path: str
    grid: list[tuple[float, str]]


def draw_ladder(step: float, decimals: int) -> LadderChart:
    """Lay out the chart.

    Parameters
    ----------
    step : float
        Step of the competition.
    decimals : int
        Decimals of the scores on the board.
    """
    first = round(_FIRST / step) * step
    # Rounded, because the Ladder compares decimals and 0.5 + 3 * 0.01 is not 0.53.
    exact = [min(max(round(first + n * step, 6), 0.0), 1.0) for n in _IN_STEPS]
    public: list[float] = []
    for score in exact:
        public.append(step_ladder(public[-1] if public else None, score, step))
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    x = Scale(0, len(exact) - 1, _LEFT + 12, right - 12)
    y = Scale(first - 1.5 * step, first + 5.7 * step, bottom, _TOP)
    places = [(x(i), y(score)) for i, score in enumerate(public)]
    return LadderChart(
        _WIDTH,
        _HEIGHT,
        _LEFT,
        right,
        bottom,
        [(x(i), y(score)) for i, score in enumerate(exact)],
        stairs(places, right),
        [(y(first + n * step), f"{first + n * step:.{decimals}f}") for n in range(-1, 6)],
    )
