"""The small picture that explains the Ladder; the Ladder itself draws its line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from customs_leaderboard.ladder.update_rules import step_ladder
from customs_leaderboard.service.charts.progress import stairs
from customs_leaderboard.service.charts.scales import Scale

#: A made-up team's exact scores, in steps above its first: small gains, setbacks, a few leaps.
_IN_STEPS: Final = (0.2, 0.7, -1.1, 1.3, 1.9, 1.1, 2.5, 2.9, 1.8, 3.6, 3.1, 4.7, 4.0, 5.3, 5.1)
_FIRST: Final = 0.5
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 460, 300, 48, 8, 14, 38


@dataclass(frozen=True)
class LadderPicture:
    """Places in a view box of `width` x `height`.

    Attributes
    ----------
    exact : list of (float, float)
        Dots, which nobody sees.
    shown : str
        Path of what the board shows.
    grid : list of (float, str)
        Multiples of the step.
    """

    width: int
    height: int
    left: int
    plot_right: int
    plot_bottom: int
    exact: list[tuple[float, float]]
    shown: str
    grid: list[tuple[float, str]]


def draw_ladder(step: float, decimals: int) -> LadderPicture:
    """Lay out the picture for a step.

    Parameters
    ----------
    step : float
        Of the competition.
    decimals : int
        Of shown scores.
    """
    first = round(_FIRST / step) * step
    # Rounded: the Ladder means decimals, and 0.5 + 3 * 0.01 is none.
    exact = [min(max(round(first + n * step, 6), 0.0), 1.0) for n in _IN_STEPS]
    shown: list[float] = []
    for score in exact:
        shown.append(step_ladder(shown[-1] if shown else None, score, step))
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    x = Scale(0, len(exact) - 1, _LEFT + 12, right - 12)
    y = Scale(first - 1.5 * step, first + 5.7 * step, bottom, _TOP)
    places = [(x(i), y(score)) for i, score in enumerate(shown)]
    return LadderPicture(
        _WIDTH,
        _HEIGHT,
        _LEFT,
        right,
        bottom,
        [(x(i), y(score)) for i, score in enumerate(exact)],
        stairs(places, right),
        [(y(first + n * step), f"{first + n * step:.{decimals}f}") for n in range(-1, 6)],
    )
