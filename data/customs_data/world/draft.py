"""Drafts of declarations: the true goods, and the columns as they will be declared."""

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

    Not frozen: a scheme changes the declared columns of its rows in place.

    Attributes
    ----------
    start : int
        First declaration.
    day : int64
        Days since the first.
    importer, declarant : int32
    seller, courier : int64
        -1 where the declaration leaves them empty.
    filing : dict of int64
        Codes of the filing fields.
    cell : int64
        True goods.
    hs6, departure, origin, tax_type : int64
        Declared goods.
    rate : float64
        Declared duty in percent.
    log_mass, log_price : float64
        Declared ln kg and ln KRW.
    cluster : int32
        Ring or decoy of the row; -1 for all others and for cover.
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
