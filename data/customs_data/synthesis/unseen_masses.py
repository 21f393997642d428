"""Masses that no declaration has: no six-tuple of the source again, and none twice.

Goods, route, tariff and mass identify a declaration: with them, 82 % of the public release's test
rows can be looked up in its training rows, label included. So a drawn mass that the source or an
earlier drawn row has for the same goods is moved until it is new. Rounding leaves little room for
small masses: with one decimal, only nine are below a kilogram.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.synthesis.encoding.codec import GOODS, MASS, MASS_STEP, Codec
from customs_data.synthesis.encoding.rounding import ZERO
from customs_data.synthesis.encoding.rows import Floats, Ints, Rows

_TRIES: Final = 12
_FIRST_SPREAD: Final = 0.05  # sd of the change of ln(mass); 25 % more at each try


def freshen_masses(rows: Rows, source: Rows, codec: Codec, rng: np.random.Generator) -> Rows:
    """Move masses that another declaration has for the same goods.

    Parameters
    ----------
    rows : Rows
        Drawn rows.
    source : Rows
        All rows of the source.
    codec : Codec
        Rounds masses.
    rng : Generator
        Random numbers of the moves.

    Returns
    -------
    Rows
        The rows with some masses and their steps changed. A mass of zero stays zero.
    """
    known = _keys(source, codec)
    mass, step = rows.numbers[MASS].copy(), rows.codes[MASS_STEP].copy()
    finest = int(source.codes[MASS_STEP].min())
    spread = _FIRST_SPREAD
    for _ in range(_TRIES):
        drawn = Rows(rows.format, rows.label, {**rows.codes, MASS_STEP: step}, {MASS: mass})
        moved = _is_repeated(known, _keys(drawn, codec)) & (step != ZERO)
        if not moved.any():
            break
        step[moved] = np.maximum(step[moved] - 1, finest)
        mass[moved] += spread * rng.standard_normal(int(moved.sum()))
        spread *= 1.25
    return Rows(
        rows.format, rows.label, {**rows.codes, MASS_STEP: step}, {**rows.numbers, MASS: mass}
    )


def _keys(rows: Rows, codec: Codec) -> tuple[Ints, Floats]:
    """Return the goods (six digits) and the rounded mass of each row."""
    combination = codec.goods.six_digit[rows.codes[GOODS]]
    return combination, codec.round_mass(rows.numbers[MASS], rows.codes[MASS_STEP])


def _is_repeated(known: tuple[Ints, Floats], drawn: tuple[Ints, Floats]) -> npt.NDArray[np.bool_]:
    """Return whether each key of `drawn` is in `known` or earlier in `drawn`."""
    both = pd.DataFrame(
        {i: np.concatenate(pair) for i, pair in enumerate(zip(known, drawn, strict=True))}
    )
    return both.duplicated().to_numpy()[len(known[0]) :]
