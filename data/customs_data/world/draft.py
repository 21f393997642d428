"""A draft of declarations: what is true of the goods and what the form is about to say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass
class Draft:
    """Declarations ``start .. stop - 1`` in codes; arrays of shape (n,).

    Not frozen: a scheme changes what the form says, in place and for its rows only.

    Attributes
    ----------
    start : int
        Index of the first declaration.
    day : int64
        Days since the first.
    importer, declarant : int32
    seller, courier : int64
        -1 where the form leaves them empty.
    filing : dict of int64
        Codes of the filing fields.
    cell : int64
        The goods as they are.
    hs6, departure, origin, tax_type : int64
        The goods as declared.
    rate : float64
        Duty in percent as declared.
    log_mass : float64
        Ln kg as declared.
    log_price : float64
        Ln KRW as declared.
    cluster : int32
        Ring or decoy the row works for, -1 for everybody else and for cover.
    """

    start: int
    day: IntArray
    importer: NDArray[np.int32]
    declarant: NDArray[np.int32]
    seller: IntArray
    courier: IntArray
    filing: dict[str, IntArray]
    cell: IntArray
    hs6: IntArray
    departure: IntArray
    origin: IntArray
    tax_type: IntArray
    rate: FloatArray
    log_mass: FloatArray
    log_price: FloatArray
    cluster: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.day)
