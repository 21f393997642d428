"""Masses that nobody declared: no six-tuple of the source again, and none twice.

A declaration is known by its goods, route, tariff and mass: 82 % of the public release's test rows
can be looked up in its training rows by them, label included. So a drawn mass that the source, or
an earlier drawn row, has with the same goods is moved until it is new, as far as a form's rounding
leaves room: there are only nine masses below a kilogram of one decimal.
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
_FIRST_SPREAD: Final = 0.05  # of ln(mass); a quarter more at each try


def freshen_masses(rows: Rows, source: Rows, codec: Codec, rng: np.random.Generator) -> Rows:
    """Move masses that are declared with the same goods elsewhere.

    Parameters
    ----------
    rows : Rows
        As drawn.
    source : Rows
        What the model was fitted to.
    codec : Codec
        How masses are rounded.
    rng : Generator
        Of the moves.

    Returns
    -------
    Rows
        The same but for some masses and their steps. A mass of zero stays one.
    """
    known = _keys(source, codec)
    mass, step = rows.numbers[MASS].copy(), rows.codes[MASS_STEP].copy()
    finest = int(source.codes[MASS_STEP].min())
    spread = _FIRST_SPREAD
    for _ in range(_TRIES):
        drawn = Rows(rows.scheme, rows.label, {**rows.codes, MASS_STEP: step}, {MASS: mass})
        moved = _is_repeated(known, _keys(drawn, codec)) & (step != ZERO)
        if not moved.any():
            break
        step[moved] = np.maximum(step[moved] - 1, finest)
        mass[moved] += spread * rng.standard_normal(int(moved.sum()))
        spread *= 1.25
    return Rows(
        rows.scheme, rows.label, {**rows.codes, MASS_STEP: step}, {**rows.numbers, MASS: mass}
    )


def _keys(rows: Rows, codec: Codec) -> tuple[Ints, Floats]:
    """Goods of six digits and mass as the form shows it."""
    combination = codec.goods.six_digit[rows.codes[GOODS]]
    return combination, codec.round_mass(rows.numbers[MASS], rows.codes[MASS_STEP])


def _is_repeated(known: tuple[Ints, Floats], drawn: tuple[Ints, Floats]) -> npt.NDArray[np.bool_]:
    """Whether a key of `drawn` stands in `known` or earlier in `drawn`."""
    both = pd.DataFrame(
        {i: np.concatenate(pair) for i, pair in enumerate(zip(known, drawn, strict=True))}
    )
    return both.duplicated().to_numpy()[len(known[0]) :]
