"""Which frauds a submission catches, declaration by declaration, and how two submissions differ.

Exact: counts and fractions, no floating point.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from customs_scorer.metrics.inspection import inspect


@dataclass(frozen=True, eq=False)
class Caught:
    """The frauds a submission catches, declaration by declaration.

    Attributes
    ----------
    n_declarations, n_inspected : int
        Declarations of the period, and k of them that are opened.
    above : ndarray of intp
        Rows of the frauds above the cut; each counts 1.
    tied : ndarray of intp
        Rows of the frauds at the cut; each counts `tie_share`.
    tie_share : Fraction
        Chance of a declaration at the cut to be opened, in (0, 1]: k less those above the cut, over
        those at the cut.
    """

    n_declarations: int
    n_inspected: int
    above: npt.NDArray[np.intp]
    tied: npt.NDArray[np.intp]
    tie_share: Fraction

    @property
    def expected(self) -> Fraction:
        """Expected number of frauds among those opened."""
        return len(self.above) + self.tie_share * len(self.tied)

    @property
    def precision(self) -> Fraction:
        """Share of frauds among those opened: what `precision_at` says, before division."""
        return self.expected / self.n_inspected


def catch(y_true: npt.ArrayLike, fraud_score: npt.ArrayLike, rate: float) -> Caught:
    """Return which frauds the inspection of a submission catches.

    Parameters and errors as `customs_scorer.metrics.inspection.precision_at`.

    Examples
    --------
    Two of four are opened: row 0, and one of the rows 1 and 2 that tie.

    >>> caught = catch([1, 1, 0, 0], [0.9, 0.5, 0.5, 0.1], 0.5)
    >>> caught.above.tolist(), caught.tied.tolist(), caught.tie_share, caught.precision
    ([0], [1], Fraction(1, 2), Fraction(3, 4))
    """
    inspection = inspect(y_true, fraud_score, rate)
    scores = np.asarray(fraud_score)
    fraud = np.asarray(y_true).astype(bool)
    cut_at = len(scores) - inspection.k
    cut = np.partition(scores, cut_at)[cut_at]
    return Caught(
        n_declarations=inspection.n_declarations,
        n_inspected=inspection.k,
        above=np.flatnonzero((scores > cut) & fraud),
        tied=np.flatnonzero((scores == cut) & fraud),
        tie_share=Fraction(inspection.k - inspection.n_above, inspection.n_tied),
    )


def catch_by_chance(y_true: npt.ArrayLike, rate: float) -> Caught:
    """Return what a file of equal scores catches: a part of every fraud.

    Parameters and errors as `catch`.

    Examples
    --------
    >>> catch_by_chance([1, 1, 0, 0], 0.5).precision
    Fraction(1, 2)
    """
    return catch(y_true, np.zeros(np.shape(y_true)), rate)


def check_pair(new: Caught, best: Caught) -> None:
    """Refuse two that a paired test cannot compare; errors as `paired_variance`."""
    sizes = [(caught.n_declarations, caught.n_inspected) for caught in (new, best)]
    if sizes[0] != sizes[1]:
        raise ValueError("Both must be inspections of the same period.")
    if new.n_declarations < 2:
        raise ValueError("A paired test needs at least two declarations.")


def paired_variance(new: Caught, best: Caught) -> Fraction:
    """Squared standard error of the difference of two precisions on the same declarations.

    Parameters
    ----------
    new, best : Caught
        Of the same period, of at least two declarations.

    Raises
    ------
    ValueError
        If they are of different periods, or of one declaration.

    Notes
    -----
    With c_i in [0, 1] the part of declaration i that counts as caught, and the differences
    d_i = c_i(new) - c_i(best) over the n declarations of the period, precision(new) -
    precision(best) = sum(d) / k, and its squared standard error is::

        n * s^2 / k^2,  s^2 = (sum(d^2) - sum(d)^2 / n) / (n - 1)

    A declaration that both catch, or neither, adds nothing: submissions that are alike need a
    smaller difference.

    Examples
    --------
    Row 0 is caught by the first alone, row 1 by both: d = (1, 0, 0, 0), s^2 = (1 - 1/4) / 3 = 1/4,
    4 * (1/4) / 2^2 = 1/4.

    >>> y_true = [1, 1, 0, 0]
    >>> new, best = (catch(y_true, scores, 0.5) for scores in ([4, 3, 2, 1], [1, 4, 3, 2]))
    >>> paired_variance(new, best)
    Fraction(1, 4)
    """
    check_pair(new, best)
    n, k = new.n_declarations, new.n_inspected
    total = new.expected - best.expected
    squares = _product(new, new) + _product(best, best) - 2 * _product(new, best)
    return (n * squares - total**2) / ((n - 1) * k**2)


def luck_variance(chance: Caught) -> Fraction:
    """Squared standard error of the precision of a random file.

    Parameters
    ----------
    chance : Caught
        What a file of equal scores catches (`catch_by_chance`).

    Notes
    -----
    With p the base rate, a random file of n declarations catches k of them as lots drawn without
    putting back::

        p * (1 - p) / k * (n - k) / (n - 1)

    Examples
    --------
    Two of four, one of them fraud: 1/4 * 3/4 / 2 * 2 / 3 = 1/16.

    >>> luck_variance(catch_by_chance([1, 0, 0, 0], 0.5))
    Fraction(1, 16)
    """
    n, k, p = chance.n_declarations, chance.n_inspected, chance.precision
    return Fraction(0) if n == k else p * (1 - p) / k * Fraction(n - k, n - 1)


def _product(a: Caught, b: Caught) -> Fraction:
    """Sum over declarations of what both catch."""

    def both(x: npt.NDArray[np.intp], y: npt.NDArray[np.intp]) -> int:
        return len(x) if x is y else len(np.intersect1d(x, y, assume_unique=True))

    return (
        both(a.above, b.above)
        + both(a.above, b.tied) * b.tie_share
        + both(a.tied, b.above) * a.tie_share
        + both(a.tied, b.tied) * a.tie_share * b.tie_share
    )
