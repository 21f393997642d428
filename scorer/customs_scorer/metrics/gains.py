"""What each unit adds to a metric, and how two submissions differ. Exact: no floating point."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class Part:
    """Units that add something, all with the same chance.

    Attributes
    ----------
    rows : ndarray of intp
        The units, in ascending order.
    amounts : ndarray of int64 or None
        What each adds if it counts; None for 1 each.
    share : Fraction
        Chance that a unit counts, in [0, 1]: 1 above the cut, less where scores tie at it.
    """

    rows: npt.NDArray[np.intp]
    amounts: npt.NDArray[np.int64] | None
    share: Fraction

    @property
    def total(self) -> Fraction:
        """Expected sum of what the units add."""
        return self.share * (len(self.rows) if self.amounts is None else _sum(self.amounts))

    @property
    def squares(self) -> int:
        """Sum of the squared amounts."""
        return len(self.rows) if self.amounts is None else _sum(_exact(self.amounts) ** 2)


@dataclass(frozen=True, eq=False)
class Gains:
    """What each unit of a period adds to a submission's value.

    Attributes
    ----------
    n_units : int
        Units of the period.
    weight : Fraction
        What the sum of all gains is divided by: for precision, the declarations opened.
    parts : tuple of Part
        Units that add something; all others add 0.
    """

    n_units: int
    weight: Fraction
    parts: tuple[Part, ...]

    @property
    def total(self) -> Fraction:
        """Expected sum of the gains."""
        return sum((part.total for part in self.parts), Fraction(0))

    @property
    def exact(self) -> Fraction:
        """The metric's value; ZeroDivisionError where it has none."""
        return self.total / self.weight

    @property
    def value(self) -> float:
        """The metric's value as a float; NaN where it has none (recall without any fraud)."""
        return float(self.exact) if self.weight else float("nan")

    def by_unit(self) -> npt.NDArray[np.float64]:
        """Return the expected gain of every unit, shape (n_units,)."""
        gains = np.zeros(self.n_units)
        for part in self.parts:
            gains[part.rows] = (1 if part.amounts is None else part.amounts) * float(part.share)
        return gains


def check_pair(new: Gains, best: Gains) -> None:
    """Refuse two gains that a paired test cannot compare; raise as `paired_variance` does."""
    if (new.n_units, new.weight) != (best.n_units, best.weight):
        raise ValueError("The two gains must come from the same period.")
    if new.n_units < 2:
        raise ValueError("A paired test needs at least two units.")


def paired_variance(new: Gains, best: Gains) -> Fraction:
    """Squared standard error of the difference of two values on the same units.

    Parameters
    ----------
    new, best : Gains
        On the same period, of at least two units.

    Raises
    ------
    ValueError
        If they are of different periods, or of one unit.

    Notes
    -----
    With g_i the gain of unit i, the differences d_i = g_i(new) - g_i(best) over the n units of the
    period and the weight w, value(new) - value(best) = sum(d) / w, and its squared standard error
    is::

        n * s^2 / w^2,  s^2 = (sum(d^2) - sum(d)^2 / n) / (n - 1)

    A unit that adds the same to both adds nothing here: submissions that are alike need a smaller
    difference.

    Examples
    --------
    The first submission opens the frauds 0 and 1, the second fraud 1 alone: d = (1, 0, 0, 0),
    s^2 = (1 - 1/4) / 3 = 1/4, 4 * (1/4) / 2^2 = 1/4.

    >>> from customs_scorer.metrics.inspection import gains_of
    >>> y_true = [1, 1, 0, 0]
    >>> new, best = (gains_of(y_true, scores, 0.5) for scores in ([4, 3, 2, 1], [1, 4, 3, 2]))
    >>> paired_variance(new, best)
    Fraction(1, 4)
    """
    check_pair(new, best)
    n, total = new.n_units, new.total - best.total
    squares = _product(new, new) + _product(best, best) - 2 * _product(new, best)
    return (n * squares - total**2) / ((n - 1) * new.weight**2)


def luck_variance(chance: Gains) -> Fraction:
    """Squared standard error of the value of a random file.

    Parameters
    ----------
    chance : Gains
        Gains of a file of equal scores (`Metric.chance`), in which every unit counts with the same
        chance.

    Notes
    -----
    A random file of n units opens k of them as lots drawn without putting back. With v_i what unit
    i adds if it is opened, and s^2 the variance of the v_i over all units::

        k * (n - k) / (n - 1) * s^2 / w^2

    For precision, v_i is the label, w = k, and s^2 = p * (1 - p) with p the base rate.

    Examples
    --------
    Two of four, one of them fraud: 1/4 * 3/4 / 2 * 2 / 3 = 1/16.

    >>> from customs_scorer.metrics.inspection import gains_of
    >>> luck_variance(gains_of([1, 0, 0, 0], [0, 0, 0, 0], 0.5))
    Fraction(1, 16)
    """
    n = chance.n_units
    if not any(len(part.rows) for part in chance.parts):
        return Fraction(0)
    (part,) = (part for part in chance.parts if len(part.rows))
    k = part.share * n
    if k == n:
        return Fraction(0)
    mean = Fraction(part.total / part.share) / n
    spread = Fraction(part.squares, n) - mean**2
    return k * (n - k) / (n - 1) * spread / chance.weight**2


def _product(a: Gains, b: Gains) -> Fraction:
    """Sum over units of the product of both gains."""
    return sum((x.share * y.share * _overlap(x, y) for x in a.parts for y in b.parts), Fraction(0))


def _overlap(x: Part, y: Part) -> int:
    """Sum over the units of both parts of the product of what they add."""
    if x.rows is y.rows:
        return x.squares
    if x.amounts is None and y.amounts is None:
        return len(np.intersect1d(x.rows, y.rows, assume_unique=True))
    _, i, j = np.intersect1d(x.rows, y.rows, assume_unique=True, return_indices=True)
    products = np.ones(len(i), dtype=object)
    for amounts, places in ((x.amounts, i), (y.amounts, j)):
        if amounts is not None:
            products = products * _exact(amounts[places])
    return _sum(products)


def _exact(amounts: npt.NDArray[Any]) -> npt.NDArray[np.object_]:
    return amounts.astype(object)  # Python's integers: squares of sums in won pass 64 bits


def _sum(amounts: npt.NDArray[Any]) -> int:
    return int(amounts.sum())
