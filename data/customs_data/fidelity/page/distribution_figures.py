"""Figures 3 and 4 of the paper: distributions of each column, source beside synthetic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from customs_data.fidelity.comparison import Comparison
from customs_data.fidelity.metrics import Floats
from customs_data.fidelity.page.colors import COLORS, LABELS
from customs_data.reports.pictures import finish, new_figure, percent
from customs_data.schema import COLUMN

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_N_BINS: Final = 40
#: Numbers that span decades, drawn on a logarithmic scale.
LOGARITHMIC: Final = ("Net Mass", "Item Price")
#: Numbers with few distinct values, drawn like the values of a category.
_LISTED: Final = ("Tax Rate",)
_LONGEST_NAME: Final = 14
# With fewer places, single bars would fill the figure.
_LEAST_PLACES: Final = 5


def draw_distribution(pair: Comparison, name: str, *, n_values: int = 8) -> Figure:
    """Draw one column of both tables.

    Parameters
    ----------
    pair : Comparison
    name : str
        A numerical column (histogram) or a category (bars).
    n_values : int
        Number of values of a category, the most frequent in the source; the others are summed up
        below the axis.
    """
    figure, axes = new_figure(width=3.9, height=2.9)
    if name in pair.numerical and name not in _LISTED:
        _draw_numbers(axes, pair, name)
    else:
        _draw_categories(axes, pair, name, n_values)
    return finish(figure, axes, name)


def draw_cumulative(pair: Comparison, name: str) -> Figure:
    """Draw the two distribution functions of a number; their largest gap is the KS distance."""
    figure, axes = new_figure(width=3.9, height=2.9)
    sides = [_scaled(name, side) for side in pair.numbers(name)]
    for values, color, label in zip(sides, COLORS, LABELS, strict=True):
        places = np.quantile(values, np.linspace(0, 1, 401))
        axes.plot(places, np.linspace(0, 1, 401), color=color, label=label)
    axes.yaxis.set_major_formatter(percent)
    both = np.concatenate(sides)
    _name_numbers(axes, name, [float(both.min()), float(both.max())])
    return finish(figure, axes, f"{name}: share up to")


def _scaled(name: str, numbers: Floats) -> Floats:
    """Return logarithms if the numbers span decades; 0 becomes the smallest positive number."""
    if name not in LOGARITHMIC:
        return numbers
    positive = numbers[numbers > 0]
    least = positive.min() if len(positive) else 1.0
    return np.asarray(np.log10(np.maximum(numbers, least)))


def _draw_numbers(axes: Axes, pair: Comparison, name: str) -> None:
    sides = [_scaled(name, side) for side in pair.numbers(name)]
    both = np.concatenate(sides)
    edges = np.histogram_bin_edges(both, bins=_N_BINS)
    for values, color, label in zip(sides, COLORS, LABELS, strict=True):
        heights = np.histogram(values, edges)[0] / len(values)
        axes.stairs(heights, edges, color=color, fill=True, alpha=0.25)
        axes.stairs(heights, edges, color=color, label=label, linewidth=1.4)
    axes.yaxis.set_major_formatter(percent)
    _name_numbers(axes, name, [float(both.min()), float(both.max())])


def _name_numbers(axes: Axes, name: str, ends: list[float]) -> None:
    if COLUMN[name].role == "time":
        ticks = np.linspace(ends[0], ends[1], 4)
        days = ticks.astype(np.int64).astype("datetime64[D]").astype("datetime64[M]")
        axes.set_xticks(ticks, [str(day) for day in days])
    elif name in LOGARITHMIC:
        # A phone has room for about five powers of ten.
        powers = np.arange(np.ceil(ends[0]), np.floor(ends[1]) + 1)
        powers = powers[:: max(1, len(powers) // 5)]
        axes.set_xticks(powers, [_power(power) for power in powers])
        axes.set_xlabel(COLUMN[name].unit, fontsize="small")
    else:
        axes.set_xlabel(COLUMN[name].unit, fontsize="small")


def _power(power: float) -> str:
    return f"{10**power:g}" if -3 <= power <= 3 else f"1e{power:.0f}"


def _draw_categories(axes: Axes, pair: Comparison, name: str, n_values: int) -> None:
    source, synthetic = pair.codes(name)
    size = int(max(source.max(), synthetic.max())) + 1
    shares = [np.bincount(side, minlength=size) / len(side) for side in (source, synthetic)]
    order = np.argsort(-shares[0], kind="stable")
    top = order[:n_values]
    names = [_value_of(pair, name, int(code)) for code in top]
    places = np.arange(len(names))
    for i, (side, color, label) in enumerate(zip(shares, COLORS, LABELS, strict=True)):
        axes.barh(places + (i - 0.5) * 0.4, side[top], height=0.4, color=color, label=label)
    axes.set_yticks(places, names)
    axes.set_ylim(max(len(names), _LEAST_PLACES) - 0.5, -0.5)
    axes.xaxis.set_major_formatter(percent)
    if size > n_values:
        # Not drawn: a bar of all others would dwarf every other bar.
        rest = [side[order[n_values:]].sum() for side in shares]
        axes.set_xlabel(
            f"{size - n_values:,} others: {rest[0]:.1%} of the source, {rest[1]:.1%} synthetic",
            fontsize="small",
        )


def _value_of(pair: Comparison, name: str, code: int) -> str:
    """Return the value of a code as text."""
    for frame, codes in zip((pair.source, pair.synthetic), pair.codes(name), strict=True):
        rows = np.flatnonzero(codes == code)
        if len(rows):
            value: Any = frame[name].iloc[int(rows[0])]
            text = "nothing" if value != value else str(value)  # nan is unequal to itself
            return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1] + "…"
    raise ValueError(f"{name} has no code {code}")
