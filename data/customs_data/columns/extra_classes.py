"""Classes by which numbers of an extra column are counted, whatever their unit and size."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: Ends of the classes of positive numbers: 1, 2 and 5 times each power of ten.
EDGES: Final = np.array([float(f"{n}e{power}") for power in range(-6, 15) for n in (1, 2, 5)])
_N: Final = len(EDGES)
_POSITIVE: Final = [
    f"{low:g} to {high:g}" for low, high in zip(EDGES, [*EDGES[1:], 1e15], strict=True)
]
#: Names of the classes, ascending: negative numbers, 0, positive numbers, and empty cells.
CLASSES: Final = (*(f"-({name})" for name in _POSITIVE[::-1]), "0", *_POSITIVE, "")


def classes_of_numbers(numbers: FloatArray) -> IntArray:
    """Return the class of each number, shape (n,); NaN is an empty cell.

    A class contains its end that is nearer to 0. Numbers beyond the last ends are in the last
    classes, those between 0 and the first ends in the first.

    Examples
    --------
    >>> places = classes_of_numbers(np.array([-3.0, 0.0, 5.0, 1e99, np.nan]))
    >>> [CLASSES[place] for place in places]
    ['-(2 to 5)', '0', '5 to 10', '5e+14 to 1e+15', '']
    """
    empty = np.isnan(numbers)
    size = np.abs(np.where(empty, 0.0, numbers))
    place = np.clip(np.searchsorted(EDGES, size, side="right") - 1, 0, _N - 1)
    signed = np.where(numbers < 0, _N - 1 - place, _N + 1 + place)
    return np.select([empty, size == 0.0], [2 * _N + 1, _N], signed).astype(np.int64)
