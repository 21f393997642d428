"""Seven of the eight metrics of Table 2, on arrays; the eighth is in `newness.py`.

Definitions follow the paper (Jeong et al., arXiv:2208.02484, section 5) and agree with SDMetrics
0.32 to nine decimals. One difference is intended: a missing value is a category, where SDMetrics
leaves it out.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

#: Bins of equal width for a number that is paired with a category.
N_BINS: Final = 10
_DECIMALS: Final = 14  # SDMetrics rounds like this before it compares distributions


def ks_complement(source: Floats, synthetic: Floats) -> float:
    """Return 1 minus the largest distance of the two distribution functions.

    Parameters
    ----------
    source, synthetic : ndarray of float64, shape (n,) and (m,)
        Finite numbers.

    Returns
    -------
    float
        In [0, 1]; 1 for equal distributions.

    Examples
    --------
    The distribution functions differ most at 2, where they are 1 and 1/2.

    >>> ks_complement(np.array([1.0, 2.0]), np.array([1.0, 3.0]))
    0.5
    """
    first, second = (np.sort(np.round(side, _DECIMALS)) for side in (source, synthetic))
    places = np.concatenate([first, second])
    steps = [np.searchsorted(side, places, side="right") / len(side) for side in (first, second)]
    return 1 - float(np.abs(steps[0] - steps[1]).max())


def tv_complement(source: Codes, synthetic: Codes) -> float:
    """Return 1 minus the total variation distance, 1 - sum over c of ``|p_c - q_c| / 2``.

    Parameters
    ----------
    source, synthetic : ndarray of int64, shape (n,) and (m,)
        Codes of one vocabulary, from 0.

    Examples
    --------
    Shares 1/2, 1/2, 0 against 1/2, 0, 1/2.

    >>> tv_complement(np.array([0, 1]), np.array([0, 2]))
    0.5
    """
    size = int(max(source.max(), synthetic.max())) + 1
    shares = [np.bincount(side, minlength=size) / len(side) for side in (source, synthetic)]
    return 1 - float(np.abs(shares[0] - shares[1]).sum()) / 2


def correlation_similarity(
    source: tuple[Floats, Floats], synthetic: tuple[Floats, Floats]
) -> float:
    """Compare Pearson correlations, ``1 - |r - r'| / 2``; nan if one is not defined.

    Parameters
    ----------
    source, synthetic : (ndarray, ndarray) of float64
        Two columns of one table each.

    Examples
    --------
    Correlations 1 and -1.

    >>> rising = np.array([1.0, 2.0, 3.0])
    >>> correlation_similarity((rising, rising), (rising, -rising))
    0.0
    """
    return 1 - abs(pearson(*source) - pearson(*synthetic)) / 2


def pearson(first: Floats, second: Floats) -> float:
    """Return Pearson's correlation; nan if a column is constant."""
    if (first == first[0]).all() or (second == second[0]).all():
        return float("nan")
    # Scaled first, because squares of prices in KRW lose digits.
    x, y = ((side - side.mean()) / np.abs(side - side.mean()).max() for side in (first, second))
    return float(np.clip((x @ y) / np.sqrt((x @ x) * (y @ y)), -1, 1))


def contingency_similarity(source: tuple[Codes, Codes], synthetic: tuple[Codes, Codes]) -> float:
    """Return 1 minus the total variation distance of the joint shares of two columns.

    Parameters
    ----------
    source, synthetic : (ndarray, ndarray) of int64
        Codes of two columns of one table each; numbers as bins (see `bin_numbers`).

    Examples
    --------
    Joint shares: (0, 0) 1/2 against 1, (1, 1) 1/2 against 0.

    >>> zero, both = np.array([0, 0]), np.array([0, 1])
    >>> contingency_similarity((both, both), (zero, zero))
    0.5
    """
    width = int(max(source[1].max(), synthetic[1].max())) + 1
    cells = np.concatenate([first * width + second for first, second in (source, synthetic)])
    numbered = np.unique(cells, return_inverse=True)[1]
    n = len(source[0])
    return tv_complement(numbered[:n], numbered[n:])


def bin_numbers(source: Floats, synthetic: Floats) -> tuple[Codes, Codes]:
    """Put numbers into ten bins of equal width over the source's range, with open ends."""
    edges = np.histogram_bin_edges(source, bins=N_BINS)
    edges[0], edges[-1] = -np.inf, np.inf
    first, second = (np.digitize(side, edges).astype(np.int64) for side in (source, synthetic))
    return first, second


def range_coverage(source: Floats, synthetic: Floats) -> float:
    """Return the share of the source's range that synthetic numbers span; nan if constant.

    Examples
    --------
    0 .. 10 is covered from 2 to 9.

    >>> round(range_coverage(np.array([0.0, 10.0]), np.array([2.0, 9.0])), 9)
    0.7
    """
    low, high = source.min(), source.max()
    if low == high:
        return float("nan")
    lost = max((synthetic.min() - low) / (high - low), 0)
    lost += max((high - synthetic.max()) / (high - low), 0)
    return float(max(1 - lost, 0))


def category_coverage(source: Codes, synthetic: Codes) -> float:
    """Return the share of the source's categories that occur in the synthetic column.

    Examples
    --------
    >>> category_coverage(np.array([0, 1, 2, 3]), np.array([0, 0, 1, 9]))
    0.5
    """
    known = np.unique(source)
    return float(np.isin(known, synthetic).mean())


def boundary_adherence(source: Floats, synthetic: Floats) -> float:
    """Return the share of synthetic numbers within the source's range, ends included.

    Examples
    --------
    >>> boundary_adherence(np.array([0.0, 10.0]), np.array([0.0, 5.0, 10.0, 11.0]))
    0.75
    """
    return float(((synthetic >= source.min()) & (synthetic <= source.max())).mean())
